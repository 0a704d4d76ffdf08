"""A figure in less room: the same lines, looks and words."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest

from advocacy.report.compact import compact

SVG = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg">
 <defs><path id="m1" d="M 0 0 
L 1.23456 -0.000001 
z
"/></defs>
 <g id="head"><g id="head">
  <path d="M 10.005678 2.5 
L 3 4" clip-path="url(#p1.23456x)" style="fill: red"/>
  <path d="M 1 2" clip-path="url(#p1.23456x)" style="fill: red"/>
  <use xlink:href="#m1" clip-path="url(#p1.23456x)" transform="scale(0.0156251)"/>
 </g></g>
 <text style="fill: blue">  12.34567 &lt; 13  </text>
</svg>"""  # noqa: W291


def parts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter())


def named(svg: str, name: str) -> list[ElementTree.Element]:
    return [part for part in parts(svg) if part.tag.endswith(f"}}{name}")]


def test_coordinates_are_hundredths_and_scales_have_three_digits() -> None:
    paths = [part.get("d") for part in named(compact(SVG), "path")]
    assert paths == ["M0 0L1.23 0z", "M10.01 2.5L3 4", "M1 2"]
    (use,) = named(compact(SVG), "use")
    assert use.get("transform") == "scale(0.0156)"


def test_words_stay_as_they_are() -> None:
    (text,) = named(compact(SVG), "text")
    assert text.text == "  12.34567 < 13  "


def test_what_two_parts_look_like_is_said_once() -> None:
    short = compact(SVG)
    (sheet,) = named(short, "style")
    assert sheet.text == ".a{fill: red;}"
    assert [part.get("class") for part in named(short, "path")] == [None, "a", "a"]
    assert [part.get("style") for part in named(short, "text")] == ["fill: blue"]


def test_groups_that_say_nothing_are_gone_and_neighbours_are_cut_once() -> None:
    # What is scaled would have what cuts it scaled: it keeps its own.
    (group,) = named(compact(SVG), "g")
    assert dict(group.attrib) == {"clip-path": "url(#p1.23456x)"}
    assert [part.get("d") for part in group] == ["M10.01 2.5L3 4", "M1 2"]
    (use,) = named(compact(SVG), "use")
    assert use.get("clip-path") == "url(#p1.23456x)"


def test_it_has_no_document_type() -> None:
    assert "<!DOCTYPE" not in compact(SVG)


@pytest.mark.parametrize("order", [0, 1])
def test_parts_stay_in_their_order(order: int) -> None:
    kinds = [("path", "rect"), ("rect", "path")][order]
    body = "".join(f'<g id="{at}"><{kind}/></g>' for at, kind in enumerate(kinds * 3))
    short = compact(f'<svg xmlns="http://www.w3.org/2000/svg">{body}</svg>')
    drawn = [part.tag.rpartition("}")[2] for part in parts(short)][1:]
    assert [name for name in drawn if name != "style"] == list(kinds * 3)


def test_a_drawing_of_matplotlib_keeps_its_lines() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1, 2], [0.123456, 0.654321, 0.5], marker="o")
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg")
    plt.close(figure)
    before, after = drawn.getvalue(), compact(drawn.getvalue())
    assert len(after) < 0.7 * len(before)
    for name in ("path", "use", "text", "clipPath"):
        assert len(named(before, name)) == len(named(after, name)), name
    for one, two in zip(named(before, "use"), named(after, "use"), strict=True):
        for axis in ("x", "y"):
            assert float(one.get(axis, 0)) == pytest.approx(float(two.get(axis, 0)), abs=0.005)
