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
from advocacy.estimation.pooling.predictions import METHOD
from advocacy.estimation.pooling.predictive_checks import LEVEL, predictive_checks
from advocacy.estimation.pooling.tables import PooledTable, posterior_tables
from advocacy.estimation.tabulation import tabulated
from advocacy.report.figures.pooled_frames import FAILED
from advocacy.study.protocol import Protocol
from advocacy.study.truth import Truth

if TYPE_CHECKING:
    import pandas as pd

# Segments whose levels have a rate of their own, and those that are ranked.
RATED = ("sector", "industry", "country")
RANKED = ("industry", "country")
NO_TRUTH = "There are no cells whose truth and direct rate can be shown"


def asked_of_posterior(study: Protocol) -> dict[str, PooledTable]:
    """Return the tables that the study asks of its posterior, by name."""
    if study.pooling is None:
        return {}
    return posterior_tables(
        intent=study.intent,
        conf_level=study.pooling.conf_level,
        rated=RATED,
        ranked=RANKED,
        answers=study.pooling.answers,
    )


def pooled_tables(
    posterior: Posterior, published: Estimates, study: Protocol
) -> dict[str, Estimates]:
    """Return every table that the study makes of a posterior, by the names it asks for them.

    Parameters
    ----------
    posterior
        What `pool` fitted. Of a fit that misses its diagnostics each table is one row without
        a number, whose reliability is `FAILED`.
    published
        Direct rates of its cells as they are published. Cells that are withheld there keep their
        pooled rates, and lose the numbers of ratings and programmes behind them.
    study
        The protocol, which says what is asked.
    """
    asked = asked_of_posterior(study)
    if posterior.diagnostics.problems:
        return {name: _failed(posterior, study, table.kind) for name, table in asked.items()}
    shown = withheld(posterior, published)
    return {
        name: table.make(shown if table.of_cells else posterior) for name, table in asked.items()
    }


def _failed(posterior: Posterior, study: Protocol, kind: str) -> Estimates:
    labels: dict[str, Any] = dict(posterior.labels) | {"intent": study.intent, "method": METHOD}
    labels["conf_level"] = study.pooling.conf_level if study.pooling else None
    labels |= {"interval": "posterior", "reliability": FAILED}
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
