"""What the book can show, and the reasons that it gives for the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from advocacy.estimation.segments import SEGMENTS
from advocacy.study.book.contents import Why
from advocacy.study.protocol import Protocol, read_protocol

ALONE = "the study is of these programmes alone"
NOT_POOLED = "the protocol does not pool programmes"
NO_TRUTH = "the truth behind these data is not known"


@pytest.fixture(scope="module")
def whole(root: Path) -> Protocol:
    return read_protocol(root / "analysis" / "study.toml")


def own(whole: Protocol, *tables: str) -> Protocol:
    """Return a protocol for data of one's own, one programme, with these tables alone."""
    asked = {name: whole.tables[name] for name in tables}
    return replace(
        whole, tables=asked, simulation=None, pooling=None, targets=("these_programmes",)
    )


def levels(**found: int) -> dict[str, int]:
    return dict.fromkeys(SEGMENTS, 0) | {"score": 11, "score_band": 4} | found


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("figures/years.svg", "the data have no year"),
        ("tables/year.md", "the data have no year"),
        ("figures/countries.svg", "the data have one country"),
        ("tables/pairs_country-all.md", "the data have one country"),
        ("tables/curve_tests.md", "the protocol does not ask for tests of curves of all ratings "
                                  "together"),
        ("figures/standardisation.svg", "the protocol does not ask for differences at a common "
                                        "mix by sector"),
        ("figures/near_truth.svg", NO_TRUTH),
        ("tables/truth-sector.md", NO_TRUTH),
        ("tables/truth-these_programmes-sector.md", NO_TRUTH),
        ("figures/targets.svg", ALONE),
        ("figures/expect.svg", NOT_POOLED),
        ("tables/pooled-notice.md", NOT_POOLED),
        ("tables/further.md", "the protocol does not ask for more"),
        ("these_programmes:overall:interval", ALONE),
        ("sector:B2B:rate", "some rates by sector are withheld, or there is too little for them"),
        ("year:2025:rate", "the data have no year"),
        ("lift:detractors:ratio", "the protocol does not ask for lifts of all ratings together"),
        ("next:answers", NOT_POOLED),
        ("pooled:B2B,C,NO:rate", NOT_POOLED),
    ],
)  # fmt: skip
def test_a_reason_is_given(whole: Protocol, name: str, reason: str) -> None:
    study = own(whole, "overall", "score", "sector")
    why = Why(study, levels(sector=2, country=1), {})
    assert why.no(name) == reason


@pytest.mark.parametrize(
    "name",
    ["no:such:number", "figures/mistyped.svg", "tables/mistyped.md", "ovrall:rate", "data:rows"],
)
def test_of_what_means_nothing_no_reason_is_given_so_that_the_build_fails(
    whole: Protocol, name: str
) -> None:
    assert Why(own(whole, "overall"), levels(), {}).no(name) is None
    assert Why(whole, levels(), {}).no(name) is None


@pytest.mark.parametrize("name", ["figures/score_curve.svg", "tables/overall.md"])
def test_of_what_is_there_no_reason_is_given(whole: Protocol, name: str) -> None:
    study = own(whole, "overall", "score", "sector")
    assert Why(study, levels(sector=2), {}).no(name) is None


def test_what_is_withheld_is_so_in_all_that_rests_on_it_alone(whole: Protocol) -> None:
    study = own(whole, "overall", "score", "sector", "sector_score")
    why = Why(study, levels(sector=2), {"sector": "W", "sector_score": "W"})
    assert why.no("tables/sector.md") == "W"
    assert why.no("sector:B2B:rate") == "W"
    assert why.no("figures/score_curve.svg") is None  # it has the scores of all
    why = Why(study, levels(sector=2), {"score": "W", "sector_score": "W"})
    assert why.no("figures/score_curve.svg") == "W"


def test_a_fit_that_is_not_published_is_the_reason(whole: Protocol) -> None:
    empty = dict.fromkeys(("rates", "next", "next-answers", "variance", "checks"), "F")
    why = Why(whole, levels(sector=2), empty)
    for name in ("figures/expect.svg", "tables/pooled-checks.md", "pooled:B2B,C,NO:rate"):
        assert why.no(name) == "F"
    assert why.no("tables/pooled-notice.md") is None
