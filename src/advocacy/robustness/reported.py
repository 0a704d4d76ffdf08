"""The rate as reported in each domain: what every robustness analysis begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from advocacy.estimation.asked import Asked
from advocacy.estimation.tabulation import check_interval, in_order, statistics, unnamed
from advocacy.robustness.scenarios import side_of, tipping_point, verdict
from advocacy.survey.intervals import adjusted_n
from advocacy.survey.quantities import Quantities, counts

# What scenarios of a domain have in common with its reported rate.
_KEPT = ("n", "df", "n_numerator", "n_programmes", "n_suppliers", "conf_level", "line", "side")


@dataclass(frozen=True)
class Reported:
    """The reported rate of a domain.

    Parameters
    ----------
    row
        Its row: segments, columns of estimates, line, side and verdict.
    n_star
        Effective number behind it, as the Korn-Graubard interval has it.
    """

    row: dict[str, Any]
    n_star: float

    def judged(self, found: Mapping[str, Any], threat: str = "misreport") -> dict[str, Any]:
        """Return a row of another assumption about the same domain, with its verdict."""
        segments = {name: self.row[name] for name in self.row["by"]}
        row: dict[str, Any] = segments | {name: self.row[name] for name in _KEPT}
        row |= {"threat": threat, "interval": self.row["interval"], "quantity": "scenario"}
        row |= found
        return row | {"verdict": verdict(row, row["line"], row["side"])}


@dataclass(frozen=True)
class EveryReported:
    """The reported rates of all domains, in order.

    Parameters
    ----------
    rows
        A rate a domain.
    quantities
        The same with their covariance.
    unplaced
        Ratings in the base that lack a segment.
    """

    rows: tuple[Reported, ...]
    quantities: Quantities
    unplaced: int


def reported(asked: Asked, line: float, conf_level: float) -> EveryReported:
    """Estimate the rate of each domain, as `estimate` does, and judge the statement by it."""
    interval = check_interval(None, conf_level, proportion=True)
    cells = asked.cells(asked.domains)
    groups = asked.groups(cells)
    behind = counts(cells, groups)
    lacking = unnamed(groups.keys, asked.names, groups.size)
    shown = in_order(groups.keys, np.flatnonzero(~lacking & (behind.n > 0)), asked.segments)
    found = asked.quantities(cells, groups).take(shown)
    columns = statistics(
        found, behind.take(shown), interval=interval, conf_level=conf_level, proportion=True
    )
    n_star = adjusted_n(
        found.estimate, found.variance(), behind.n[shown].astype(float), found.df(), conf_level
    )
    keys = groups.keys.take(pa.array(shown)).to_pylist() if asked.names else [{} for _ in shown]
    rows = []
    for number, key in enumerate(keys):
        row = key | {name: values[number].as_py() for name, values in columns.items()}
        rate = row["estimate"]
        row |= {"low": rate, "high": rate, "line": line, "side": side_of(rate, line)}
        row |= {"threat": "reported", "assumption": "reported", "quantity": asked.estimand.quantity}
        tipping = tipping_point(rate, line)
        row |= {"fails_of": tipping[0], "fails_at": tipping[1]}
        row |= {"verdict": verdict(row, line, row["side"]), "by": asked.names}
        rows.append(Reported(row, float(n_star[number])))
    return EveryReported(tuple(rows), found, int(behind.n[lacking].sum()))
