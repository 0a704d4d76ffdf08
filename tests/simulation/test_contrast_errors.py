"""The study of tests of differences: its table, and that it can be made again.

Oracle: Welch's t test of the PSUs' rates, by scipy, in samples of equal PSUs.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

ANALYSIS = Path(__file__).parents[2] / "analysis" / "validation"


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    """Load the script, which finds the other beside it."""
    sys.path.insert(0, str(ANALYSIS))
    try:
        spec = importlib.util.spec_from_file_location(
            "contrast_errors", ANALYSIS / "contrast_errors.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # its dataclasses look themselves up
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(ANALYSIS))


def rows() -> list[dict[str, Any]]:
    with (ANALYSIS / "contrast_errors.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_table_holds_the_designs_and_the_bar(study: ModuleType) -> None:
    found = rows()
    assert [row["design"] for row in found] == [d.name for d in study.CONTRASTED]
    assert [row["about"] for row in found] == [d.about for d in study.CONTRASTED]
    assert len(found) == 20
    for row in found:
        few = min(int(row["first"]), int(row["second"])) < 12
        assert (float(row["tested"]) == 0) == few
        if not few:
            # The bar is 6 %, and each share has a Monte Carlo error.
            assert float(row["rejected"]) <= 0.06 + 2 * float(row["rejected_se"])


def test_samples_are_held_against_welch(study: ModuleType) -> None:
    design = next(d for d in study.CONTRASTED if d.name == "15 and 60")
    columns = design.draw(20, np.random.default_rng(7))
    p_values, _, df = study.tests_of(columns)
    frame = pd.DataFrame({name: columns[name] for name in ("sample", "side", "psu", "recommended")})
    rates = frame.groupby(["sample", "side", "psu"]).recommended.mean()
    for sample in range(20):
        welch = stats.ttest_ind(rates[sample, 0], rates[sample, 1], equal_var=False)
        assert p_values[sample] == pytest.approx(welch.pvalue, rel=1e-8)
        assert df[sample] == pytest.approx(welch.df, rel=1e-8)
