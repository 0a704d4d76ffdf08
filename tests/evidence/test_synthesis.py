"""Random effects of published shares against metafor, against hand computation, and refusals."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import advocacy
from advocacy.errors import DataError, UsageError
from advocacy.evidence.published import read_published
from advocacy.evidence.synthesis import logits, random_effects, synthesise
from tests.conftest import REFERENCE
from tests.evidence.rows import written
from tests.reference.against_r import expected, same

FIGURES = pd.read_csv(REFERENCE / "input" / "synthesis_figures.csv")
CASES = expected("synthesis").set_index("case")


@pytest.mark.parametrize("case", CASES.index)
def test_random_effects_are_those_of_metafor(case: str) -> None:
    own = FIGURES[FIGURES.case == case]
    n = own.n.to_numpy(float)
    found = random_effects(*logits(n * own.percent.to_numpy() / 100, n))
    numbers = [found.mean, found.std_error, found.tau2, found.i2, found.q]
    limits = [*found.interval(0.95), *found.prediction(0.95)]
    wanted = CASES.loc[case]
    names = ["mean", "std_error", "tau2", "i2", "q", "ci_low", "ci_high", "pi_low", "pi_high"]
    same([*numbers, *limits], wanted[names], rtol=1e-8)


@pytest.mark.parametrize("case", ["three", "many", "small"])
def test_a_table_is_pooled_as_metafor_pools_it(case: str, tmp_path: Path) -> None:
    own = FIGURES[FIGURES.case == case]
    rows = [
        {"id": f"f{i}", "low": p, "high": p, "n": n, "include": "pool"}
        for i, (n, p) in enumerate(zip(own.n, own.percent, strict=True))
    ]
    result = synthesise(read_published(written(tmp_path, *rows)), "acted_given_intended")
    (row,) = result.table.to_pylist()
    wanted = CASES.loc[case]
    back = [1 / (1 + math.exp(-wanted[name])) for name in ("mean", "ci_low", "ci_high")]
    same([row["estimate"], row["conf_low"], row["conf_high"]], back, rtol=1e-8)
    same([row["q_p"], row["logit_std_error"]], wanted[["q_p", "std_error"]], rtol=1e-8)
    assert (row["figures"], row["n"], row["source_kind"]) == (len(own), own.n.sum(), "published")


def test_two_figures_by_hand() -> None:
    # Equal variances v: tau2 is half the squared difference less v; the mean is in the middle.
    found = random_effects(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
    assert found.mean == pytest.approx(1.0)
    assert found.tau2 == pytest.approx(2.0 - 0.5)
    assert found.std_error == pytest.approx(1.0)  # (2 / 2) ** 0.5
    assert found.q == pytest.approx(4.0)  # 2 * 1 / 0.5
    assert found.interval(0.95)[1] == pytest.approx(1 + 12.706204736432095)


def test_three_figures_by_hand() -> None:
    # Equal variances v: tau2 is their variance less v, 4 - 1; the standard error (4 / 3) ** 0.5.
    found = random_effects(np.array([-2.0, 0.0, 2.0]), np.ones(3))
    assert found.tau2 == pytest.approx(3.0)
    assert found.std_error == pytest.approx((4 / 3) ** 0.5)
    assert found.i2 == pytest.approx(0.75)
    reach = 4.302652729911275 * (4 / 3 + 3) ** 0.5
    assert found.prediction(0.95) == pytest.approx((-reach, reach))


def test_figures_that_agree_have_no_narrower_interval_than_their_own_variances_give() -> None:
    found = random_effects(np.zeros(4), np.full(4, 0.04))
    assert found.tau2 == 0
    assert found.std_error == pytest.approx(0.1)  # not 0, as Hartung and Knapp's alone would be


def test_the_highest_top_is_found_whatever_the_figures() -> None:
    generator = np.random.default_rng(7)
    for _ in range(30):
        k = int(generator.integers(2, 9))
        v = generator.uniform(0.001, 2, k)
        y = generator.normal(0, generator.choice([0.0, 0.3, 3.0]), k)
        tau2 = random_effects(y, v).tau2

        def likelihood(t2: float, y: np.ndarray = y, v: np.ndarray = v) -> float:
            # Written out by hand: log of the density of y without its mean.
            cov = np.diag(v + t2)
            inverse = np.linalg.inv(cov)
            ones = np.ones(len(y))
            info = ones @ inverse @ ones
            rest = y - (ones @ inverse @ y) / info
            return float(-0.5 * (np.linalg.slogdet(cov)[1] + np.log(info) + rest @ inverse @ rest))

        others = [likelihood(t2) for t2 in np.linspace(0, 40, 4001)]
        assert likelihood(tau2) >= max(others) - 1e-9


def test_fewer_than_three_figures_are_refused_in_words(tmp_path: Path) -> None:
    rows = [{"id": f"f{i}", "n": 500, "include": "pool"} for i in range(2)]
    with pytest.raises(DataError, match="2 published figures may be pooled.*3 or more"):
        synthesise(read_published(written(tmp_path, *rows)), "acted_given_intended")


def test_different_quantities_are_never_pooled(tmp_path: Path) -> None:
    rows = [{"id": f"f{i}", "n": 500, "include": "pool"} for i in range(2)]
    rows.append({"id": "other", "n": 500, "include": "pool", "quantity": "acted"})
    figures = read_published(written(tmp_path, *rows))
    with pytest.raises(DataError, match="2 published figures"):
        synthesise(figures, "acted_given_intended")
    with pytest.raises(UsageError, match="nothing in common"):
        synthesise(figures, "other")
    with pytest.raises(UsageError, match="no quantity"):
        synthesise(figures, "rate")
    with pytest.raises(UsageError, match="level"):
        synthesise(figures, "acted", conf_level=1.0)


def test_figures_that_are_drawn_alone_are_not_pooled(tmp_path: Path) -> None:
    rows = [{"id": f"f{i}", "n": 500, "include": "pool"} for i in range(3)]
    alone = synthesise(read_published(written(tmp_path, *rows)), "acted_given_intended")
    drawn = {"id": "drawn", "low": 99, "high": 99, "n": 9000}
    more = synthesise(read_published(written(tmp_path, *rows, drawn)), "acted_given_intended")
    assert more.table.equals(alone.table)


def test_it_is_public() -> None:
    assert advocacy.synthesise is synthesise
    assert advocacy.read_published is read_published
