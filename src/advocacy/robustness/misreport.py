"""A rate corrected for misreports: sensitivity and specificity as stated, or from records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from advocacy.arrays import Floats
from advocacy.errors import DataError, UsageError
from advocacy.estimation.asked import ask
from advocacy.estimation.conditions import Holds
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.robustness.correction import Corrected, Counted, melded, rogan_gladen, simulated
from advocacy.robustness.reported import Reported, reported
from advocacy.robustness.scenarios import Scenarios, check_line, tabulate
from advocacy.robustness.validated import VALIDATION, by_records
from advocacy.survey.design import SurveyDesign
from advocacy.survey.engines import Engine

METHODS = ("melded", "monte_carlo")
# Per cent of a distribution that is worth a remark.
_LEAST_SAID = 0.05


@dataclass(frozen=True)
class Ranges:
    """What is supposed of a self-report: between which proportions each lies.

    Parameters
    ----------
    sensitivity, specificity
        Least and greatest, from 0 to 1.

    Raises
    ------
    UsageError
        They are no ranges.
    DataError
        The least values add up to at most 1.
    """

    sensitivity: tuple[float, float]
    specificity: tuple[float, float]

    def __post_init__(self) -> None:
        for name, (low, high) in (
            ("sensitivity", self.sensitivity),
            ("specificity", self.specificity),
        ):
            if not 0 <= low <= high <= 1:
                raise UsageError(
                    f"{low:g} to {high:g} is no range of a {name}.",
                    remedy="Give the least, then the greatest, from 0 to 1.",
                )
        if self.sensitivity[0] + self.specificity[0] <= 1:
            raise DataError(
                f"A sensitivity of {self.sensitivity[0]:g} and a specificity of "
                f"{self.specificity[0]:g} add up to at most 1: there the self-report says nothing "
                "about the behaviour, and no rate can be corrected by it.",
                remedy="State ranges whose least values add up to more than 1.",
            )


@dataclass(frozen=True)
class Validation:
    """A validation of the self-report with other people.

    Parameters
    ----------
    positives
        Of those who did, who said so.
    negatives
        Of those who did not, who denied it.
    """

    positives: Counted
    negatives: Counted


def misreport(
    responses: Responses,
    *,
    estimand: str = "recommended_past_12m",
    intent: str = "score_10",
    by: Sequence[str] = (),
    stated: Ranges | Validation | None = None,
    on: Sequence[str] = (),
    capture: float = 1.0,
    line: float = 0.5,
    method: str = "melded",
    design: SurveyDesign | None = None,
    conf_level: float = 0.95,
    engine: Engine | None = None,
    seed: int = 1,
) -> Scenarios:
    """Correct the rate of a self-report for misreports, and say where the statement tips.

    Parameters
    ----------
    responses, intent, by, design, conf_level, engine
        As in `estimate`; by the score, sensitivity and specificity are by the score.
    estimand
        A share of people who say that they recommended.
    stated
        Ranges of sensitivity and specificity, or a validation of other people. Without it they
        are had from those respondents whose records were searched.
    on
        Names in `SEGMENTS`, beside what people said, on which the search of records depends.
    capture
        Share of recommendations that get on record, in (0, 1]. With 1, what is corrected to is
        a recommendation that a record can capture.
    line
        The statement is that the rate is on the side of this line where the reported rate is.
    method
        For a validation of other people: ``melded``, or ``monte_carlo`` seeded by ``seed``.

    Returns
    -------
    Scenarios
        For each domain the rows `reported`, and then `stated_range`, `melded` or `monte_carlo`;
        or of records `validated`, which is `captured` with
        a capture below 1, and `on_record`, between the share on record and all that a
        capture of any size allows. ``fails_at`` of `reported` is the sensitivity or specificity
        at which the corrected rate is on the line where the other is 1.

    Raises
    ------
    UsageError
        An unknown name, a capture that is none, or an estimand of something else.
    MissingColumnError
        Nothing is stated, and there are no records.
    DataError
        Se + Sp is at most 1; the validation has no negatives, or no positives; or more is on
        record than ``capture`` allows.

    Notes
    -----
    R equivalent: of melded intervals ``asht::WprevSeSp``, which simulates them.
    """
    check_line(line)
    if method not in METHODS:
        raise UsageError(f"{method!r} is no method.", remedy=f"Use one of: {', '.join(METHODS)}.")
    if not 0 < capture <= 1:
        raise UsageError(
            f"A capture of {capture:g} is no share above 0.",
            remedy="Give the share of recommendations that get on record, such as 0.6.",
        )
    asked = ask(responses, estimand, intent=intent, by=by, design=design, engine=engine)
    if asked.estimand.numerator != (Holds("recommended_past_12m"),):
        raise UsageError(
            f"{estimand} is no share of people who say that they recommended.",
            remedy="Use recommended_past_12m or recommender_share.",
        )
    if stated is None:
        responses.require(VALIDATION, "A correction by records")
        responses.check(VALIDATION)
        rows, notes, quantities, unplaced = by_records(asked, on, capture, line, conf_level)
    else:
        every = reported(asked, line, conf_level)
        rows = [
            row
            for number, one in enumerate(every.rows)
            for row in (
                one.row,
                one.judged(
                    _ranged(one, stated)
                    if isinstance(stated, Ranges)
                    else _counted(one, stated, method, conf_level, [seed, number])
                ),
            )
        ]
        notes, quantities, unplaced = _truncation(rows), every.quantities, every.unplaced
    table = tabulate(rows, asked.names, asked.labels())
    return Scenarios(table, "misreport", unplaced, quantities, tuple(notes))


def _truncation(rows: Sequence[dict[str, Any]]) -> list[Remark]:
    """Say what share of the distributions behind intervals was put to 0 or 1."""
    shares = [100 * row["truncated"] for row in rows if row.get("truncated")]
    shown = [round(share, 1) for share in shares if share >= _LEAST_SAID]
    return [Remark("robustness.truncated", {"most": max(shown)})] if shown else []


def tipping_contour(rate: float, line: float, sensitivities: Floats) -> Floats:
    """Return the specificity at which the corrected rate is on the line, for each sensitivity."""
    found: Floats = (1 - rate - line + line * sensitivities) / (1 - line)
    return found


def _ranged(one: Reported, stated: Ranges) -> dict[str, Any]:
    """Return between what the rate lies: it falls with Se, and grows with Sp as far as 1."""
    least = np.array(stated.sensitivity[1]), np.array(stated.specificity[0])
    most = np.array(stated.sensitivity[0]), np.array(stated.specificity[1])

    def corrected(rate: float | None, at: tuple[Floats, Floats]) -> float | None:
        if rate is None:
            return None
        return float(np.clip(rogan_gladen(np.array(rate), *at), 0, 1))

    row = one.row
    return {
        "assumption": "stated_range",
        "low": corrected(row["estimate"], least),
        "high": corrected(row["estimate"], most),
        "conf_low": corrected(row["conf_low"], least),
        "conf_high": corrected(row["conf_high"], most),
        "sensitivity": float(np.mean(stated.sensitivity)),
        "specificity": float(np.mean(stated.specificity)),
    }


def _counted(
    one: Reported, stated: Validation, method: str, conf_level: float, seed: Sequence[int]
) -> dict[str, Any]:
    apparent = Counted(one.row["estimate"] * one.n_star, one.n_star)
    found: Corrected
    if method == "melded":
        found = melded(apparent, stated.positives, stated.negatives, conf_level)
    else:
        rng = np.random.default_rng(seed)
        found = simulated(apparent, stated.positives, stated.negatives, rng, conf_level)
    return {
        "assumption": method,
        "interval": method,
        "estimate": found.estimate,
        "low": found.estimate,
        "high": found.estimate,
        "conf_low": found.conf_low,
        "conf_high": found.conf_high,
        "sensitivity": stated.positives.rate,
        "specificity": stated.negatives.rate,
        "truncated": max(found.below, found.above),
    }
