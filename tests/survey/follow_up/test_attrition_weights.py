"""Incidence under attrition: by hand, derivatives by differences, and a jackknife that refits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from advocacy.arrays import Floats, Integers
from advocacy.errors import DataError
from advocacy.survey import SurveyDesign
from advocacy.survey.cells.cells import Cells
from advocacy.survey.cells.groups import Groups, rolled_up
from advocacy.survey.follow_up.attrition import ANSWERS, Followed, attrition
from advocacy.survey.follow_up.attrition_weights import lost_patterns, weights_behind
from advocacy.survey.follow_up.incidence import FollowUp, aalen_johansen
from advocacy.survey.follow_up.leaving import Cohort, Leaving, fit_leaving, periods
from advocacy.survey.regression import Covariate
from advocacy.survey.replication import Replication

GAP, LONGEST, END, LAST = 31, 93, 372, 341
WEIGHTED = ANSWERS.index("weighted")


def followed_by(
    time: list[int] | Integers,
    ending: list[int] | Integers,
    *covariates: list[int] | Integers,
    complete: list[bool] | None = None,
) -> Followed:
    """Return a cohort of ratings that are a domain each."""
    columns = np.array(covariates, np.int64).reshape(len(covariates), -1)
    patterns, pattern = np.unique(columns, axis=1, return_inverse=True)
    named = tuple(
        Covariate(f"c{at}", row, tuple(f"level {value}" for value in range(row.max() + 1)))
        for at, row in enumerate(patterns)
    )
    follow_up = FollowUp(np.array(time), np.array(ending))
    present = np.ones(len(follow_up.time), dtype=bool)
    number = pattern.ravel() if covariates else np.zeros(len(present), np.int64)
    cohort = Cohort(follow_up, present, number, named, LAST)
    done = follow_up.time >= END if complete is None else np.array(complete)
    return Followed(cohort, done, END)


def cells_of(weight: Floats, psu: Integers | None = None, stratum: Integers | None = None) -> Cells:
    """Return the cells of ratings that are a domain each."""
    size = len(weight)
    ones, none = np.ones(size), np.zeros(size, np.int64)
    strata = none if stratum is None else stratum
    units = None if psu is None else np.unique(np.stack([strata, psu]), axis=1)[0]
    return Cells(
        domains=pa.table({"rating": np.arange(size)}),
        domain=np.arange(size),
        programme=none,
        supplier=none,
        stratum=strata,
        psu=psu,
        rows=none + 1,
        n=none + 1,
        hits=none,
        w=weight,
        x=0 * ones,
        z=weight,
        xx=0 * ones,
        xz=0 * ones,
        zz=weight**2,
        most=weight,
        ww=weight**2,
        psus=np.bincount(strata if units is None else units),
        fraction=np.zeros(int(strata.max()) + 1),
        stratum_names=tuple(map(str, range(int(strata.max()) + 1))),
        psu_keys=None if psu is None else pa.table({"psu": list(map(str, range(psu.max() + 1)))}),
    )


DESIGN = SurveyDesign(target="as_given")


def model(followed: Followed, weight: Floats) -> Leaving:
    return fit_leaving(weight, followed.cohort, GAP, LONGEST)


def everyone(cells: Cells) -> Groups:
    return rolled_up(cells, [])


def drawn(seed: int, size: int = 160) -> tuple[Followed, Floats, Integers]:
    """Return a cohort with attrition at 0 and at waves, its weights, and a group of each rating."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 3, size), rng.integers(0, 2, size)
    event, churn = rng.geometric(1 / (300 + 200 * first)), rng.geometric(1 / 900, size)
    waves = np.array([0, 90, 185, 400]) + rng.integers(-6, 7, (size, 4)) * [0, 1, 1, 1]
    stays = rng.random((size, 3)) < (0.9 - 0.15 * first - 0.1 * second)[:, None]
    until = waves[np.arange(size), np.cumprod(stays, axis=1).sum(axis=1)]
    time = np.minimum(np.minimum(event, churn), until)
    ending = np.where(until < np.minimum(event, churn), 0, np.where(event <= churn, 1, 2))
    later = time > END
    followed = followed_by(
        np.where(later, END + 1, time), np.where(later, 0, ending), first, second
    )
    return followed, rng.gamma(2.0, 1.0, size), rng.integers(0, 2, size)


