"""The joint test: exact on a small case by hand, and right under its null."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from advocacy import open_responses
from advocacy.errors import DataError, UsageError
from advocacy.robustness.multiverse.choices import Choices, Multiverse
from advocacy.robustness.multiverse.permutation import multiverse_test

HEADER = "score,recommended_past_12m,programme,sector,source_kind"
TWO = Multiverse(Choices(intent=("score_10", "promoters")))


def written(path: Path, counts: list[tuple[str, int, int]]) -> Path:
    """Write programmes: their sector, the yeses and the noes of score 10; as many noes of 9."""
    lines = [HEADER]
    for number, (sector, yes, no) in enumerate(counts):
        for score, answer, times in ((10, "true", yes), (10, "false", no), (9, "false", no)):
            lines += [f"{score},{answer},P{number},{sector},collected"] * times
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("estimator", ["pooled", "mean_of_programmes"])
def test_the_p_value_is_that_of_all_deals(estimator: str, tmp_path: Path) -> None:
    """8 programmes in two levels of 4 have 70 deals: all are gone through by hand."""
    yes, no = [9, 7, 8, 6, 4, 5, 3, 2], [1, 4, 2, 3, 6, 7, 6, 9]
    sectors = ["B2B"] * 4 + ["B2C"] * 4
    path = written(tmp_path / "r.csv", list(zip(sectors, yes, no, strict=True)))
    asked = replace(TWO, choices=replace(TWO.choices, estimator=(estimator,)))
    found = multiverse_test(open_responses(path), asked, permutations=4999, seed=3)
    median, same = found.table.to_pylist()

    def statistic(first: tuple[int, ...]) -> float:
        def rate(of: list[int], noes: int) -> float:
            if estimator == "mean_of_programmes":
                return float(np.mean([yes[i] / (yes[i] + noes * no[i]) for i in of]))
            y, n = sum(yes[i] for i in of), sum(no[i] for i in of)
            return y / (y + noes * n)

        other = [i for i in range(8) if i not in first]
        return float(np.median([rate(list(first), k) - rate(other, k) for k in (1, 2)]))

    every = np.array([abs(statistic(deal)) for deal in combinations(range(8), 4)])
    exact = float(np.mean(every >= abs(statistic((0, 1, 2, 3))) - 1e-12))
    assert median["estimate"] == pytest.approx(statistic((0, 1, 2, 3)), rel=1e-12)
    assert median["p_value"] == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 4999) ** 0.5)
    assert median["reference"] == "B2B − B2C"
    assert same["estimate"] == 1.0
    assert median["n_programmes"] == 8


@pytest.mark.slow
def test_under_the_null_p_values_are_even(tmp_path: Path) -> None:
    """Of 200 studies in which the level means nothing, about 1 in 10 has p below 0.1."""
    rng = random.Random(9)
    found = []
    for _ in range(200):
        counts = [
            ("B2B" if i < 5 else "B2C", rng.randrange(2, 15), rng.randrange(1, 16))
            for i in range(10)
        ]
        responses = open_responses(written(tmp_path / "null.csv", counts))
        seed = rng.randrange(2**32)
        table = multiverse_test(responses, TWO, permutations=99, seed=seed).table
        found.append(table.column("p_value")[0].as_py())
    share = float(np.mean(np.array(found) <= 0.1))
    assert 0.04 <= share <= 0.165  # 0.1, three standard errors of 0.021 aside


def test_programmes_in_two_levels_cannot_be_dealt_out(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    rows = [f"10,true,P{i % 3},{'B2B' if i % 2 else 'B2C'},collected" for i in range(30)]
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    with pytest.raises(DataError, match="3 programmes have ratings of both B2B and B2C"):
        multiverse_test(open_responses(path))


def test_a_segment_has_two_levels(tmp_path: Path) -> None:
    path = written(tmp_path / "one.csv", [("B2B", 3, 4)] * 6)
    with pytest.raises(UsageError, match="sector has 1 levels here: B2B"):
        multiverse_test(open_responses(path))


def test_too_few_programmes_or_deals(tmp_path: Path) -> None:
    path = written(tmp_path / "few.csv", [("B2B", 3, 4)] * 6 + [("B2C", 3, 4)] * 2)
    with pytest.raises(DataError, match="A level of sector has 2 programmes"):
        multiverse_test(open_responses(path))
    with pytest.raises(UsageError, match="10 deals cannot give"):
        multiverse_test(open_responses(path), permutations=10)
