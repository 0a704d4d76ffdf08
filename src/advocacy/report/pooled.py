"""What the study shows of the multilevel model: its tables, or that the fit is not published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from advocacy.estimation import Estimates
from advocacy.estimation.effective_counts import EffectiveCounts
from advocacy.estimation.multilevel import Pooled
from advocacy.estimation.pooled import METHOD, next_programme, pooled_rates, ranks, variance_shares
from advocacy.estimation.posterior import LARGEST_RHAT, SMALLEST_ESS, Posterior, withheld
from advocacy.estimation.predictive_checks import LEVEL, predictive_checks
from advocacy.estimation.tabulation import tabulated
from advocacy.report.truth import Truth

if TYPE_CHECKING:
    import pandas as pd

# Segments whose levels have a rate of their own, and those that are ranked.
RATED = ("sector", "industry", "country")
RANKED = ("industry", "country")
# The tables and the kind of each.
TABLES = {
    "rates": "pooled_rates",
    **{f"rates-{name}": "pooled_rates" for name in RATED},
    "next": "prediction",
    "next-answers": "prediction",
    **{f"ranks-{name}": "ranks" for name in RANKED},
    "variance": "variance_shares",
}
FAILED = "failed"
NO_TRUTH = "There are no cells whose truth and direct rate can be shown"
_PARTS = ("estimate", "std_error", "conf_low", "conf_high")
# Programmes behind a cell, at least and at most.
SIZES = ((1, 4), (5, 6), (7, 9), (10, 10_000))


def pooled_tables(
    posterior: Posterior, published: Estimates, *, intent: str, conf_level: float, answers: int
) -> dict[str, Estimates]:
    """Return every table that the study makes of a posterior, by the names in `TABLES`.

    Parameters
    ----------
    posterior
        What `pool` fitted. Of a fit that misses its diagnostics each table is one row without
        a number, whose reliability is `FAILED`.
    published
        Direct rates of its cells as they are published. Cells that are withheld there keep their
        pooled rates, and lose the numbers of ratings and programmes behind them.
    intent, conf_level
        As for `pooled_rates`.
    answers
        Effective number of answers, for ``next-answers``.
    """
    asked: dict[str, Any] = {"intent": intent, "conf_level": conf_level}
    if posterior.diagnostics.problems:
        return {name: _failed(posterior, asked, kind) for name, kind in TABLES.items()}
    shown = withheld(posterior, published)
    rated = {f"rates-{name}": pooled_rates(posterior, by=[name], **asked) for name in RATED}
    ranked = {f"ranks-{name}": ranks(posterior, of=name, **asked) for name in RANKED}
    return {
        "rates": pooled_rates(shown, **asked),
        **rated,
        "next": next_programme(shown, **asked),
        "next-answers": next_programme(shown, n=answers, **asked),
        **ranked,
        "variance": variance_shares(posterior, conf_level=conf_level),
    }


def _failed(posterior: Posterior, asked: Mapping[str, Any], kind: str) -> Estimates:
    labels = dict(posterior.labels) | dict(asked)
    labels |= {"method": METHOD, "interval": "posterior", "reliability": FAILED}
    return Estimates(tabulated({}, labels, 1), kind)


def second_opinion(area: Estimates, published: Estimates) -> Estimates:
    """Return the area-level rates of the cells whose direct rates are published.

    They are made of the direct rates of all cells, and near them where a cell is large.
    """
    shown = {_key(row, area.by) for row in published.table.to_pylist() if row["n"] is not None}
    keep = [_key(row, area.by) in shown for row in area.table.to_pylist()]
    return replace(area, table=area.table.filter(pa.array(keep, pa.bool_())), quantities=None)


def _key(row: Mapping[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in by)


def passed(estimates: Estimates) -> bool:
    """Tell whether a table of `pooled_tables` is of a fit that is published."""
    return FAILED not in estimates.table.column("reliability").to_pylist()


def fit_report(posterior: Posterior) -> dict[str, Any]:
    """Return how the sampler did, and what the reader must know, as JSON can hold it."""
    return {
        **asdict(posterior.diagnostics),
        "limits": {"rhat": LARGEST_RHAT, "ess": SMALLEST_ESS},
        "problems": list(posterior.diagnostics.problems),
        "warnings": list(posterior.warnings),
        "source_kind": posterior.labels["source_kind"],
    }


def checks_report(pooled: Pooled, counts: EffectiveCounts, seed: int) -> dict[str, Any]:
    """Return how the counts are placed among those that the model gives, over all programmes.

    Single programmes are not in it. Of a fit that is not published there is none.
    """
    if pooled.posterior.diagnostics.problems:
        return {}
    found = predictive_checks(pooled, counts, seed=seed)
    return {
        "checks": {
            "level": LEVEL,
            "programmes": {"rates": len(found.programmes), "outside": found.programmes_outside},
            "cells": {"rates": len(found.cells), "outside": found.cells_outside},
            "bands": found.discrepancies.to_pylist(),
        }
    }


def joined(direct: Estimates, **others: Estimates) -> pd.DataFrame:
    """Return the cells whose direct rate is published, other methods' rates beside it.

    Columns are the segments, ``n``, ``n_programmes`` and ``size``, the row of `SIZES`; and for
    each method the rate, its standard error and its limits, such as ``estimate_direct``.
    """
    keys = list(direct.by)
    found = direct.to_pandas()[[*keys, "n", "n_programmes", "estimate"]]
    found = found.dropna(subset="estimate").drop(columns="estimate")
    for method, table in {"direct": direct, **others}.items():
        names = {part: f"{part}_{method}" for part in _PARTS}
        own = table.to_pandas()[[*keys, *_PARTS]].rename(columns=names)
        found = found.merge(own, on=keys)
    most = [high for _, high in SIZES]
    return found.assign(size=np.searchsorted(most, found["n_programmes"].to_numpy()))


def sizes(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of `joined` by how many programmes are behind their cells, in words."""
    return {
        _size(*limits): frame[frame["size"] == number]
        for number, limits in enumerate(SIZES)
        if (frame["size"] == number).any()
    }


def _size(low: int, high: int) -> str:
    if low == SIZES[0][0]:
        return f"up to {high}"
    return f"{low} and more" if high == SIZES[-1][1] else f"{low} to {high}"


def beside_truth(frame: pd.DataFrame, truth: Truth | None) -> pd.DataFrame | None:
    """Return rows of `joined` with their true rates as ``truth``; ``None`` where there is none."""
    if truth is None or frame.empty:
        return None
    keys = frame.columns[: frame.columns.get_loc("n")]
    return frame.assign(truth=[truth[key] for key in zip(*(frame[k] for k in keys), strict=True)])


def error_of(frame: pd.DataFrame, method: str) -> float:
    """Return the root mean square error of rows of `joined` that have a column ``truth``."""
    errors = frame[f"estimate_{method}"] - frame.truth
    return float(np.sqrt((errors**2).mean()))


def median_variances(rates: Estimates, following: Estimates) -> tuple[float, float, float]:
    r"""Return the variances that a prediction is made of, each the median over cells.

    That of the mean, that of the next programme's rate, and of an answer, :math:`E[p (1 - p)]`.
    """
    mean, own = (table.table.column("std_error").to_numpy() ** 2 for table in (rates, following))
    rate = following.table.column("estimate").to_numpy()
    answer = rate * (1 - rate) - own
    return float(np.median(mean)), float(np.median(own)), float(np.median(answer))
