r"""When people say that they recommended: heaping, telescoping, and other windows.

A recommendation that is older than 12 months may be remembered as within them. Who remembers
better what is recent tells so by a profile that piles up at the end of the window. Those whose
latest recommendation was within w months are all who recommended within w months, a share of
:math:`p_w`. Where nobody's rate of recommending changes over the year,
:math:`1 - (1 - p_w)^{12 / w}` recommend within 12 months if all have the same rate, and fewer,
but at least :math:`p_w`, if they differ. It is a sensitivity analysis, never the headline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advocacy.arrays import Floats
from advocacy.errors import UsageError
from advocacy.estimation.asked import ask
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.robustness.reported import reported
from advocacy.robustness.scenarios import Scenarios, check_line, tabulate
from advocacy.robustness.smooth import transformed
from advocacy.survey.cells.statement import Domain
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.intervals import adjusted_n, beta_limits, defined
from advocacy.survey.quantities import totals

COLUMN = "months_since_recommended"
WINDOWS = (3, 6, 9)
YEAR = 12
# Months that people round to, beside whose neighbours they are held.
ROUND = (3, 6, 9, 12)
_MONTH = "month:"
# -1 of those who say that they did not; NULL of those who do not say when.
_WHEN = (
    "CASE WHEN NOT recommended_past_12m THEN -1 "
    f"WHEN recommended_past_12m THEN ceil({COLUMN})::INTEGER END"
)


def recall(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Show when people say that they recommended, and the rate by shorter windows rescaled.

    Parameters
    ----------
    responses, intent, by, design, conf_level, engine
        As in `estimate`.
    estimand
        recommended_past_12m or recommender_share.
    line
        The statement is that the rate is on the side of this line where the reported rate is.

    Returns
    -------
    Scenarios
        For each domain `reported`; `window`, between the share within 3, 6 and 9 months and that
        share rescaled to 12, which is the most it can be with rates that do not change; and
        `profile`, for each whole month, rounded up, the share of those who say that they
        recommended and when. Notes tell heaping, as the number of answers of 3, 6, 9 and 12
        months for each of the mean of the months beside, and how many were longer ago.

    Raises
    ------
    UsageError
        Another estimand.
    MissingColumnError
        Nobody says when.
    DataError, DesignError
        As `estimate`.
    """
    check_line(line)
    asked = ask(responses, estimand, intent=intent, by=by, design=design, engine=engine)
    if estimand not in ("recommended_past_12m", "recommender_share"):
        raise UsageError(
            f"{estimand} is no share of people who say that they recommended.",
            remedy="Use recommended_past_12m or recommender_share.",
        )
    responses.require([COLUMN], "A profile of recall")
    responses.check([COLUMN])
    every = reported(asked, line, conf_level)
    cells = asked.cells([*asked.domains, when_domain()])
    base = totals(cells, asked.design)
    own, n = cells.domains.to_pylist(), cells.totals(cells.n)
    rows: list[dict[str, Any]] = []
    notes: list[Remark] = []
    for one in every.rows:
        key = {name: one.row[name] for name in asked.names}
        places = [
            place
            for place, row in enumerate(own)
            if row[_MONTH] is not None and all(row[name] == key[name] for name in key)
        ]
        months = np.array([own[place][_MONTH] for place in places])
        found = base.take(np.array(places) + cells.n_domains)
        rows.append(one.row)
        shares = transformed(found, _Windows(months).rates)
        size = float(n[places].sum())
        limits = _limits(shares.estimate, shares.variance(), size, shares.df(), conf_level)
        for number, window in enumerate(WINDOWS):
            within = shares.estimate[[number]]
            found_row = {
                "assumption": "window",
                "parameter": float(window),
                "low": float(within[0]),
                "high": float(rescaled(within, window)[0]),
                "conf_low": float(limits[0][number]),
                "conf_high": float(rescaled(limits[1][[number]], window)[0]),
            }
            rows.append(one.judged(found_row, "recall"))
        rows += _profile(one.judged({}, "recall"), months, found.estimate, n[places])
        notes.append(_about(" · ".join(map(str, key.values())), months, n[places]))
    table = tabulate(rows, asked.names, asked.labels())
    return Scenarios(table, "recall", every.unplaced, every.quantities, tuple(notes))


def when_domain() -> Domain:
    """Return the month in which a rating says that they recommended, as a domain.

    It is -1 of those who did not, and missing of those who do not say when.
    """
    return Domain(_MONTH, _WHEN)


@dataclass(frozen=True)
class _Windows:
    """The months of the domains behind a row; -1 of those who did not."""

    months: Any

    def rates(self, weights: Floats) -> Floats:
        """Return the share within each window; (..., domains) to (..., windows)."""
        every = weights.sum(axis=-1)
        within = [
            weights[..., (self.months >= 0) & (self.months <= window)].sum(axis=-1) / every
            for window in WINDOWS
        ]
        return np.stack(within, axis=-1)


def rescaled(rate: Floats, window: int) -> Floats:
    """Return the most that recommend within 12 months, at rates that do not change: one rate."""
    found: Floats = 1 - (1 - rate) ** (YEAR / window)
    return found


def _limits(
    rate: Floats, variance: Floats, n: float, df: Floats, conf_level: float
) -> tuple[Floats, Floats]:
    size = adjusted_n(rate, variance, np.full(len(rate), n), df, conf_level)
    return defined(beta_limits(rate, size, conf_level), df)


def _profile(row: dict[str, Any], months: Any, weights: Floats, n: Any) -> list[dict[str, Any]]:
    said = np.flatnonzero(months >= 0)
    total = weights[said].sum()
    return [
        row
        | {
            "assumption": "profile",
            "parameter": float(months[place]),
            "estimate": float(weights[place] / total),
            "n": int(n[said].sum()),
            "n_numerator": int(n[place]),
            "interval": None,
            "verdict": None,
        }
        for place in said[np.argsort(months[said])]
    ]


def heaping(counts: dict[int, int]) -> dict[int, float]:
    """Return for each round month the answers for one of the mean of the months beside it.

    Without any beside it there is none. Past 12 months the window ends, so that 12 is held beside
    11 alone.
    """
    found = {}
    for month in ROUND:
        beside = [month - 1, *([month + 1] if month < YEAR else [])]
        mean = sum(counts.get(one, 0) for one in beside) / len(beside)
        if mean > 0:
            found[month] = counts.get(month, 0) / mean
    return found


def _about(name: str, months: Any, n: Any) -> Remark:
    counts = {int(month): int(number) for month, number in zip(months, n, strict=True)}
    ratios = heaping(counts)
    return Remark(
        "robustness.heaping",
        {
            "name": name or "all ratings",
            "ratios": [f"{month} months {ratio:.1f}" for month, ratio in ratios.items()],
            "longer": sum(number for month, number in counts.items() if month > YEAR),
            "said": sum(number for month, number in counts.items() if month >= 0),
        },
    )
