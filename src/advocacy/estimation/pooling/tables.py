"""Every table that is made of a fitted model, named once: for its file and for what reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from advocacy.estimation.estimates import Estimates
from advocacy.estimation.pooling.posterior import Posterior
from advocacy.estimation.pooling.predictions import (
    next_programme,
    pooled_rates,
    ranks,
    variance_shares,
)
from advocacy.survey.margins import Margins

# The names that `posterior_tables` and `rates_of_levels` give.
TABLE_NAME = re.compile(r"rates|next|next-answers|variance|(rates|ranks)-\w+")


@dataclass(frozen=True)
class PooledTable:
    """A table that can be made of a posterior.

    Parameters
    ----------
    kind
        Kind of its `Estimates`.
    make
        Makes it of what `pool` fitted or `read_posterior` read; raises what `pooled_rates` does.
    of_cells
        Whether it has the numbers of ratings and programmes behind each cell of the model.
    """

    kind: str
    make: Callable[[Posterior], Estimates]
    of_cells: bool = False


def posterior_tables(
    *,
    intent: str,
    conf_level: float,
    rated: Sequence[str] = (),
    ranked: Sequence[str] = (),
    answers: int | None = None,
) -> dict[str, PooledTable]:
    """Return what is asked of a posterior, by name, before there is one.

    Parameters
    ----------
    intent, conf_level
        As for `pooled_rates`.
    rated, ranked
        Segments whose levels get a rate of their own, ``rates-<segment>``, or are ranked,
        ``ranks-<segment>``.
    answers
        Effective number of answers from which the next programme's rate will be observed, in
        ``next-answers``; without it there is no such table.
    """
    asked: dict[str, Any] = {"intent": intent, "conf_level": conf_level}
    tables = {
        "rates": PooledTable("pooled_rates", partial(pooled_rates, **asked), of_cells=True),
        **rates_of_levels(rated, **asked),
        "next": PooledTable("prediction", partial(next_programme, **asked), of_cells=True),
    }
    if answers is not None:
        observed = partial(next_programme, n=answers, **asked)
        tables["next-answers"] = PooledTable("prediction", observed, of_cells=True)
    for name in ranked:
        tables[f"ranks-{name}"] = PooledTable("ranks", partial(ranks, of=name, **asked))
    shares = partial(variance_shares, conf_level=conf_level)
    return tables | {"variance": PooledTable("variance_shares", shares)}


def rates_of_levels(
    segments: Sequence[str], *, intent: str, conf_level: float, margins: Margins | None = None
) -> dict[str, PooledTable]:
    """Return the rates of single segments' levels, by name; arguments as for `pooled_rates`."""
    asked: dict[str, Any] = {"intent": intent, "conf_level": conf_level, "margins": margins}
    return {
        f"rates-{name}": PooledTable("pooled_rates", partial(pooled_rates, by=[name], **asked))
        for name in segments
    }
