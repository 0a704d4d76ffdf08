"""How well pooling predicted known truths, as the study has simulated it: tables and figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Integers
from advocacy.report.figures.style import WIDTH, headed
from advocacy.report.media.markdown import markdown_table
from advocacy.report.palette import COLOURS
from advocacy.report.wording import ENGLISH, PERCENT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOMINAL = 0.90
# The bars that were set before the first run.
LEAST, MOST = 0.87, 0.93
DEAREST = 1.15  # mean squared error over that of the predictor that knows the scales
KEPT = 99  # draws that a truth is ranked among
_BINS = 10

ALL = "all"
CELL, ITS, ROW = "mean of programmes", "its programmes", "programme in cell"
NEXT, OBSERVED = "new programme", "observed"
_WORDS = {
    CELL: "mean of programmes in a cell",
    ITS: "a cell's own programmes",
    ROW: "a programme in a cell",
    NEXT: "next programme, its rate",
    OBSERVED: "next programme, as observed",
}
RANK = "rank: "  # what a column of ranks begins with

Row = dict[str, Any]
Studies = Mapping[str, npt.NDArray[Any]]  # a column a name, a study a value


def read_pooling(path: Path) -> list[Row]:
    """Return the rows of the table of predictions; ``None`` for what is not defined."""
    from pyarrow import csv

    found: list[Row] = csv.read_csv(path).to_pylist()
    return found


def read_studies(path: Path) -> Studies:
    """Return the columns of the table of studies: how the sampler did, and ranks."""
    from pyarrow import csv

    table = csv.read_csv(path)
    return {name: table.column(name).to_numpy() for name in table.column_names}


def ranks_of(studies: Studies) -> Studies:
    """Return the ranks of truths among draws, a study each, by what is ranked."""
    return {
        name.removeprefix(RANK): column for name, column in studies.items() if name.startswith(RANK)
    }


def meets_bars(row: Row) -> dict[str, bool]:
    """Tell which of the bars that were set for a row it meets.

    Coverage from 87 to 93 %, over all sizes of cells. Mean squared error, at each size, below the
    direct estimate's and at most 15 % above that of the predictor that knows the scales.
    """
    bars: dict[str, tuple[float, float]] = {
        "over_direct": (0.0, float(np.nextafter(1, 0))),
        "over_oracle": (0.0, DEAREST),
    }
    if row["answers"] == ALL:
        bars["coverage"] = LEAST, MOST
    return {
        name: bool(low <= row[name] <= high)
        for name, (low, high) in bars.items()
        if row[name] is not None
    }


def uniformity(ranks: Integers) -> float:
    r"""Return the p-value of ranks from 0 to `KEPT` being uniform, by :math:`\chi^2` over ten bins.

    Talts et al. (2018), https://doi.org/10.48550/arXiv.1804.06788. R equivalent: ``chisq.test``.
    """
    from scipy.stats import chisquare

    counts = np.bincount(ranks * _BINS // (KEPT + 1), minlength=_BINS)
    return float(chisquare(counts).pvalue)


def coverage_by_size_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table of coverage in per cent, by the answers of score 10 in the cell.

    Bold: the bar over all was missed.
    """
    lines = []
    for row in rows:
        if row["coverage"] is None:
            continue
        text = f"{ENGLISH.percent(row['coverage'])} ({ENGLISH.percent(row['coverage_se'])})"
        shown = _marked(row, "coverage", text)
        size, width = ENGLISH.count(row["values"]), ENGLISH.percent(row["mean_width"])
        lines.append([_WORDS[row["what"]], row["answers"], size, shown, width])
    headings = ["interval of", "answers in the cell", "intervals", "coverage", "mean width"]
    return markdown_table(headings, "llrrr", lines)


