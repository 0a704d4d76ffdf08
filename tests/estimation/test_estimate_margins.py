"""Margins from the cells of one pass are those that a pass by each alone gives."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advocacy.estimation import Estimates, estimate, estimate_margins
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses, open_responses
from advocacy.survey import DuckDB, SurveyDesign, survey_design
from advocacy.survey.margins import read_margins
from advocacy.survey.replication import read_replication

EXACT = 1e-12
BY = ("score_band", "sector", "wave")
ALL = ",".join(map(str, range(11)))


def ratings(rows: int = 900) -> pd.DataFrame:
    """Return ratings of 30 PSUs in 5 strata and 6 programmes, some without a value."""
    rng = np.random.default_rng(20260115)
    psu = rng.integers(30, size=rows)
    frame = pd.DataFrame(
        {
            "score": rng.choice([10, 9, 8, 3], rows, p=[0.5, 0.2, 0.2, 0.1]).astype(float),
            "recommended_past_12m": (rng.random(rows) < 0.2 + 0.1 * (psu % 7)).astype(float),
            "sector": rng.choice(["B2B", "B2C"], rows),
            "country": rng.choice(["NO", "SE", "DK"], rows),
            "wave": rng.choice(["2024", "2025"], rows),
            "weight": rng.lognormal(0, 0.7, rows),
            "programme": [f"programme {c // 5}" for c in psu],
            "supplier": rng.choice(["x", "y", "z"], rows),
            "psu": [f"p{c}" for c in psu],
            "stratum": [f"s{c % 5}" for c in psu],
            "fpc": 20.0,
            "ssu": rng.integers(4, size=rows).astype(str),
            "fpc_ssu": 9.0,
        }
    )
    for name in ("score", "recommended_past_12m", "sector", "wave"):
        frame.loc[rng.random(rows) < 0.08, name] = None
    for name in ("repweight_1", "repweight_2", "repweight_3"):
        frame[name] = frame["weight"] * rng.choice([0.0, 2.0], rows)
    return frame


DESIGN = ["weight", "stratum", "psu", "fpc", "ssu", "fpc_ssu"]
REPLICATES = ["repweight_1", "repweight_2", "repweight_3"]
# Columns that the file lacks, target, raked or not, lonely PSUs, replicates.
CASES = {
    "ratings as PSUs": ([*DESIGN[1:]], None, False, "fail", None),
    "strata of ratings": (DESIGN[2:], None, False, "fail", None),
    "PSUs": (DESIGN[3:], None, False, "fail", None),
    "finite population": (DESIGN[4:], None, False, "fail", None),
    "two stages": ([], None, False, "fail", None),
    "programmes": (DESIGN[1:], "programmes_like_these", False, "fail", None),
    "within programmes": (["stratum", *DESIGN[3:]], "these_programmes", False, "average", None),
    "raked": (DESIGN[3:], None, True, "fail", None),
    "raked two stages": ([], None, True, "fail", None),
    "jackknife": (DESIGN[3:], None, False, "fail", "jkn"),
    "raked bootstrap": (DESIGN[4:], None, True, "fail", "bootstrap:20"),
    "given": ([], None, False, "fail", "given:BRR"),
    "raked given": ([], None, True, "fail", "given:BRR"),
}


def opened(folder: Path, name: str) -> tuple[Responses, SurveyDesign]:
    lacking, target, raked, lonely, replicates = CASES[name]
    own = {} if replicates and replicates.startswith("given") else dict.fromkeys(REPLICATES)
    frame = ratings().drop(columns=[*lacking, *own])
    frame.to_parquet(folder / "survey.parquet", index=False)
    (folder / "margins.csv").write_text("country,total\nNO,20\nSE,30\nDK,50\n")
    responses = open_responses(folder / "survey.parquet")
    design = survey_design(
        responses,
        target,
        lonely_psu=lonely,  # type: ignore[arg-type]
        margins=read_margins(folder / "margins.csv", SEGMENTS) if raked else None,
        replication=read_replication(replicates, 1) if replicates else None,
    )
    return responses, design


def same(ours: Estimates, alone: Estimates) -> None:
    assert ours.by == alone.by
    assert ours.unplaced == alone.unplaced
    for name in alone.table.column_names:
        found, expected = (result.table.column(name).to_pylist() for result in (ours, alone))
        if isinstance(expected[0], float):
            assert found == pytest.approx(expected, rel=EXACT, abs=EXACT), name
        else:
            assert found == expected, name
    np.testing.assert_allclose(ours.covariance(), alone.covariance(), rtol=1e-10, atol=EXACT)


# What is in no other case: the last stage, margins, programmes, and weights that are given.
LEAST = {"ratings as PSUs", "two stages", "raked", "within programmes", "given", "raked bootstrap"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.heavy] * (n not in LEAST)) for n in CASES]
)
def test_margins_are_those_of_a_pass_by_each_alone(tmp_path: Path, name: str) -> None:
    responses, design = opened(tmp_path, name)
    engine = DuckDB(threads=1)
    found = estimate_margins(responses, by=BY, design=design, engine=engine)
    subsets = [kept for size in (3, 2, 1, 0) for kept in combinations(BY, size)]
    assert list(found) == subsets
    for kept in subsets:
        intent = "score_10" if "score_band" in kept else ALL
        alone = estimate(responses, by=kept, intent=intent, design=design, engine=engine)
        same(found[kept], alone)


def test_margins_without_the_score_keep_the_intent(tmp_path: Path) -> None:
    responses, design = opened(tmp_path, "PSUs")
    found = estimate_margins(responses, by=("sector",), intent="promoters", design=design)
    assert list(found) == [("sector",), ()]
    same(found[()], estimate(responses, intent="promoters", design=design))
    assert found[()].table.column("intent").to_pylist() == ["promoters"]


def test_of_a_ratio_that_is_no_proportion(tmp_path: Path) -> None:
    responses, design = opened(tmp_path, "finite population")
    found = estimate_margins(responses, estimand="mean_score", by=("sector", "wave"), design=design)
    for kept, ours in found.items():
        same(ours, estimate(responses, estimand="mean_score", by=kept, design=design))
