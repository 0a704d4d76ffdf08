"""How often intervals held a known truth, as the study has simulated it: tables and figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advocacy.report.figures.style import WIDTH, headed
from advocacy.report.media.markdown import markdown_table
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, PERCENT, SIMULATED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOMINAL = 0.95
# The bars that were set before the first run.
KORN_GRAUBARD_LEAST = 0.94
LOGIT_LEAST, LOGIT_MOST = 0.935, 0.965
LOGIT_DF, LOGIT_COUNT = 20, 10
# Level of the tests of differences, and the most that they may reject where there is none.
ALPHA, REJECTED_MOST = 0.05, 0.06

_METHODS = ("korn_graubard", "logit", "wilson", "beta", "wald")
_DRAWN = {
    "korn_graubard": ("first", "o", -0.2),
    "logit": ("second", "D", 0.0),
    "wald": ("quiet", "X", 0.2),
}

Row = dict[str, Any]


def read_coverage(path: Path) -> list[dict[str, Row]]:
    """Return the designs in the order of the table; each has a row for each interval by name."""
    from pyarrow import csv

    designs: dict[str, dict[str, Row]] = {}
    for row in csv.read_csv(path).to_pylist():
        designs.setdefault(row["design"], {})[row["interval"]] = row
    return list(designs.values())


def meets_bar(row: Row) -> bool | None:
    """Tell whether a method held its bar in a design; ``None`` where none was set.

    Korn-Graubard: at least 94 %. Logit: 93.5 to 96.5 %, where df is at least 20 and the
    effective number of ratings on the rarer side at least 10.
    """
    if row["interval"] == "korn_graubard":
        return bool(row["coverage"] >= KORN_GRAUBARD_LEAST)
    if row["interval"] != "logit" or row["df"] < LOGIT_DF or row["smaller_count"] < LOGIT_COUNT:
        return None
    return bool(LOGIT_LEAST <= row["coverage"] <= LOGIT_MOST)


def relative_width(design: dict[str, Row]) -> float:
    """Return the mean width of Korn-Graubard intervals over that of logit intervals."""
    width = design["korn_graubard"]["mean_width"] / design["logit"]["mean_width"]
    return float(width)


def designs_table(designs: Sequence[dict[str, Row]]) -> str:
    """Return a Markdown table of what was simulated, a row a design."""
    rows = []
    for design in designs:
        row = design["korn_graubard"]
        about, target = row["about"], ENGLISH(f"target.{row['target']}")
        rows.append([row["design"], about, target, ENGLISH.percent(row["truth"])])
    return markdown_table(["design", "population and sample", "target", "truth, %"], "lllr", rows)


def coverage_table(designs: Sequence[dict[str, Row]]) -> str:
    """Return a Markdown table of coverage in per cent, a row a design, Monte Carlo errors behind.

    Bold: the bar was missed. Italic: logit where no bar was set.
    """
    headings = [
        "design",
        "n",
        "df",
        "rarer side",
        *(ENGLISH(f"interval.{name}") for name in _METHODS),
    ]
    rows = []
    for design in designs:
        row = design["korn_graubard"]
        facts = [
            row["design"],
            *(ENGLISH.count(row[name]) for name in ("n", "df", "smaller_count")),
        ]
        cells = [_cell(design[name]) for name in _METHODS]
        rows.append([*facts, *cells, f"{relative_width(design):.2f}"])
    table = markdown_table([*headings, "width over logit"], "l" + "r" * 9, rows)
    return f"{table}\n*{SIMULATED}.*\n"


def coverage_numbers(designs: Sequence[dict[str, Row]]) -> dict[str, dict[str, Any]]:
    """Return what the book says of coverage, as numbers of the ledger."""
    held = {
        name: [meets_bar(design[name]) for design in designs] for name in ("korn_graubard", "logit")
    }
    widths = [relative_width(design) for design in designs]
    counts = {
        "coverage:designs": len(designs),
        "coverage:simulations": designs[0]["logit"]["simulations"],
        "coverage:korn_graubard:held": held["korn_graubard"].count(True),
        "coverage:logit:barred": len(designs) - held["logit"].count(None),
        "coverage:logit:held": held["logit"].count(True),
    }
    shares = {
        f"coverage:{name}:{end.__name__}": end(design[name]["coverage"] for design in designs)
        for name in _METHODS
        for end in (min, max)
    }
    factors = {"coverage:width:min": min(widths), "coverage:width:max": max(widths)}
    return {
        key: {"text": text, "value": value, "source_kind": "simulated"}
        for values, write in (
            (counts, ENGLISH.count),
            (shares, lambda share: f"{ENGLISH.percent(share)}{PERCENT}"),
            (factors, lambda factor: f"{factor:.2f}"),
        )
        for key, value in values.items()
        for text in [write(value)]
    }


def coverage_figure(designs: Sequence[dict[str, Row]]) -> Figure:
    """Draw coverage of three intervals, a row a design; beside it, how much wider the first is."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    height = 0.34 * len(designs) + 1.6
    figure, (left, right) = plt.subplots(
        1, 2, sharey=True, figsize=(WIDTH, height), width_ratios=(3, 1), gridspec_kw={"wspace": 0.1}
    )
    left.axvspan(100 * LOGIT_LEAST, 100 * LOGIT_MOST, color=COLOURS["grid"], zorder=0)
    left.axvline(100 * KORN_GRAUBARD_LEAST, color=COLOURS["alert"], linestyle=(0, (4, 3)),
                 linewidth=1, zorder=1)  # fmt: skip
    for name in _DRAWN:
        _coverages(left, [design[name] for design in designs])
    right.scatter([relative_width(design) for design in designs], range(len(designs)), s=30,
                  color=COLOURS["first"], zorder=3)  # fmt: skip
    right.axvline(1, color=COLOURS["quiet"], linestyle=(0, (4, 3)), linewidth=1, zorder=1)
    left.set_yticks(range(len(designs)), [design["logit"]["design"] for design in designs])
    left.invert_yaxis()
    left.set_xlabel("Hold the truth, %")
    right.set_xlabel("Korn–Graubard's\nwidth over logit's")
    for axes in (left, right):
        axes.grid(visible=False, axis="y")
    left.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=4)
    sns.despine(figure, left=True)
    headed(
        left,
        f"How often {100 * NOMINAL:g} % intervals hold the truth",
        f"{ENGLISH.count(designs[0]['logit']['simulations'])} samples a design, "
        "with two Monte Carlo standard errors\n"
        "Dashed: Korn–Graubard's bar. Grey: logit's; hollow where it had none",
        simulated=True,
    )
    return figure


