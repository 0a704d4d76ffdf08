"""Writing what is known of a simulation: the true values that its files do not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.arrays import Floats, Integers
from advocacy.provenance import write_json
from advocacy.simulation.contacts import PULL, invited_cells
from advocacy.simulation.expectations import (
    SCORE_10,
    Cells,
    Law,
    apart_by_answer,
    correlation_with_score,
    had_recommended,
    programme_cells,
    rates_of,
    recommends_within,
    superpopulation_cells,
    truth_table,
)
from advocacy.simulation.following import COHORT, Following
from advocacy.simulation.future import DEFAULT_ATTRITION, DEFAULT_FUTURE, WAVES
from advocacy.simulation.programmes import Programmes
from advocacy.simulation.records import (
    DID_NO,
    DID_YES,
    SEARCHED_NO,
    SEARCHED_YES,
    did_recommend,
)

TRUTH = "truth.json"

_MONTHS = (3, 6, 9, 12)
_SEGMENTS: tuple[tuple[str, ...], ...] = ((), ("sector",), ("industry",), ("country",), ("score",))
_CROSSED = ("sector", "industry", "country")
# Segments, scores of an intent set, and its name.
_Crossing = tuple[tuple[str, ...], tuple[int, ...], str]
_INTENTS = {"promoters": (9, 10), "top_3": (8, 9, 10)}  # beside score 10


class Interviewed(NamedTuple):
    """Scores of ratings that are followed up, (n,), and the chances of each wave, (n, waves)."""

    score: Integers
    chance: Floats


def write_truth(
    root: Path,
    programmes: Programmes,
    bad_rows: Sequence[int],
    following: Following,
    interviewed: Sequence[Interviewed],
) -> None:
    """Write `truth.parquet`, a row a programme and country, and `truth.json`, the true rates.

    Rates after the interview are those of the programmes that are followed up, if none of their
    customers were lost; the files of follow-ups show what is left of them.
    """
    pq.write_table(_by_programme(programmes, following), root / "truth.parquet")
    chosen = np.flatnonzero(following.chosen)
    followed = programmes.take(chosen)
    content: dict[str, Any] = {
        "note": "True values of simulated programmes; not findings.",
        "parameters": asdict(programmes.truth),
        "planted_bad_rows": dict(zip(programmes.names(), bad_rows, strict=True)),
        "recommended_past_12m": _rates(programmes, had_recommended, crossed=True),
        "future": asdict(DEFAULT_FUTURE),
        "followed_up": {
            name: {"ratings_of": COHORT, "dates": "known" if dated else "between waves"}
            for name, dated in zip(followed.names(), following.dated[chosen], strict=True)
        },
        "recommended_past_12m_of_followed_up": _rates(followed, had_recommended),
        **_later(followed),
        "by_answer_on_the_year_before": _by_answer(followed),
        "correlation_with_score": _correlations(followed),
        "attrition": {
            "parameters": asdict(DEFAULT_ATTRITION),
            "expected_share_interviewed": _shares_interviewed(interviewed),
        },
        "response": _response(followed, following.answering[chosen]),
        "invited": _invited(programmes, following.answering),
        "did_recommend_past_12m": _rates(programmes, did_recommend),
        "records": {
            "searched_of_no": SEARCHED_NO,
            "searched_of_yes": SEARCHED_YES,
            "did_of_no": DID_NO,
            "did_of_yes": DID_YES,
        },
    }
    write_json(root / TRUTH, content)


def _by_programme(programmes: Programmes, following: Following) -> pa.Table:
    """Return `truth_table` with the rates within 12 months, and who is followed up how.

    From its rows follow the rates of any set of programmes, such as those with dates.
    """
    table = truth_table(programmes)
    row, _ = programmes.population.nonzero()
    table = table.append_column("followed_up", pa.array(following.chosen[row]))
    table = table.append_column("dated", pa.array((following.chosen & following.dated)[row]))
    for name, churn in (("kappa", True), ("kappa_any", False)):
        cells = programme_cells(programmes, recommends_within(12, churn=churn))
        for score, rate in enumerate(cells.rate.T):
            table = table.append_column(f"{name}_score_{score}", pa.array(rate))
    return table


def _rates(
    programmes: Programmes, law: Law, *, crossed: bool = False
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the rates of both targets, of score 10 in segments, and of other sets in sectors.

    Where asked for, those of programmes like these are crossed by all segments too.
    """
    crossings: list[_Crossing] = [
        (by, SCORE_10, "score_10") for by in (*_SEGMENTS, ("sector", "score"))
    ]
    crossings += [(by, s, name) for name, s in _INTENTS.items() for by in _SEGMENTS[:2]]
    finer: list[_Crossing] = [(_CROSSED, SCORE_10, "score_10")] if crossed else []
    targets = {
        "these_programmes": (programme_cells(programmes, law), crossings),
        "programmes_like_these": (superpopulation_cells(programmes.truth, law), crossings + finer),
    }
    return {
        target: {_title(by, name): _rows(rates_of(cells, scores, by)) for by, scores, name in asked}
        for target, (cells, asked) in targets.items()
    }


