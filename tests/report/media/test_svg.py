"""Charts as SVG: valid, within their edges, true to their numbers, and readable."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree
from media_documents import BARS, CURVE, HOSTILE, SHOWN

from advocacy.report.document import Chart, Document, Heading, Point, Series, Unit
from advocacy.report.media import html
from advocacy.report.media.axis import axis_of, written
from advocacy.report.media.lettering import legal, width, wrapped
from advocacy.report.media.svg import drawing
from advocacy.report.palette import PALETTE
from advocacy.report.wording import ENGLISH, Words

_SVG = "{http://www.w3.org/2000/svg}"
both_forms = pytest.mark.parametrize("wide", [True, False], ids=["page", "phone"])


def drawn(chart: Chart, wide: bool = True, words: Words = ENGLISH) -> etree._Element:
    return etree.fromstring(drawing(chart, words, wide=wide))


def texts(element: etree._Element) -> list[str]:
    return ["".join(each.itertext()) for each in element.iter(f"{_SVG}text")]


def chart(*points: Point, unit: Unit = "per cent", form: str = "intervals") -> Chart:
    return Chart("title", "said", unit, (Series("s", points),), form)  # type: ignore[arg-type]


# Numbers


def place_of(
    ticks: dict[str, float], value: float, low: str, high: str, ends: list[float]
) -> float:
    share = (value - ends[0]) / (ends[1] - ends[0])
    return ticks[low] + share * (ticks[high] - ticks[low])


def test_dots_and_intervals_stand_where_the_axis_says() -> None:
    element = drawn(BARS)
    ticks = {t.text: float(t.get("x")) for t in element.iter(f"{_SVG}text") if t.text}
    low, high = "0\N{NARROW NO-BREAK SPACE}%", "80\N{NARROW NO-BREAK SPACE}%"

    def at(value: float) -> float:
        return place_of(ticks, value, low, high, [0, 0.8])

    dots = [float(dot.get("cx")) for dot in element.iter(f"{_SVG}circle")]
    assert dots == [pytest.approx(at(value), abs=0.11) for value in (0.5, 0.25, 0.4375)]
    lines = [
        (float(line.get("x1")), float(line.get("x2")))
        for line in element.iter(f"{_SVG}line")
        if line.get("stroke-width") == "3"
    ]
    ends = ((0.375, 0.75), (0.125, 0.3125))
    assert lines == [tuple(pytest.approx(at(end), abs=0.11) for end in pair) for pair in ends]


def test_numbers_are_written_beside_their_dots_with_their_limits() -> None:
    said = texts(drawn(BARS))
    assert "50.0  37.5 to 75.0" in said
    assert "43.8" in said  # no interval


@both_forms
def test_nothing_is_drawn_of_what_is_no_number(wide: bool) -> None:
    points = (
        Point("a", math.nan, 0.1, 0.2),
        Point("b", 0.5, None, 0.6),
        Point("c", 0.5, math.nan, 1),
    )
    element = drawn(chart(*points), wide)
    assert len(list(element.iter(f"{_SVG}circle"))) == 2
    assert not [x for x in element.iter(f"{_SVG}line") if x.get("stroke-width") == "3"]
    assert "–" in texts(element)


def test_a_limit_without_end_reaches_the_edge_and_is_written() -> None:
    element = drawn(chart(Point("a", 1.5, 0.75, math.inf), unit="ratio"))
    assert "1.50  0.75 to ∞" in texts(element)


def test_a_curve_is_broken_where_a_score_has_no_number() -> None:
    element = drawn(CURVE)
    runs = [len(line.get("points").split()) for line in element.iter(f"{_SVG}polyline")]
    assert runs == [11, 4, 6]  # of the second series 4 is lacking
    points = (Point("0", 0.1), Point("1", math.nan), Point("2", 0.2), Point("3", 0.3))
    element = drawn(chart(*points, form="line"))
    runs = [len(line.get("points").split()) for line in element.iter(f"{_SVG}polyline")]
    assert runs == [2]


# Axes


@pytest.mark.parametrize(
    ("numbers", "unit", "ticks", "decimals"),
    [
        ([0.42, 0.61], "per cent", [0, 0.2, 0.4, 0.6, 0.8], 0),
        ([0.004, 0.011], "per cent", [n / 500 for n in range(7)], 1),
        ([0.99, 1.0], "per cent", [0, 0.2, 0.4, 0.6, 0.8, 1.0], 0),
        ([-0.05, 0.12], "points", [-0.05, 0, 0.05, 0.1, 0.15], 0),
        ([0, 1], "count", [0, 1], 0),
        ([1.2, 3.1], "ratio", [1.0, 1.5, 2.0, 2.5, 3.0, 3.5], 1),
        ([7.1, 7.1], "score", None, 0),
        ([], "per cent", [0, 0.01], 0),
    ],
)
def test_an_axis_holds_all_numbers_and_what_means_none(
    numbers: list[float], unit: Unit, ticks: list[float] | None, decimals: int
) -> None:
    axis = axis_of(numbers, unit, most=6)
    if ticks is not None and numbers:
        assert list(axis.ticks) == pytest.approx(ticks)
        assert axis.decimals == decimals
    for number in numbers:
        assert axis.ticks[0] <= number + 1e-12
        assert number <= axis.ticks[-1] + 1e-12
    shown = [written(tick, unit, ENGLISH, axis.decimals) for tick in axis.ticks]
    assert len(set(shown)) == len(shown) >= 2


@pytest.mark.parametrize("unit", ["per cent", "points", "score", "ratio", "count", "p", "area", ""])
@pytest.mark.parametrize("size", [1e-9, 1e-3, 0.5, 1, 7, 1e6, 1e300])
def test_an_axis_of_any_size_has_ticks_that_grow(unit: Unit, size: float) -> None:
    axis = axis_of([0.3 * size, size], unit, most=6)
    assert all(one < two for one, two in pairwise(axis.ticks))
    assert len(axis.ticks) <= 9


def test_numbers_are_written_as_the_language_does() -> None:
    words = Words("nb", {"number.decimal": ",", "comparison.between": "{low} til {high}"})
    element = drawn(BARS, words=words)
    assert "50,0  37,5 til 75,0" in texts(element)


# Letters


@both_forms
@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_the_data_does_anything(name: str, wide: bool) -> None:
    text = HOSTILE[name]
    hostile = Chart(text, text, "count", (Series(text, (Point(text, 1),)),) * 2, "intervals")
    for each in (hostile, Chart(text, text, "count", hostile.series, "line")):
        element = drawn(each, wide)
        assert element.findtext(f"{_SVG}title") == SHOWN[name]
        assert element.findtext(f"{_SVG}desc") == SHOWN[name]
        known = {"svg", "title", "desc", "g", "text", "tspan", "line", "circle", "polygon"}
        assert {etree.QName(part).localname for part in element.iter()} <= {*known, "polyline"}
        whole = [SHOWN[name], " ".join(SHOWN[name].split())]
        assert any(part.text in whole for part in element.iter(f"{_SVG}title", f"{_SVG}text"))


@both_forms
@pytest.mark.parametrize("label", ["x" * 500, "one two " * 60, "W" * 90, "Ærlig Øl Å " * 20])
def test_no_text_is_wider_than_the_drawing(label: str, wide: bool) -> None:
    points = Point(label, 0.5, 0.25, 0.75), Point("b", 0.1)
    named = (Series(label, points), Series("b", points))
    for form in ("intervals", "line"):
        element = drawn(Chart("t", "a", "per cent", named, form), wide)  # type: ignore[arg-type]
        across, high = float(element.get("width")), float(element.get("height"))
        for text in element.iter(f"{_SVG}text"):
            size, said = float(text.get("font-size")), "".join(text.itertext())
            x, long = float(text.get("x")), width(said, size)
            start = {"start": x, "middle": x - long / 2, "end": x - long}[text.get("text-anchor")]
            assert start >= -0.5
            assert start + long <= across + 0.5
            assert 0 < float(text.get("y")) <= high


def test_lines_are_whole_words_where_they_can_be() -> None:
    assert wrapped("one two three", 10, width("one two", 10) + 1, 9) == ["one two", "three"]
    assert wrapped("one two three", 10, width("one two", 10) + 1, 1) == ["one t…"]
    assert "".join(wrapped("x" * 50, 10, 100, 99)) == "x" * 50
    assert wrapped("", 10, 100, 3) == [""]
    marked = "e\N{COMBINING ACUTE ACCENT}" * 9
    lines = wrapped(marked, 10, 31, 99)
    assert all(line[0] == "e" for line in lines)
    assert "".join(lines) == marked


def test_what_xml_cannot_write_is_shown() -> None:
    assert legal("\x1b[31m\t\n\x00\x7f\x85\ud800") == "␛[31m\t\n␀␡\ufffd\ufffd"


# What it is for


def test_it_is_an_image_that_is_said_in_words() -> None:
    element = drawn(BARS)
    assert (element.get("role"), element[0].text, element[1].text) == (
        "img", BARS.title, BARS.alternative,
    )  # fmt: skip


def test_a_page_has_both_forms_and_shows_one_and_its_colours_follow_the_page() -> None:
    page = html.page(Document((Heading("h"), BARS)))
    assert re.findall(r'<svg[^>]* class="(\w+)"', page) == ["wide", "narrow"]
    figure = page.partition("<figure>")[2].partition("</figure>")[0]
    assert figure.startswith(f"<figcaption>{BARS.title}</figcaption>")
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', figure)) - {"none"}
    assert colours <= {f"var(--{name},{light})" for name, (light, _) in PALETTE.items()}
    assert ".narrow{display:none}" in page


def test_series_differ_in_shape_as_well_as_in_colour() -> None:
    element = drawn(CURVE)
    assert len(list(element.iter(f"{_SVG}circle"))) == 12  # 11 dots, and one beside its name
    assert len(list(element.iter(f"{_SVG}polygon"))) == 11
    assert texts(element)[:2] == ["direct", "fitted"]


def test_the_same_chart_gives_the_same_letters_in_another_process() -> None:
    program = (
        "from media_documents import BARS, CURVE\n"
        "from advocacy.report.media.svg import drawing\n"
        "print(hash('a'), len(drawing(BARS)), drawing(BARS) + drawing(CURVE, wide=False))"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    found = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=env, capture_output=True, check=True
        )
        found.add(done.stdout.partition(b" ")[2])
    assert len(found) == 1