def errors_table(rows: Sequence[Row]) -> str:
    """Return a Markdown table of root mean squared errors, in percentage points, and ratios.

    Bold: a bar was missed.
    """
    lines = []
    for row in rows:
        if row["mse_pooled"] is None:
            continue
        errors = [_root(row[f"mse_{name}"]) for name in ("pooled", "direct", "oracle")]
        ratios = [_ratio(row, f"over_{other}") for other in ("direct", "oracle")]
        lines.append([_WORDS[row["what"]], row["answers"], *errors, *ratios])
    headings = ["rate", "answers in the cell", "pooled", "direct", "scales known"]
    headings += ["MSE over direct", "MSE over scales known"]
    return markdown_table(headings, "llrrrrr", lines)


def ranks_table(studies: Studies) -> str:
    """Return a Markdown table of the p-values of uniform ranks."""
    lines = [[name, f"{uniformity(own):.3f}"] for name, own in ranks_of(studies).items()]
    return markdown_table(["parameter", "p-value"], "lr", lines)


def calibration_numbers(rows: Sequence[Row], studies: Studies) -> dict[str, Row]:
    """Return what the book says of pooling's calibration, as numbers of the ledger."""
    found = _predicted(rows) | _ranked(ranks_of(studies)) | _sampled(studies)
    return {
        f"pooling:{name}": {"text": text, "value": value, "source_kind": "simulated"}
        for name, (text, value) in found.items()
    }


def _predicted(rows: Sequence[Row]) -> dict[str, tuple[str, Any]]:
    whole = {row["what"]: row for row in rows if row["answers"] == ALL}
    pooled = [row for row in rows if row["mse_pooled"] is not None]
    # Of cells without answers there is no direct estimate.
    direct = [row["over_direct"] for row in pooled if row["over_direct"] is not None]
    oracle = [row["over_oracle"] for row in pooled]
    found: dict[str, tuple[str, Any]] = {
        "conf_level": (ENGLISH.confidence(NOMINAL), NOMINAL),
        "fresh": _counted(whole[NEXT]["values"]),
        "direct:max": (f"{max(direct):.2f}", max(direct)),
        "oracle:max": (f"{max(oracle):.2f}", max(oracle)),
        "bar:least": (f"{100 * LEAST:g}{PERCENT}", LEAST),
        "bar:most": (f"{100 * MOST:g}{PERCENT}", MOST),
        "bar:oracle": (f"{DEAREST:g}", DEAREST),
    }
    found |= {name: _counted(rows[0][name]) for name in ("studies", "programmes", "new_answers")}
    for name, what in (("cell", CELL), ("next", NEXT), ("observed", OBSERVED)):
        for part in ("coverage", "coverage_se"):
            value = whole[what][part]
            found[f"{name}:{part}"] = (f"{ENGLISH.percent(value)}{PERCENT}", value)
    return found


def _ranked(ranks: Studies) -> dict[str, tuple[str, Any]]:
    """Return the smallest p-value, and it times their number, at most 1, as Bonferroni has it."""
    smallest = min(uniformity(own) for own in ranks.values())
    corrected = min(1.0, len(ranks) * smallest)
    return {
        "ranked": _counted(len(ranks)),
        "p_value:min": (f"{smallest:.3f}", smallest),
        "p_value:corrected": (f"{corrected:.2f}", corrected),
    }


def _sampled(studies: Studies) -> dict[str, tuple[str, Any]]:
    return {
        "fitted_again": _counted(int(studies["fitted_again"].sum())),
        "unusable": _counted(int(studies["unusable"].sum())),
        "diverged": _counted(int((studies["divergences"] > 0).sum())),
    }


def _counted(value: int) -> tuple[str, int]:
    return ENGLISH.count(value), value