def read_contrasts(path: Path) -> list[Row]:
    """Return the designs of contrasts in the order of the table; null where nothing was tested."""
    from pyarrow import csv

    rows: list[Row] = csv.read_csv(path).to_pylist()
    return rows


def contrasts_table(designs: Sequence[Row]) -> str:
    """Return a Markdown table of how often tests reject where there is no difference.

    Bold: the bar was missed.
    """
    headings = ["design", "population and sample", "tested", "df", "rejected, ours",
                "rejected, on the df of both together"]  # fmt: skip
    rows = []
    for design in designs:
        found = "–"
        if design["rejected"] is not None:
            error = ENGLISH.percent(design["rejected_se"])
            found = f"{ENGLISH.percent(design['rejected'])} ({error})"
            found = f"**{found}**" if design["rejected"] > REJECTED_MOST else found
        shares = [ENGLISH.percent(design[name]) for name in ("tested", "rejected_on_union_df")]
        df = f"{design['df']:.1f}"
        rows.append([design["design"], design["about"], shares[0], df, found, shares[1]])
    return f"{markdown_table(headings, 'llrrrr', rows)}\n*{SIMULATED}.*\n"


def contrasts_numbers(designs: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Return what the book says of the tests of differences, as numbers of the ledger."""
    tested = [design for design in designs if design["rejected"] is not None]
    held = sum(design["rejected"] <= REJECTED_MOST for design in tested)
    counts = {
        "contrasts:designs": len(designs),
        "contrasts:simulations": designs[0]["simulations"],
        "contrasts:tested": len(tested),
        "contrasts:held": held,
    }
    shares = {
        "contrasts:level": ALPHA,
        "contrasts:bar": REJECTED_MOST,
        "contrasts:rejected:max": max(design["rejected"] for design in tested),
        "contrasts:union:max": max(design["rejected_on_union_df"] for design in designs),
    }
    texts = {name: ENGLISH.count(value) for name, value in counts.items()}
    texts |= {name: f"{ENGLISH.percent(value)}{PERCENT}" for name, value in shares.items()}
    return {
        name: {"text": texts[name], "value": value, "source_kind": "simulated"}
        for name, value in (counts | shares).items()
    }


def _coverages(axes: Axes, rows: Sequence[Row]) -> None:
    """Draw one method with two Monte Carlo standard errors; hollow where it had no bar."""
    colour, marker, offset = _DRAWN[rows[0]["interval"]]
    position = [number + offset for number in range(len(rows))]
    shown = [100 * row["coverage"] for row in rows]
    error = [200 * row["coverage_se"] for row in rows]
    low, high = zip(*[(x - e, x + e) for x, e in zip(shown, error, strict=True)], strict=True)
    axes.hlines(position, low, high, color=COLOURS[colour], linewidth=1.4, zorder=2)
    hollow = [meets_bar(row) is None and row["interval"] == "logit" for row in rows]
    faces = [COLOURS["paper" if empty else colour] for empty in hollow]
    axes.scatter(
        shown, position, s=26, c=faces, edgecolors=COLOURS[colour], marker=marker, zorder=3,
        label=ENGLISH(f"interval.{rows[0]['interval']}"),
    )  # fmt: skip


def _cell(row: Row) -> str:
    text = f"{ENGLISH.percent(row['coverage'])} ({ENGLISH.percent(row['coverage_se'])})"
    met = meets_bar(row)
    if met is False:
        return f"**{text}**"
    return f"*{text}*" if met is None and row["interval"] == "logit" else text
