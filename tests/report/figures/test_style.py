"""Figures: the same bytes every time, and readable on light and on dark pages."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pyarrow as pa
import pytest
from matplotlib.text import Text

from advocacy.estimation import Estimates
from advocacy.estimation.disclosure.disclosure import withhold
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimates import COLUMNS
from advocacy.report.figures.estimates import forest, score_curve
from advocacy.report.figures.style import WIDTH, headed, save, style
from advocacy.report.media.markdown import as_markdown
from advocacy.report.numbers import numbers_of
from advocacy.report.palette import FONTS, PALETTE
from advocacy.report.results import document


def made_up(kind: str = "simulated", n: int = 200) -> Estimates:
    """Return estimates by sector, industry and score that nobody has estimated."""
    rows = []
    for sector, shift in (("B2B", 0.05), ("B2C", 0.0)):
        for score, industry in ((9, "C"), (10, "G")):
            rate = 0.3 + shift + (score == 10) * 0.2
            row = dict.fromkeys(COLUMNS.names)
            row |= {
                "estimand": "recommended_past_12m", "rung": "retrospective", "intent": "score_10",
                "target": "these_programmes", "quantity": "rate", "method": "linearization",
                "interval": "wald", "conf_level": 0.95, "estimate": rate, "std_error": 0.02,
                "conf_low": rate - 0.04, "conf_high": rate + 0.04, "df": 30.0, "n": n,
                "n_numerator": n // 2, "n_suppliers": 9, "largest_supplier": 0.2,
                "n_eff": 150.0, "deff": 1.3, "reliability": "ok", "source_kind": kind,
            }  # fmt: skip
            rows.append({"sector": sector, "industry": industry, "score": score} | row)
    keys = [("sector", pa.string()), ("industry", pa.string()), ("score", pa.int64())]
    return Estimates(pa.Table.from_pylist(rows, pa.schema([*keys, *COLUMNS])), "rates")


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.1)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "least"), [("ink", 7), ("quiet", 4.5), ("first", 3), ("second", 3), ("alert", 4.5)]
)
def test_colours_stand_out_from_the_paper(name: str, least: float, mode: int) -> None:
    assert contrast(PALETTE[name][mode], PALETTE["paper"][mode]) >= least


@pytest.mark.parametrize("draw", [score_curve, forest])
def test_a_figure_is_the_same_every_time_and_knows_the_dark(draw: object, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        with style():
            save(draw(made_up()), tmp_path / name)  # type: ignore[operator]
    one = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert one == (tmp_path / "two.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme:dark" in one
    drawing = one.split("</style>", 1)[1]
    for light, _ in PALETTE.values():
        assert light not in drawing, "a colour of the palette is fixed in the drawing"


def test_only_simulated_data_carry_the_label(tmp_path: Path) -> None:
    for kind, labelled in (("simulated", True), ("collected", False)):
        with style():
            save(score_curve(made_up(kind)), tmp_path / "figure.svg")
        drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
        assert ("SIMULATED DATA: NOT A FINDING" in drawn) is labelled
        table = as_markdown(document(made_up(kind)))
        assert ("Simulated data: not a finding" in table) is labelled


def test_what_is_withheld_is_nowhere() -> None:
    (few,) = withhold([made_up(n=7)], DisclosureRules(smallest_n=10))
    assert numbers_of(few, "x") == {}
    table = as_markdown(document(few))
    assert "withheld" in table
    assert "35.0" not in table
    assert "| 7 |" not in table


def test_numbers_are_rounded_once_and_keep_their_facts() -> None:
    numbers = numbers_of(made_up(), "sector_industry_score")
    entry = numbers["sector_industry_score:B2B,G,10:rate"]
    assert entry["text"] == "55.0\N{NARROW NO-BREAK SPACE}%"
    assert entry["source_kind"] == "simulated"
    assert (
        numbers["sector_industry_score:B2B,G,10:interval"]["text"]
        == "51.0 to 59.0\N{NARROW NO-BREAK SPACE}%"
    )


def test_all_of_a_figure_fits_on_a_phone_with_letters_that_can_be_read(tmp_path: Path) -> None:
    # 340 px are left of 390. A letter of 9 points is then to be 8.5 px high at least.
    for draw in (score_curve, forest):
        with style():
            figure = draw(made_up())
            sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
            save(figure, tmp_path / "figure.svg")
        drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
        across = float(re.findall(r'<svg[^>]* width="([\d.]+)pt"', drawn)[0])
        assert min(sizes) * 340 / across >= 8.5


def test_long_names_leave_room_for_what_they_stand_beside(tmp_path: Path) -> None:
    """A $ in a name is one, a long name has two lines, and no label is wider than its axes."""
    names = ["From $5 to $9", "$\\frac$", "a region of many words " * 9]
    with style():
        figure, axes = plt.subplots(figsize=(WIDTH, 2))
        axes.scatter([1, 2, 3], [0, 1, 2])
        axes.set_yticks([0, 1, 2], names)
        axes.set_xlabel("what is on this axis in words of which there are too many for it")
        headed(axes, "title", simulated=True)
        save(figure, tmp_path / "figure.svg")
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown[:2] == names[:2]
    assert shown[2].count("\n") == 1
    assert shown[2].endswith(" …")
    inches = axes.get_position().width * figure.get_figwidth()
    assert inches > 0.3 * WIDTH
    assert axes.xaxis.label.get_window_extent().width / figure.dpi <= max(inches, 0.3 * WIDTH) + 0.1
    drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert "From $5 to $9" in drawn


def test_lines_above_a_figure_are_no_wider_than_the_figure(tmp_path: Path) -> None:
    widths = []
    for title in ("short", "a title of many words that is wider than what it stands above " * 2):
        with style():
            figure = score_curve(made_up())
            headed(figure.axes[0], title, simulated=True)
            save(figure, tmp_path / "figure.svg")
        drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
        widths.append(float(re.findall(r'<svg[^>]* width="([\d.]+)pt"', drawn)[0]))
    assert widths[1] == pytest.approx(widths[0], abs=8)


def test_words_of_a_figure_are_words_in_the_fonts_of_the_pages(tmp_path: Path) -> None:
    with style():
        save(forest(made_up()), tmp_path / "figure.svg")
    drawn = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert re.search(r"<text [^>]*>SIMULATED DATA: NOT A FINDING</text>", drawn)
    families = set(re.findall(r"font-family: ([^;\"]+)", drawn))
    families |= set(re.findall(r"font: [^;\"]*?px ([^;\"]+)", drawn))
    assert families == {FONTS}
    assert "DejaVu" not in drawn