def calibration_figure(rows: Sequence[Row], studies: Studies) -> Figure:
    """Draw coverage and relative errors by the size of cells, and the ranks of true parameters."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, (top, middle, bottom) = plt.subplots(
        3, 1, figsize=(WIDTH, 14), gridspec_kw={"hspace": 0.95}
    )
    _coverages(top, rows)
    _errors(middle, rows)
    _ranks(bottom, ranks_of(studies))
    headed(
        top,
        "Pooling against known truths",
        f"{ENGLISH.count(rows[0]['studies'])} studies drawn from the model's priors\n"
        "Grey: the bars, and what ranks that are uniform stay within. Lines: two standard errors",
        simulated=True,
    )
    sns.despine(figure)
    return figure


_LOOKS = {CELL: ("first", "o", -0.15), NEXT: ("second", "D", 0.0), OBSERVED: ("quiet", "X", 0.15)}


def _coverages(axes: Axes, rows: Sequence[Row]) -> None:
    axes.axhspan(100 * LEAST, 100 * MOST, color=COLOURS["grid"], zorder=0)
    sizes = list(dict.fromkeys(row["answers"] for row in rows if row["what"] == CELL))
    for what, (colour, marker, offset) in _LOOKS.items():
        own = [row for row in rows if row["what"] == what]
        axes.errorbar(
            [sizes.index(row["answers"]) + offset for row in own],
            [100 * row["coverage"] for row in own],
            [200 * row["coverage_se"] for row in own],
            color=COLOURS[colour], fmt=marker, markersize=5, linewidth=1.4, label=_WORDS[what],
        )  # fmt: skip
    _sized(axes, sizes, f"{100 * NOMINAL:g} % intervals that\nhold the truth, %")


def _errors(axes: Axes, rows: Sequence[Row]) -> None:
    own = [row for row in rows if row["what"] == ITS]
    axes.axhspan(0, DEAREST, color=COLOURS["grid"], zorder=0)
    for other, colour, marker in (("direct", "second", "D"), ("oracle", "first", "o")):
        words = {"direct": "of the direct estimate", "oracle": "where scales are known"}
        axes.errorbar(
            range(len(own)), [row[f"over_{other}"] for row in own],
            [2 * row[f"over_{other}_se"] for row in own], color=COLOURS[colour], fmt=marker,
            markersize=5, linewidth=1.4, label=f"over that {words[other]}",
        )  # fmt: skip
    axes.set_ylim(bottom=0)
    _sized(
        axes,
        [row["answers"] for row in own],
        "Mean squared error of pooled rates\nof a cell's own programmes",
    )


def _sized(axes: Axes, sizes: Sequence[str], what: str) -> None:
    axes.set_xticks(range(len(sizes)), sizes, rotation=40, ha="right")
    axes.set_xlabel("Answers of score 10 in the cell")
    axes.set_ylabel(what)
    axes.grid(visible=False, axis="x")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.42))


def _ranks(axes: Axes, ranks: Studies) -> None:
    """Draw how far the share of ranks below each is from what it should be, a line a parameter."""
    studies = len(next(iter(ranks.values())))
    at = np.arange(KEPT + 2) / (KEPT + 1)
    # Within these all ranks of a parameter stay with 95 %, by Kolmogorov and Smirnov.
    limit = 1.358 / np.sqrt(studies)
    axes.axhspan(-limit, limit, color=COLOURS["grid"], zorder=0)
    for own in ranks.values():
        shares = np.cumsum(np.bincount(own, minlength=KEPT + 1)) / studies
        axes.plot(at, np.concatenate([[0], shares]) - at, color=COLOURS["first"], linewidth=0.8)
    axes.set_xlabel("Rank of the truth, as a share of draws")
    axes.set_ylabel("Share of studies with a\nlower rank, less that share")


def _root(value: float | None) -> str:
    return "–" if value is None else ENGLISH.percent(value**0.5)


def _ratio(row: Row, name: str) -> str:
    value = row[name]
    return "–" if value is None else _marked(row, name, f"{value:.2f} ({row[f'{name}_se']:.2f})")


def _marked(row: Row, name: str, text: str) -> str:
    return text if meets_bars(row).get(name, True) else f"**{text}**"
