"""One look for all figures, readable on light and on dark pages.

A figure is drawn in a light palette. In the SVG each colour of the palette becomes a CSS
variable, and the dark values take over where the page that shows it is dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from advocacy.files import write_text
from advocacy.report.palette import COLOURS, PALETTE
from advocacy.report.wording import SIMULATED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONTS = ["DejaVu Sans"]


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
        "text.color": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "grid.color": grid,
        "font.family": _FONTS,
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
    top = 16 + 14 * len(notes.splitlines())
    lines = [(notes, 12, "quiet", 9, "normal"), (title, top, "ink", 12.5, "bold")]
    if simulated:
        lines.append((SIMULATED.upper(), top + 22, "alert", 9, "bold"))
    for text, height, colour, size, weight in lines:
        axes.annotate(
            text, (0, 1), xytext=(0, height + lift), xycoords="axes fraction",
            textcoords="offset points", color=COLOURS[colour], fontsize=size, fontweight=weight,
        )  # fmt: skip


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG that follows the page into the dark; the same bytes every time."""
    import io

    import matplotlib.pyplot as plt

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    write_text(path, _adaptive(buffer.getvalue()))


def _adaptive(svg: str) -> str:
    for name, (light, _) in PALETTE.items():
        svg = svg.replace(light, f"var(--{name})")
    light = "".join(f"--{name}:{colours[0]};" for name, colours in PALETTE.items())
    dark = "".join(f"--{name}:{colours[1]};" for name, colours in PALETTE.items())
    sheet = (
        f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>\n"
    )
    start = svg.index("<svg")
    end = svg.index(">", start) + 1
    return f"{svg[:end]}\n{sheet}{svg[end:]}"