def test_by_hand() -> None:
    """Two patterns, one event, one wave at 100: saturated, so that probabilities are shares.

    Pattern A, weights in brackets: left at 0 (2), event at 50 (1), left at 100 (3), followed (4).
    Pattern B: left at 0 (6), event at 120 (2), churned at 130 (1), followed (3).

    Stay beyond 0: A 8 of 10, B 6 of 12. Beyond 100: A 4 of 7 (the event is over), B 6 of 6, a
    level of which nobody leaves in this period; apart by period, since each is a model of its
    own here: leaving at 100 is of A alone.

    At 50: events 1 / (8/10) = 5/4; at risk A 8 / (8/10) = 10, B 6 / (1/2) = 12; hazard 5/88.
    At 120: events 2 / (1/2) = 4; at risk A 4 / (8/10 * 4/7) = 35/4, B 12; hazard 4/(83/4) = 16/83.
    F = 5/88 + 83/88 * 16/83 = 21/88.
    """
    time = [0, 50, 100, 373, 0, 120, 130, 373]
    ending = [0, 1, 0, 0, 0, 1, 2, 0]
    pattern = [0, 0, 0, 0, 1, 1, 1, 1]
    weight = np.array([2, 1, 3, 4, 6, 2, 1, 3], float)
    followed = followed_by(time, ending, pattern)
    leaving = Leaving(
        times=np.array([0, 100]),
        period=np.array([0, 1]),
        before=np.searchsorted([0, 100], followed.cohort.follow_up.time),
        stays=np.array([[8 / 10, 1 / 2], [4 / 7, 1.0]]),
        points=None,
        fitted=None,
        free=np.zeros(0, np.int64),
    )
    cells = cells_of(weight)
    found = attrition(cells, DESIGN, everyone(cells), followed, leaving).estimate
    # Complete: 7 of weight, no event. At random: at 50 1/14; then 2/(2 + 1 + 3 + 4).
    at_random = Fraction(1, 14) + Fraction(13, 14) * Fraction(2, 10)
    # Of 22 in all, 3 recommended, and 2 + 3 + 6 are not known.
    wanted = [0, at_random, Fraction(21, 88), Fraction(3, 22), Fraction(14, 22)]
    np.testing.assert_allclose(found, [float(value) for value in wanted], rtol=1e-14)
    known = weights_behind(cells, everyone(cells), followed.cohort, leaving)
    assert (known.n[0], known.known[0]) == (8, 5)
    # Events at 50 5/4 and at 120 and churn 2; followed 35/16 and 2.
    np.testing.assert_allclose([known.least[0], known.most[0]], [5 / 4, 35 / 16], rtol=1e-14)
    np.testing.assert_allclose(known.mean[0], (5 / 4 + 2 + 2 + 35 / 16 + 2) / 5, rtol=1e-14)
    total = 1 * 5 / 4 + 2 * 2 + 1 * 2 + 4 * 35 / 16 + 3 * 2
    square = (5 / 4) ** 2 + 16 + 4 + (4 * 35 / 16) ** 2 + 36
    np.testing.assert_allclose(known.n_eff[0], total**2 / square, rtol=1e-14)


def test_the_model_of_one_time_is_the_share_that_stays() -> None:
    """Of A stay 8 of 10 by weight, of B 6 of 12, and of C, of whom nobody leaves, all."""
    time, ending = [0, 373, 0, 373, 373], [0, 0, 0, 0, 0]
    weight = np.array([2, 8, 6, 6, 5], float)
    found = model(followed_by(time, ending, [0, 0, 1, 1, 2]), weight)
    np.testing.assert_allclose(found.stays, [[0.8, 0.5, 1.0]], rtol=1e-9)
    assert found.terms == 2


def test_a_level_of_which_nobody_was_followed_up_has_no_chance_to_be() -> None:
    followed = followed_by([0, 373, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1])
    weight = np.array([1.0, 3.0, 2.0, 2.0])
    found = model(followed, weight)
    np.testing.assert_allclose(found.stays, [[0.75, 0.0]], rtol=1e-9)
    lost, ratings, share = lost_patterns(cells_of(weight), followed.cohort)
    assert (lost.tolist(), ratings.tolist(), share) == ([1], [2], 0.5)


def test_a_level_that_follows_from_others_adds_nothing() -> None:
    followed, weight, _ = drawn(3)
    levels = [c.values[followed.cohort.pattern] for c in followed.cohort.covariates]
    ended = followed.cohort.follow_up
    nested = followed_by(ended.time, ended.ending, *levels, levels[0] * 2 + levels[1] // 2)
    both = followed_by(ended.time, ended.ending, levels[0], levels[1], levels[0] > 0)
    plain = model(followed, weight)
    for other in (nested, both):
        again = model(other, weight)
        assert again.terms == plain.terms
        mine = plain.followed[:, followed.cohort.pattern]
        np.testing.assert_allclose(again.followed[:, other.cohort.pattern], mine, rtol=1e-7)


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([], []),
        ([0], [0]),
        # At once; then the first wave, and the second more than a month later.
        ([0, 1, 84, 90, 101, 180, 192], [0, 1, 2, 2, 2, 3, 3]),
        # A month apart to the day is another period; three months are as long as one gets.
        ([5, 35, 66], [0, 0, 1]),
        (list(range(10, 120, 10)), [0] * 10 + [1]),
    ],
)
def test_periods_lie_between_waves(times: list[int], wanted: list[int]) -> None:
    assert periods(np.array(times, np.int64), GAP, LONGEST).tolist() == wanted


