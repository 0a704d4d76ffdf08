"""What the study shows of the multilevel model: its tables, or that the fit is not published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.multilevel import Pooled
from advocacy.estimation.pooling.posterior import Posterior, withheld
from advocacy.estimation.pooling.predictions import (
    METHOD,
    next_programme,
    pooled_rates,
    ranks,
    variance_shares,
)
from advocacy.estimation.pooling.predictive_checks import LEVEL, predictive_checks
from advocacy.estimation.tabulation import tabulated
from advocacy.report.figures.pooled_frames import FAILED
from advocacy.study.truth import Truth

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
NO_TRUTH = "There are no cells whose truth and direct rate can be shown"


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
