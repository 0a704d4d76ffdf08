r"""What those who did not answer, or not all, may change: bounds, selection, and frame variables.

Nonrespondents lack the score too. With T the weight of all who answered, those in the intent set
divided into who said yes, no and nothing, and those without a score likewise, and
:math:`u = T (1 - RR) / RR` for those who did not answer, the rate of all who were invited is
between

.. math:: \frac{y_I}{y_I + n_I + m_I + n_? + m_? + u} \quad\text{and}\quad
          \frac{y_I + m_I + y_? + m_? + u}{y_I + n_I + m_I + y_? + m_? + u}

whatever those who are missing would have said (Manski 2003, Partial identification of probability
distributions). Both are attained. With all items answered they are the bounds of the methods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import Asked, ask
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.robustness.contact_rule import over_sources
from advocacy.robustness.frame import PROGRAMME, frame_rows
from advocacy.robustness.invited import has_contacts, invitations
from advocacy.robustness.participation import grouped, outcome_rates
from advocacy.robustness.reported import reported
from advocacy.robustness.scenarios import Scenarios, check_line, tabulate
from advocacy.robustness.smooth import transformed
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine
from advocacy.survey.follow_up.bounds import imbens_manski
from advocacy.survey.intervals import wald
from advocacy.survey.quantities import Quantities, totals

# Rates to look at beside the observed one, and odds ratios.
RESPONSE_RATES = (0.25, 0.4, 0.5)
ODDS_RATIOS = (0.5, 2.0)
_ITEMS = "items:"
# In and out of the intent set, or without a score; then what they said.
KINDS = ("in:yes", "in:no", "in:?", "out", "?:yes", "?:no", "?:?")
_EVERYONE = Ratio("0", "1")


def bounds(masses: Floats, silent: float) -> Floats:
    """Return the least and the greatest rate that what is missing allows.

    Parameters
    ----------
    masses
        Weights of the `KINDS` of those who answered, shape (..., 7).
    silent
        Weight of those who did not answer, as a multiple of that of those who did.

    Returns
    -------
    Floats
        Shape (..., 2).
    """
    yes, no, unsaid, _, other_yes, other_no, nothing = np.moveaxis(masses, -1, 0)
    none = silent * masses.sum(axis=-1)
    known = yes + no + unsaid + nothing + none
    low = yes / (known + other_no)
    high = (yes + unsaid + other_yes + nothing + none) / (known + other_yes)
    return np.stack([low, high], axis=-1)


def selected(masses: Floats, silent: float, odds_ratio: float, intent: float | None) -> Floats:
    """Return the rate where the odds of the silent are a multiple of those of respondents.

    ``intent`` is the share of the silent in the intent set; that of respondents where it is
    ``None``. Of respondents those with score and answer tell the rate. Shape (..., 1).
    """
    yes, no = masses[..., 0], masses[..., 1]
    share = _share_in(masses)
    weight = silent * (share if intent is None else intent)
    odds = odds_ratio * yes / no
    rate = (share * yes / (yes + no) + weight * odds / (1 + odds)) / (share + weight)
    return np.asarray(rate)[..., None]


def odds_ratio_at(masses: Floats, silent: float, intent: float | None, line: float) -> float:
    """Return the odds ratio at which the rate is on the line; NaN where no ratio puts it there."""
    rate = float(masses[0] / (masses[0] + masses[1]))
    share = float(_share_in(masses))
    weight = silent * (share if intent is None else intent)
    needed = line + share * (line - rate) / weight if weight > 0 else np.nan
    if not 0 < needed < 1 or not 0 < rate < 1:
        return float("nan")
    return needed / (1 - needed) / (rate / (1 - rate))


def response_rate_at(masses: Floats, line: float, side: str) -> float:
    """Return the response rate below which the bounds reach the line; NaN where all rates do.

    Of the bound that is in question, :math:`(A + s T) / (B + s T)` above and :math:`A / (B + s T)`
    below are on the line at one :math:`s = (1 - RR) / RR`.
    """
    low, high = bounds(masses, 0.0)
    total = float(masses.sum())
    if side == "above":
        base = masses[0] / low if low > 0 else np.nan
        silent = (masses[0] / line - base) / total
    else:
        top = masses[0] + masses[2] + masses[4] + masses[6]
        base = top / high if high > 0 else np.nan
        silent = (line * base - top) / (total * (1 - line))
    return float(1 / (1 + silent)) if silent >= 0 else float("nan")


def _share_in(masses: Floats) -> Floats:
    """Return the share in the intent set of those who give a score."""
    scored = masses[..., :4].sum(axis=-1)
    return np.asarray(masses[..., :3].sum(axis=-1) / scored)


def nonresponse(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    response_rates: Sequence[float] = RESPONSE_RATES,
    silent_intent: float | None = None,
    frame: Sequence[str] = PROGRAMME,
    line: float = 0.5,
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
) -> Scenarios:
    """Bound a rate by what those who did not answer may have said.

    Parameters
    ----------
    responses, intent, by, design, conf_level, engine
        As in `estimate`, without segments of scores.
    estimand
        recommended_past_12m.
    response_rates
        Rates to look at, in (0, 1], beside RR2 of the contacts where there are contacts.
    silent_intent
        Share of nonrespondents in the intent set, for selection odds ratios; by default that of
        respondents.
    frame
        What the silent are known by: programme, and names of segments such as segment_region that
        the crosswalks of contacts keep.
    line
        The statement is that the rate is on the side of this line where the reported rate is.

    Returns
    -------
    Scenarios
        For each domain `reported`; `item_bounds`, which lets those who left out score or answer
        have said anything; `bounds` at each response rate, which lets those who did not answer
        too; `selection` at odds ratios of ½ and 2; and where contacts tell of programmes `ipw`
        and `proxy` at φ = 0, ½ and 1. Bounds have the interval of Imbens and Manski.

    Raises
    ------
    UsageError
        Another estimand, a segment of scores, or a rate that is none.
    MissingColumnError, DataError, DesignError
        As `estimate`, or the contacts do not tell a name of ``frame``.
    """
    check_line(line)
    for rate in (*response_rates, *([] if silent_intent is None else [silent_intent])):
        if not 0 < rate <= 1:
            raise UsageError(
                f"{rate:g} is no share of those who were invited.",
                remedy="Give a proportion above 0, at most 1, such as 0.4.",
            )
    asked = ask(responses, estimand, intent=intent, by=by, design=design, engine=engine)
    if estimand != "recommended_past_12m" or asked.intent is None:
        raise UsageError(
            "Bounds for nonresponse are of recommended_past_12m in an intent set.",
            remedy="Leave the score out of --by, and --estimand as it is.",
        )
    every = reported(asked, line, conf_level)
    cells = asked.cells([*asked.domains, items_domain(asked.intent.condition())], ratio=_EVERYONE)
    observed, notes = _observed(asked)
    rows: list[dict[str, Any]] = []
    for one in every.rows:
        key = tuple(one.row[name] for name in asked.names)
        domain = _Masses.of(cells, asked, key)
        rates = [("observed", observed[key])] if key in observed else []
        rates += [("stated", rate) for rate in response_rates]
        first = rates[0][1] if rates else 1.0
        rows.append(one.row)
        rows += [one.judged(row, "nonresponse") for row in domain.bounded(rates, one.row)]
        rows += [
            one.judged(row, "nonresponse")
            for row in domain.with_odds(first, silent_intent, one.row)
        ]
    framed, more = frame_rows(asked, every, tuple(frame))
    table = tabulate([*rows, *framed], asked.names, asked.labels())
    notes = [*notes, *more, *over_sources(responses)]
    return Scenarios(table, "nonresponse", every.unplaced, every.quantities, tuple(notes))


def items_domain(condition: str) -> Domain:
    """Return what each who answered said of score and recommending, as a domain of `KINDS`.

    ``condition`` is the SQL of being in the intent set.
    """
    said = (
        "CASE WHEN recommended_past_12m IS NULL THEN '?' "
        "WHEN recommended_past_12m THEN 'yes' ELSE 'no' END"
    )
    return Domain(
        _ITEMS,
        f"CASE WHEN score IS NULL THEN '?:' || {said} WHEN {condition} THEN 'in:' || {said} "
        "ELSE 'out' END",
    )


def _observed(asked: Asked) -> tuple[dict[tuple[Any, ...], float], list[Remark]]:
    """Return RR2 of each domain, by its levels; a note where it is not known."""
    if not has_contacts(asked.responses):
        return {}, [Remark("robustness.no_contacts")]
    try:
        counted = invitations(asked.responses, asked.segments)
    except DataError:
        return {}, [Remark("robustness.contacts_apart", {"names": list(asked.names)})]
    found = {}
    for key, codes in counted.codes.items():
        rates = {rate.name: rate.rate for rate in outcome_rates(grouped(codes))}
        if rates["RR2"] > 0:
            found[key] = rates["RR2"]
    return found, []


@dataclass(frozen=True)
class _Masses:
    """The weights of the kinds of a domain, estimated together.

    Parameters
    ----------
    found
        Weights of the `KINDS` that occur, shape (K,).
    kinds
        Their places among `KINDS`, shape (K,).
    """

    found: Quantities
    kinds: Integers

    @staticmethod
    def of(cells: Cells, asked: Asked, key: tuple[Any, ...]) -> _Masses:
        own = cells.domains.to_pylist()
        rows = [
            number
            for number, row in enumerate(own)
            # Ratings that do not count are in no domain.
            if row[_ITEMS] is not None and tuple(row[name] for name in asked.names) == key
        ]
        base = totals(cells, asked.design).take(np.array(rows) + cells.n_domains)
        kinds = np.array([KINDS.index(own[n][_ITEMS]) for n in rows])
        return _Masses(base, kinds)

    def spread(self, values: Floats) -> Floats:
        """Return the weights of all kinds, 0 for those that do not occur; (..., K) to (..., 7)."""
        every = np.zeros((*values.shape[:-1], len(KINDS)), values.dtype)
        every[..., self.kinds] = values
        return every

    def of_function(self, function: Callable[[Floats], Floats]) -> Quantities:
        """Return a function of the weights."""
        return transformed(self.found, lambda values: function(self.spread(values)))

    def bounded(
        self, rates: Sequence[tuple[str, float]], row: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the rows of bounds: of items alone, then at each response rate."""
        masses = self.spread(self.found.estimate)
        tips = {
            "fails_of": "response_rate",
            "fails_at": response_rate_at(masses, row["line"], row["side"]),
        }
        rows = [{"assumption": "item_bounds", **self._between(1.0, row)}]
        for kind, rate in rates:
            found = {"assumption": f"bounds_{kind}", "response_rate": rate}
            rows.append(found | self._between(rate, row) | tips)
        return rows

    def _between(self, rate: float, row: Mapping[str, Any]) -> dict[str, Any]:
        both = self.of_function(lambda masses: bounds(masses, (1 - rate) / rate))
        error = np.sqrt(both.variance())
        low, high = (both.estimate[[end]] for end in (0, 1))
        limits = imbens_manski(
            low, high, error[[0]], error[[1]], np.array([both.df().min()]), row["conf_level"]
        )
        return {
            "low": low[0],
            "high": high[0],
            "interval": "imbens_manski",
            **self._beyond(float(limits[0][0]), float(limits[1][0]), rate, row),
        }

    def _beyond(
        self, least: float, most: float, rate: float, row: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return limits of bounds: given ones, or where further out those by the reported rate.

        Near 0 and 1 the errors of the bounds say too little of answers that the sample happens
        not to have. The bounds where the reported rate is at its own limits say more.
        """
        if row["conf_low"] is None:
            return {"conf_low": least, "conf_high": most}
        masses = self.spread(self.found.estimate)
        said = masses[0] + masses[1]
        (low, _), (_, high) = (
            bounds(np.concatenate([[p * said, (1 - p) * said], masses[2:]]), (1 - rate) / rate)
            for p in (row["conf_low"], row["conf_high"])
        )
        return {"conf_low": float(np.fmin(least, low)), "conf_high": float(np.fmax(most, high))}

    def with_odds(
        self, rate: float, intent: float | None, row: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the rows of selection odds ratios at a response rate."""
        masses, silent = self.spread(self.found.estimate), (1 - rate) / rate
        if not (masses[0] > 0 and masses[1] > 0):
            return []
        at = odds_ratio_at(masses, silent, intent, row["line"])
        rows = []
        for ratio in ODDS_RATIOS:
            found = self.of_function(
                partial(selected, silent=silent, odds_ratio=ratio, intent=intent)
            )
            limits = wald(
                found.estimate, found.variance(), np.ones(1), found.df(), row["conf_level"]
            )
            rows.append(
                {
                    "assumption": "selection",
                    "parameter": ratio,
                    "response_rate": rate,
                    "estimate": found.estimate[0],
                    "std_error": float(np.sqrt(found.variance()[0])),
                    "df": found.df()[0],
                    "low": found.estimate[0],
                    "high": found.estimate[0],
                    "interval": "wald",
                    "conf_low": max(float(limits[0][0]), 0.0),
                    "conf_high": min(float(limits[1][0]), 1.0),
                    "fails_of": "odds_ratio",
                    "fails_at": at,
                }
            )
        return rows
