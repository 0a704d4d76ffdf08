"""Bounds against every finite population, and models against truths worked by hand."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from advocacy.errors import UsageError
from advocacy.robustness.frame import proxy_mixture, reweighted
from advocacy.robustness.nonresponse import (
    KINDS,
    bounds,
    nonresponse,
    odds_ratio_at,
    response_rate_at,
    selected,
)
from tests.robustness.answers import opened

# In the intent set 30 yes, 20 no and 5 without an answer, 35 outside, and 10 without a score.
MASSES = np.array([30.0, 20.0, 5.0, 35.0, 4.0, 3.0, 3.0])


def columns(masses: np.ndarray) -> dict[str, list[object]]:
    said = {"yes": True, "no": False, "?": None}
    rows = [
        (10 if kind.startswith("in") else 5 if kind == "out" else None,
         said[kind.rpartition(":")[2]] if ":" in kind else True)
        for kind, number in zip(KINDS, masses, strict=True)
        for _ in range(int(number))
    ]  # fmt: skip
    return {"score": [s for s, _ in rows], "recommended_past_12m": [y for _, y in rows]}


def test_bounds_by_hand() -> None:
    # At 40 % 150 are silent for 100 who answered.
    low, high = bounds(MASSES, 1.5)
    assert low == pytest.approx(30 / (30 + 20 + 5 + 3 + 3 + 150))
    assert high == pytest.approx((30 + 5 + 4 + 3 + 150) / (30 + 20 + 5 + 4 + 3 + 150))


def test_with_all_items_answered_they_are_those_of_the_methods() -> None:
    masses, rr = np.array([30.0, 20.0, 0, 50.0, 0, 0, 0]), 0.25
    a, b = 0.3, 0.5
    by_hand = [rr * a / (rr * b + 1 - rr), (rr * a + 1 - rr) / (rr * b + 1 - rr)]
    assert bounds(masses, (1 - rr) / rr) == pytest.approx(by_hand)


def test_bounds_always_contain_the_truth_of_a_finite_population() -> None:
    rng = np.random.default_rng(18)
    for _ in range(2000):
        n = rng.integers(2, 60)
        score_in, yes, answers, no_score, no_answer = (
            rng.random(n) < rng.random() for _ in range(5)
        )
        if not score_in.any() or not answers.any():
            continue
        truth = yes[score_in].mean()
        own = answers
        masses = np.array(
            [
                (own & ~no_score & score_in & ~no_answer & yes).sum(),
                (own & ~no_score & score_in & ~no_answer & ~yes).sum(),
                (own & ~no_score & score_in & no_answer).sum(),
                (own & ~no_score & ~score_in).sum(),
                (own & no_score & ~no_answer & yes).sum(),
                (own & no_score & ~no_answer & ~yes).sum(),
                (own & no_score & no_answer).sum(),
            ],
            dtype=float,
        )
        with np.errstate(invalid="ignore"):
            low, high = bounds(masses, (~answers).sum() / answers.sum())
        assert not truth < low - 1e-12
        assert not truth > high + 1e-12


def test_bounds_are_attained() -> None:
    """All who are missing in the set and yes, or so that they weigh most against it."""
    yes, no, unsaid, _, other_yes, other_no, nothing = MASSES
    low, high = bounds(MASSES, 1.0)
    assert low == pytest.approx(yes / (yes + no + unsaid + other_no + nothing + 100))
    top = yes + unsaid + other_yes + nothing + 100
    assert high == pytest.approx(top / (top + no))


@pytest.mark.parametrize("line", [0.4, 0.45, 0.49])
def test_at_the_tipping_response_rate_the_bound_is_on_the_line(line: float) -> None:
    rate = response_rate_at(MASSES, line, "above")
    assert bounds(MASSES, (1 - rate) / rate)[0] == pytest.approx(line)
    rate = response_rate_at(MASSES, 1 - line / 2, "below")
    assert bounds(MASSES, (1 - rate) / rate)[1] == pytest.approx(1 - line / 2)


def test_no_response_rate_saves_a_statement_that_items_alone_may_break() -> None:
    assert np.isnan(response_rate_at(MASSES, 0.55, "above"))


def test_selection_by_hand() -> None:
    # Odds 1.5 of respondents, 0.75 of the silent: 3 / 7 of them; at 25 % three silent for each.
    rate = selected(MASSES, 3.0, 0.5, None)[0]
    assert rate == pytest.approx(0.25 * 0.6 + 0.75 * 3 / 7)
    at = odds_ratio_at(MASSES, 3.0, None, 0.5)
    assert selected(MASSES, 3.0, at, None)[0] == pytest.approx(0.5)
    # 0.5 = 0.15 + 0.75 q: odds 7 / 8 of the silent.
    assert at == pytest.approx(7 / 8 / 1.5)
    assert np.isnan(odds_ratio_at(MASSES, 0.1, None, 0.5))


def test_weights_by_programme_are_those_of_the_invited() -> None:
    # 10 of 20 in A, 10 of 80 in B: rates 0.8 and 0.2 by weights 20 and 80.
    found = reweighted(np.array([8.0, 2.0, 10.0, 10.0]), np.array([2.0, 8.0]))
    assert found[0] == pytest.approx(0.2 * 0.8 + 0.8 * 0.2)


def test_the_proxy_mixture_by_hand() -> None:
    # Three programmes; as Andridge and Little write it, from weighted moments.
    yes, every, invited = np.array([30.0, 50, 80]), np.full(3, 100.0), np.array([2.5, 2.0, 2.2])
    x = norm.ppf((yes + 0.5) / (every + 1))
    silent = every * (invited - 1)
    mean0, mean1 = x.mean(), np.average(x, weights=silent)
    s0, s1 = x.var(), np.average((x - mean1) ** 2, weights=silent)
    p = yes.sum() / every.sum()
    rho = np.mean((x - mean0) * (yes / every - p)) / np.sqrt(s0) / norm.pdf(norm.ppf(p))
    share = silent.sum() / (every * invited).sum()
    for phi, slope in ((0, rho), (0.5, 1.0), (1, 1 / rho)):
        mu = norm.ppf(p) + slope * (mean1 - mean0) / np.sqrt(s0)
        sigma = np.sqrt(1 + slope**2 * (s1 - s0) / s0)
        by_hand = (1 - share) * p + share * norm.cdf(mu / sigma)
        found = proxy_mixture(np.concatenate([yes, every]), invited, phi, 0.5)
        assert found[0] == pytest.approx(by_hand)


def test_rows_of_a_file_without_contacts(tmp_path: Path) -> None:
    found = nonresponse(opened(tmp_path, columns(MASSES)), response_rates=[0.4])
    rows = {row["assumption"]: row for row in found.table.to_pylist()}
    assert rows["reported"]["estimate"] == pytest.approx(0.6)
    assert rows["item_bounds"]["low"] == pytest.approx(30 / 61)
    assert rows["item_bounds"]["high"] == pytest.approx(42 / 62)
    assert rows["bounds_stated"]["low"] == pytest.approx(bounds(MASSES, 1.5)[0])
    assert rows["bounds_stated"]["conf_low"] < rows["bounds_stated"]["low"]
    assert rows["bounds_stated"]["verdict"] == "open"
    assert [note.key for note in found.notes] == ["robustness.no_contacts"]


@pytest.mark.parametrize("said", [True, False])
def test_bounds_have_intervals_where_all_said_the_same(said: bool, tmp_path: Path) -> None:
    """Of n who all say the same, Clopper and Pearson's limit is the n-th root of 0.025."""
    alike = {"score": [10] * 60, "recommended_past_12m": [said] * 60}
    found = nonresponse(opened(tmp_path, alike), response_rates=[0.4]).table.to_pylist()
    rows = {row["assumption"]: row for row in found}
    limit = 0.025 ** (1 / 60)
    ends = (0.4 * limit, 1.0) if said else (0.0, 1 - 0.4 * limit)
    row = rows["bounds_stated"]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(ends)
    items = (limit, 1.0) if said else (0.0, 1 - limit)
    row = rows["item_bounds"]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(items)


def test_rates_that_are_none_are_refused(tmp_path: Path) -> None:
    responses = opened(tmp_path, columns(MASSES))
    with pytest.raises(UsageError, match="no share of those who were invited"):
        nonresponse(responses, response_rates=[40])
    with pytest.raises(UsageError, match="in an intent set"):
        nonresponse(responses, by=["score"])


@pytest.mark.slow
def test_intervals_of_bounds_cover_the_truth_at_either_end(tmp_path: Path) -> None:
    """The truth is a bound: nobody, or everybody, of the silent is in the set and said yes."""
    rng, covered, runs = np.random.default_rng(18), np.zeros(2), 200
    shares = MASSES / MASSES.sum()
    ends = bounds(shares, 1.5)
    for _ in range(runs):
        drawn = rng.multinomial(1000, shares)
        table = nonresponse(opened(tmp_path, columns(drawn)), response_rates=[0.4]).table
        row = next(r for r in table.to_pylist() if r["assumption"] == "bounds_stated")
        covered += (row["conf_low"] <= ends) & (ends <= row["conf_high"])
    # 200 runs of a coverage of 0.95 stray below 0.91 once in 200 times.
    assert (covered / runs >= 0.91).all()
