"""Every engine gives the cells of the default engine, whose estimates are R's.

That DuckDB's are right is shown elsewhere, against R `survey`; here the others are held to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.conftest import REFERENCE

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.estimation.estimands import ESTIMANDS, find_intent
from advocacy.estimation.regression import regress
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.survey import DuckDB, SurveyDesign, survey_design
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.grouped_pass import grouped_pass
from advocacy.survey.engines import Engine
from advocacy.survey.margins import read_margins
from advocacy.survey.replication import Replication, read_replication

RTOL, ATOL = 1e-12, 1e-12

Opener = Callable[[str], tuple[Responses, Engine]]
Wanted = Callable[[str], Responses]


@dataclass(frozen=True)
class Case:
    """A dataset and what its design is described with."""

    name: str
    data: str
    options: dict[str, Any] = field(default_factory=dict)
    margins: str = ""

    def design(self, responses: Responses) -> SurveyDesign:
        margins = (
            read_margins(REFERENCE / "input" / f"{self.margins}.csv", SEGMENTS)
            if self.margins
            else None
        )
        return survey_design(responses, **self.options, margins=margins)


BOOTSTRAP, JKN = Replication("bootstrap", number=20), Replication("jkn")
INVENTED = Case("invented", "invented", {"target": "these_programmes", "nest": True})
CASES = [
    Case("ratings", "srs"),
    Case("weights", "weighted"),
    Case("strata", "stratified"),
    Case("psus", "clustered"),
    Case("strata and psus", "stratified_clustered"),
    Case("lonely psus", "lonely", {"lonely_psu": "adjust"}),
    Case("gaps", "missing_behaviour"),
    Case("programmes", "programmes", {"target": "programmes_like_these"}),
    Case("within programmes", "programmes",
         {"target": "these_programmes", "weight_scaling": "equal_programme"}),
    Case("fpc of ratings", "fpc_stratified"),
    Case("fpc", "fpc_stratified_clustered"),
    Case("codes that start again", "fpc_nested_codes", {"nest": True}),
    Case("two stages", "two_stage"),
    Case("two stages of ratings", "two_stage_ratings"),
    Case("raked", "mix_stratified_clustered", margins="margins_three"),
    Case("raked ratings", "stratified", margins="margins_two"),
    Case("bootstrap", "stratified_clustered", {"replication": BOOTSTRAP}),
    Case("jackknife", "clustered", {"replication": JKN}),
    Case("replicate weights", "replicates_brr", {"replication": read_replication("given:BRR")}),
    Case("raked replicate weights", "replicates_jk1",
         {"replication": read_replication("given:JK1")}, "margins_two"),
    # Texts in an order of their own, two sources, excluded ratings, gaps everywhere.
    INVENTED,
    Case("invented programmes", "invented", {"target": "programmes_like_these"}),
    Case("invented, raked", "invented", INVENTED.options, "margins_one"),
]  # fmt: skip


def cells(
    opened: tuple[Responses, Engine], case: Case, estimand: str, by: tuple[str, ...]
) -> Cells:
    responses, engine = opened
    by_score = any(SEGMENTS[name].replaces_intent for name in by)
    intent = "(score IS NOT NULL)" if by_score else find_intent("score_10").condition()
    ratio = ESTIMANDS[estimand].ratio(intent)
    domains = [SEGMENTS[name].domain for name in by]
    return grouped_pass(responses, case.design(responses), ratio, domains, engine)


def same(found: Any, wanted: Any, path: str = "") -> None:
    """Compare all that a result holds: numbers to 1e-12, everything else exactly."""
    if is_dataclass(wanted):
        assert type(found) is type(wanted), path
        for each in fields(wanted):
            same(getattr(found, each.name), getattr(wanted, each.name), f"{path}.{each.name}")
    elif isinstance(wanted, np.ndarray) and wanted.dtype.kind == "f":
        np.testing.assert_allclose(found, wanted, RTOL, ATOL, err_msg=path)
    elif isinstance(wanted, np.ndarray):
        np.testing.assert_array_equal(found, wanted, err_msg=path)
    elif isinstance(wanted, pa.Table):
        assert found.to_pylist() == wanted.to_pylist(), path
    else:
        assert found == wanted, path


def same_table(found: Estimates, wanted: Estimates) -> None:
    assert found.table.schema == wanted.table.schema
    for name in wanted.table.column_names:
        ours, theirs = (result.table.column(name) for result in (found, wanted))
        if pa.types.is_floating(theirs.type):
            np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), RTOL, ATOL, err_msg=name)
        else:
            assert ours.to_pylist() == theirs.to_pylist(), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_designs(case: Case, opened: Opener, wanted: Wanted) -> None:
    by = ("sector", "country")
    found = cells(opened(case.data), case, "recommended_past_12m", by)
    same(found, cells((wanted(case.data), DuckDB(threads=1)), case, "recommended_past_12m", by))


def pairs() -> list[tuple[str, str]]:
    """Return each estimand and each segment at least once, in pairs that have a meaning."""
    plain = [name for name, segment in SEGMENTS.items() if not segment.replaces_intent]
    rates = [name for name, estimand in ESTIMANDS.items() if estimand.conditional]
    found = [(name, plain[i % len(plain)]) for i, name in enumerate(ESTIMANDS)]
    of_scores = [name for name, segment in SEGMENTS.items() if segment.replaces_intent]
    return [*found, *((rates[i % len(rates)], name) for i, name in enumerate(of_scores))]


def test_the_pairs_have_every_estimand_and_segment() -> None:
    assert {estimand for estimand, _ in pairs()} == set(ESTIMANDS)
    assert {segment for _, segment in pairs()} == set(SEGMENTS)


@pytest.mark.parametrize(("estimand", "segment"), pairs())
def test_estimands_and_segments(
    estimand: str, segment: str, opened: Opener, wanted: Wanted
) -> None:
    found = cells(opened("invented"), INVENTED, estimand, (segment,))
    same(found, cells((wanted("invented"), DuckDB(threads=1)), INVENTED, estimand, (segment,)))
    assert found.hits.sum() > 0


ESTIMATED: dict[str, Callable[..., Estimates]] = {
    "estimate": lambda responses, **more: estimate(responses, by=["sector"], **more),
    "lift": lambda responses, **more: lift(responses, by=["sector"], **more),
    "compare": lambda responses, **more: compare(responses, between="country", **more),
    "curve": lambda responses, **more: curve(responses, fits=["direct", "isotonic"], **more),
    "curve_tests": lambda responses, **more: curve_tests(responses, **more),
    "regress on sums": lambda responses, **more: regress(responses, on=["sector"], **more),
    "regress on ratings": lambda responses, **more: regress(
        responses, on=["score", "sector", "country"], **more
    ),
}


@pytest.mark.parametrize("function", ESTIMATED)
def test_estimates(function: str, opened: Opener, wanted: Wanted) -> None:
    name = "fpc_stratified_clustered"
    responses, engine = opened(name)
    found = ESTIMATED[function](responses, engine=engine)
    same_table(found, ESTIMATED[function](wanted(name), engine=DuckDB(threads=1)))
    assert found.table.num_rows > 0


def test_what_is_asked_of_the_responses_themselves(opened: Opener, wanted: Wanted) -> None:
    responses, _ = opened("invented")
    ours = wanted("invented")
    assert set(responses.columns) == set(ours.columns)
    assert (responses.programmes, responses.source_kind) == (ours.programmes, "simulated")
    assert responses.has("touchpoint")
    assert not responses.has("psu_kind")
