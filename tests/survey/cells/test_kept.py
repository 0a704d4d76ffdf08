"""Estimates from kept cells are those that a pass for each table gives, from fewer passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests
from advocacy.responses import Responses, open_responses
from advocacy.survey import DuckDB, survey_design
from advocacy.survey.cells.kept import KeptCells

Call = tuple[Callable[..., Estimates], dict[str, Any]]

# The finest first, as the study asks for them; each with the passes that are run until it is made.
CALLS: list[tuple[Call, int]] = [
    ((estimate, {"by": ("sector", "country", "wave")}), 1),
    ((estimate, {"by": ("sector", "score")}), 2),
    ((standardise, {"between": "sector", "mix": ("country",)}), 2),
    ((estimate, {"by": ("country", "sector")}), 2),
    ((curve, {"by": ("sector",)}), 2),
    ((curve_tests, {"by": ("sector",)}), 2),
    ((estimate, {"by": ("score",)}), 2),
    # Its bootstrap draws units by the numbers that its own pass gives them.
    ((curve, {"by": ()}), 3),
    ((estimate, {"by": ("wave",)}), 3),
    ((compare, {"between": "country"}), 3),
    ((equivalence, {"by": ("country",), "margin": 0.05}), 3),
    ((lift, {"by": ("sector",)}), 4),
    ((lift, {"by": ()}), 4),
    ((estimate, {"by": ()}), 4),
    ((estimate, {"by": (), "intent": "promoters"}), 5),
    ((estimate, {"by": (), "estimand": "recommender_share"}), 6),
]


class Counting:
    """An engine that counts its passes."""

    def __init__(self) -> None:
        self.passes = 0

    def run(self, sql: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        self.passes += 1
        return DuckDB(threads=1).run(sql, tables)


@pytest.fixture
def answers(tmp_path: Path) -> Responses:
    rng = np.random.default_rng(20260115)
    lines = ["score,recommended_past_12m,sector,country,wave,weight,programme,psu"]
    for row in range(1500):
        psu = rng.integers(40)
        score = rng.choice([10, 10, 10, 9, 9, 8, 7, 5, 3])
        told = int(rng.random() < 0.1 + 0.05 * score)
        sector, country = rng.choice(["B2B", "B2C"]), rng.choice(["NO", "SE", "DK"])
        answer = "" if row % 13 == 0 else told
        wave = "" if row % 17 == 0 else rng.choice(["2024", "2025"])
        weight = round(rng.lognormal(0, 0.5), 3)
        lines.append(f"{score},{answer},{sector},{country},{wave},{weight},{psu // 5},{psu}")
    (tmp_path / "answers.csv").write_text("\n".join(lines) + "\n")
    return open_responses(tmp_path / "answers.csv")


@pytest.mark.parametrize("target", ["programmes_like_these", "these_programmes"])
def test_every_estimator_gives_the_same_from_fewer_passes(answers: Responses, target: str) -> None:
    design, counting = survey_design(answers, target), Counting()
    kept = KeptCells(counting)
    for (estimator, options), passes in CALLS:
        found = estimator(answers, **options, design=design, engine=kept)
        alone = estimator(answers, **options, design=design, engine=DuckDB(threads=1))
        assert_same(found.table, alone.table)
        assert counting.passes == passes, (estimator.__name__, options)


def test_another_design_or_other_responses_have_a_pass_of_their_own(answers: Responses) -> None:
    counting = Counting()
    kept = KeptCells(counting)
    for target in ("programmes_like_these", "these_programmes"):
        for scaling in ("respondents", "equal_programme"):
            design = survey_design(answers, target, weight_scaling=scaling)
            found = estimate(answers, by=["sector"], design=design, engine=kept)
            alone = estimate(answers, by=["sector"], design=design)
            assert_same(found.table, alone.table)
    assert counting.passes == 4
    again = open_responses(answers.name)
    estimate(again, by=["sector"], design=survey_design(again, target), engine=kept)
    assert counting.passes == 5


def assert_same(found: pa.Table, alone: pa.Table) -> None:
    assert found.schema == alone.schema
    for name in alone.column_names:
        one, other = (table.column(name) for table in (found, alone))
        if pa.types.is_floating(one.type):
            np.testing.assert_allclose(
                one.to_numpy(), other.to_numpy(), rtol=1e-12, atol=1e-14, err_msg=name
            )
        else:
            assert one.equals(other), name
