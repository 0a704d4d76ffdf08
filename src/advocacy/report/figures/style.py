"""One look for all figures, readable on light and on dark pages, and on a phone.

A figure is drawn in a light palette. In the SVG each colour of the palette becomes a CSS
variable, and the dark values take over where the page that shows it is dark. All figures are of
one width, which with all its words fits on a phone. Words stay words, in the fonts of the pages:
they are laid out by the metrics of a wider font, so that what fits in it fits in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from advocacy.files import write_text
from advocacy.report.compact import compact
from advocacy.report.palette import COLOURS, FONTS, PALETTE
from advocacy.report.wording import SIMULATED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches across, with all words. On a phone, which has 340 px for it, a letter of 9.5 points is
# then 9 px high.
WIDTH = 4.9
_MEASURED = "DejaVu Sans"
_FAMILY = re.compile(rf"'{_MEASURED}'(?:, (?:'[^']+'|[\w-]+))*")
_HEAD = "head"  # marks the lines above axes
_UNSIGNED = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # no day: the same bytes each time
_NAME = 36  # letters in a line of a name beside a figure, which take about half of its width
_LINE = 1.3  # heights of a letter from line to line


@contextmanager
def style() -> Iterator[None]:
    """Draw in the house style inside the block, and leave matplotlib's settings as they were."""
    import matplotlib as mpl
    import seaborn as sns

    ink, paper, grid = COLOURS["ink"], COLOURS["paper"], COLOURS["grid"]
    settings = {
        "figure.facecolor": paper,
        "axes.facecolor": paper,
        "savefig.facecolor": paper,
        "axes.edgecolor": COLOURS["quiet"],
        "axes.labelcolor": ink,
        "axes.labelsize": 10,
        "text.color": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 9.5,
        "legend.fontsize": 9.5,
        "grid.color": grid,
        "font.family": [_MEASURED],
        "svg.fonttype": "none",  # words stay words
        "text.parse_math": False,  # a $ in a name is a $
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "svg.hashsalt": "advocacy",  # identifiers in the file are then always the same
    }
    with mpl.rc_context(), sns.axes_style("whitegrid"), sns.plotting_context("notebook"):
        mpl.rcParams.update(settings)  # type: ignore[arg-type]  # the stubs want literals
        yield


def headed(axes: Axes, title: str, notes: str = "", *, simulated: bool, lift: float = 0) -> None:
    """Put a title above the axes, notes below it, and above it the label of simulated data.

    Parameters
    ----------
    axes
        At whose left end the lines start.
    title, notes
        The lines; notes may have several.
    simulated
        What is shown comes from simulated data.
    lift
        How much higher the lines stand, in points, where something is in their place.
    """
    lines = [(notes, "quiet", 9.5, "normal"), (title, "ink", 12.5, "bold")]
    if simulated:
        lines.append((SIMULATED.upper(), "alert", 9.5, "bold"))
    for text, colour, size, weight in lines:
        axes.annotate(
            text, (0, 1), xytext=(0, 12 + lift), xycoords="axes fraction", gid=_HEAD,
            textcoords="offset points", color=COLOURS[colour], fontsize=size, fontweight=weight,
            linespacing=_LINE,
        )  # fmt: skip


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG that follows the page into the dark; the same bytes every time."""
    import io

    import matplotlib.pyplot as plt

    fitted(figure)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata=_UNSIGNED)
    plt.close(figure)
    write_text(path, _adaptive(compact(buffer.getvalue())))


def _adaptive(svg: str) -> str:
    """Put a variable in place of each colour of the palette, and the page's fonts for all words."""
    for name, (light, _) in PALETTE.items():
        svg = svg.replace(light, f"var(--{name})")
    svg = _FAMILY.sub(FONTS, svg)
    light = "".join(f"--{name}:{colours[0]};" for name, colours in PALETTE.items())
    dark = "".join(f"--{name}:{colours[1]};" for name, colours in PALETTE.items())
    sheet = (
        f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>\n"
    )
    start = svg.index("<svg")
    end = svg.index(">", start) + 1
    return f"{svg[:end]}\n{sheet}{svg[end:]}"


# Layout


def fitted(figure: Figure) -> float:
    """Make a figure as wide as all are, names beside it included, and its lines no wider.

    Returns
    -------
    float
        Height of the lines above it, in inches.
    """
    highest = 0.0
    _break_names(figure)
    for _ in range(6):  # a change of the width moves the names a little
        _break_labels(figure)
        excess = _without_heads(figure).width - WIDTH
        if abs(excess) < 0.02:
            break
        figure.set_figwidth(max(figure.get_figwidth() - excess, 0.3 * WIDTH))
    left = _without_heads(figure).x0
    for axes in figure.axes:
        heads = [text for text in axes.texts if text.get_gid() == _HEAD]
        start = 72 * (left - axes.get_position().x0 * figure.get_figwidth())
        highest = max(highest, _stack(figure, heads, start))
    return highest / 72


def _break_names(figure: Figure) -> None:
    """Write names beside a figure on two lines at most, so that they leave room for it."""
    from matplotlib.ticker import FixedLocator

    for axes in figure.axes:
        if not isinstance(axes.yaxis.get_major_locator(), FixedLocator):
            continue
        names = [label.get_text() for label in axes.get_yticklabels()]
        broken = [
            name if "\n" in name else fill(name, _NAME, max_lines=2, placeholder=" …")
            for name in names
        ]
        if broken != names:
            axes.set_yticks(axes.get_yticks(), broken)


def _break_labels(figure: Figure) -> None:
    """Write the label below each axes on as many lines as their width takes."""
    for axes in figure.axes:
        label = axes.xaxis.label
        width = axes.get_position().width * figure.get_figwidth()
        label.set_text(label.get_text().replace("\n", " "))
        label.set_text("\n".join(_wrapped(figure, label, max(width, 0.3 * WIDTH))))


def _stack(figure: Figure, heads: list[Any], start: float) -> float:
    """Put the lines above axes one above the other, from the figure's left edge on.

    Returns
    -------
    float
        How high they reach, in points.
    """
    height: float = heads[0].xyann[1] if heads else 0.0
    for text in (text for text in heads if text.get_text()):
        lines = _wrapped(figure, text)
        text.set_text("\n".join(lines))
        text.xyann = (start, height)
        height += len(lines) * _LINE * float(text.get_fontsize()) + 5
    return height


def _without_heads(figure: Figure) -> Any:
    """Return the box around all but the lines above axes, in inches."""
    heads = [text for axes in figure.axes for text in axes.texts if text.get_gid() == _HEAD]
    there = [text.get_in_layout() for text in heads]
    for text in heads:
        text.set_in_layout(False)
    box = figure.get_tightbbox()
    for text, was in zip(heads, there, strict=True):
        text.set_in_layout(was)
    return box


def _wrapped(figure: Figure, text: Any, width: float = WIDTH) -> list[str]:
    """Return the lines of a text, none wider than the figure, or so many inches."""
    lines = []
    for paragraph in text.get_text().split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".strip()
            text.set_text(longer)
            if line and text.get_window_extent().width / figure.dpi > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