def test_with_nobody_leaving_all_answers_are_one() -> None:
    followed = followed_by([10, 20, 373, 373], [1, 2, 0, 0], [0, 1, 0, 1], complete=[True] * 4)
    cells = cells_of(np.array([1.0, 2.0, 3.0, 4.0]))
    found = attrition(cells, DESIGN, everyone(cells), followed, model(followed, cells.z))
    np.testing.assert_allclose(found.estimate, 0.1, rtol=1e-14)
    covariance = found.covariance()
    np.testing.assert_allclose(covariance, covariance[0, 0], rtol=1e-10)


def test_leaving_at_random_is_aalen_and_johansen() -> None:
    followed, weight, group = drawn(5)
    cells = replace(cells_of(weight), domains=pa.table({"group": group}))
    groups = rolled_up(cells, ["group"])
    found = attrition(cells, DESIGN, groups, followed, model(followed, weight)).estimate
    ended, levels = followed.cohort.follow_up, groups.keys.column("group").to_numpy()
    for at, level in enumerate(levels):
        totals, own = np.zeros((END + 2, 3)), group == level
        np.add.at(totals, (ended.time[own], ended.ending[own]), weight[own])
        wanted = aalen_johansen(totals)[END]
        np.testing.assert_allclose(found[at * len(ANSWERS) + 1], wanted, rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_influence_is_the_derivative(seed: int) -> None:
    """Also through the model of leaving, which is fitted again to totals a little changed."""
    followed, weight, group = drawn(seed)
    cells = replace(cells_of(weight), domains=pa.table({"group": group}))
    groups = rolled_up(cells, ["group"])

    def estimates(totals: Floats) -> Floats:
        again = cells_of(totals)
        leaving = model(followed, totals)
        return attrition(again, DESIGN, groups, followed, leaving).estimate

    found = attrition(cells, DESIGN, groups, followed, model(followed, weight)).gradient
    dense = np.zeros((found.size, len(weight)))
    np.add.at(dense, (found.own.quantity, found.own.domain), found.own.z)
    fitted = np.zeros((found.slopes.shape[1], len(weight)))
    np.add.at(fitted, (found.fitted.quantity, found.fitted.domain), found.fitted.z)
    dense += found.slopes @ fitted
    assert np.abs(found.slopes).max() > 0
    for rating in range(0, len(weight), 3):
        step = np.zeros(len(weight))
        step[rating] = 1e-4
        change = (estimates(weight + step) - estimates(weight - step)) / 2e-4
        np.testing.assert_allclose(dense[:, rating], change, atol=2e-8)
    # A scale changes nothing.
    np.testing.assert_allclose(dense @ weight, 0.0, atol=1e-10)


def test_the_standard_error_is_that_of_a_jackknife_that_refits() -> None:
    followed, weight, _ = drawn(11, size=600)
    psu = np.arange(600) // 10
    cells = cells_of(weight, psu)
    cells = replace(cells, psus=np.array([60]))
    groups = everyone(cells)
    leaving = model(followed, weight)
    linear = attrition(cells, DESIGN, groups, followed, leaving)
    jackknife = attrition(
        cells, replace(DESIGN, replication=Replication("jkn")), groups, followed, leaving
    )
    ours, theirs = np.sqrt(linear.variance()), np.sqrt(jackknife.variance())
    np.testing.assert_allclose(ours, theirs, rtol=0.06)
    # With the weights taken as known it is another.
    held = replace(linear, gradient=linear.gradient.own)
    assert np.sqrt(held.variance())[WEIGHTED] > 1.02 * ours[WEIGHTED]


def test_nobody_followed_to_the_end_is_no_rate() -> None:
    followed = followed_by([0, 100, 100, 50, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1])
    cells = replace(cells_of(np.ones(5)), domains=pa.table({"group": [0, 0, 0, 0, 1]}))
    groups = rolled_up(cells, ["group"])
    found = attrition(cells, DESIGN, groups, followed, model(followed, cells.z))
    first, second = found.estimate.reshape(2, -1)
    np.testing.assert_allclose(first, [np.nan, np.nan, np.nan, 1 / 4, 1], rtol=1e-12)
    np.testing.assert_allclose(second, [np.nan, np.nan, np.nan, 0, 1], rtol=1e-12)


def test_levels_that_tell_who_leaves_together_are_refused() -> None:
    # Who leaves is told by the two covariates together, by neither alone.
    followed = followed_by(
        [0, 0, 0, 373, 373, 373], [0] * 6, [0, 0, 1, 1, 0, 1], [0, 1, 0, 1, 1, 0]
    )
    with pytest.raises(DataError, match="no finite coefficient"):
        model(followed, np.ones(6))