def _title(by: tuple[str, ...], intent: str) -> str:
    """Name a table of rates; by score there is no intent set."""
    return ", ".join(by) if "score" in by else ", ".join((intent, *by))


def _later(followed: Programmes) -> dict[str, Any]:
    """Return rates within months after the interview by name of the estimand."""
    later: dict[str, Any] = {}
    for months in _MONTHS:
        for churn, suffix in ((True, ""), (False, "_any")):
            law = recommends_within(months, churn=churn)
            name = f"converted_within_{months}m{suffix}"
            later[name] = _rates(followed, law, crossed=months == _MONTHS[-1])
    later["verified_within_12m"] = _rates(followed, _recorded)
    return later


def _recorded(*given: Any) -> Floats:
    """Return the law of a first recommendation within 12 months that is on record."""
    return DEFAULT_FUTURE.recorded * recommends_within(12, churn=False)(*given)


def _by_answer(followed: Programmes) -> dict[str, list[dict[str, Any]]]:
    """Return κ by score of those who had recommended in the year before, and who had not."""
    laws = [recommends_within(12, past=past) for past in (False, True)]
    truth, by = followed.truth, ("score", "recommended_past_12m")

    def apart(had: Cells, later: list[Cells]) -> list[dict[str, Any]]:
        return _rows(rates_of(apart_by_answer(had, (later[0], later[1])), (), by))

    return {
        "these_programmes": apart(
            programme_cells(followed), [programme_cells(followed, law) for law in laws]
        ),
        "programmes_like_these": apart(
            superpopulation_cells(truth), [superpopulation_cells(truth, law) for law in laws]
        ),
    }


def _correlations(followed: Programmes) -> dict[str, float]:
    """Return how the score goes with recommending before the interview, and after it."""
    laws = {"recommended_past_12m": had_recommended, "converted_within_12m": recommends_within(12)}
    return {
        name: correlation_with_score(superpopulation_cells(followed.truth, law))
        for name, law in laws.items()
    }


def _shares_interviewed(interviewed: Sequence[Interviewed]) -> list[dict[str, Any]]:
    """Return by score how many were expected at each wave, given what had happened by then."""
    score = np.concatenate([part.score for part in interviewed])
    chance = np.concatenate([part.chance for part in interviewed])
    names = [f"at_{wave.months}_months" for wave in WAVES]
    return [
        {"score": int(s), "followed_up": int((score == s).sum())}
        | dict(zip(names, chance[score == s].mean(axis=0).tolist(), strict=True))
        for s in np.unique(score)
    ]


def _response(followed: Programmes, answering: Floats) -> dict[str, Any]:
    """Return who answers, and what all would have said who were invited."""
    cells = invited_cells(followed, answering)
    of = {"invited": cells, "respondents": programme_cells(followed)}
    return {
        "log_odds_a_latent_point": PULL,
        "share_answering": dict(zip(followed.names(), answering.tolist(), strict=True)),
        **{
            name: {
                "score": _rows(rates_of(own, (), ("score",))),
                "score_10": _rows(rates_of(own, SCORE_10, ())),
                "score_10, sector": _rows(rates_of(own, SCORE_10, ("sector",))),
            }
            for name, own in of.items()
        },
    }


def _invited(programmes: Programmes, answering: Floats) -> dict[str, list[dict[str, Any]]]:
    """Return what all who were invited would have said, whether their programme sends that or not.

    At each score those who do not answer are as those who do.
    """
    cells = invited_cells(programmes, answering)
    intents = {"score_10": SCORE_10, **_INTENTS}
    return {
        _title(by, name): _rows(rates_of(cells, scores, by))
        for name, scores in intents.items()
        for by in _SEGMENTS[:2]
    }


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
