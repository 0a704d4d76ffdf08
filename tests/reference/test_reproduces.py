"""The committed reference values are what R gives here and now."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Needs

# Files that each script writes at least, and how close: iterated fits end a few digits earlier, and
# glmer's search, which has no derivatives, ends where the order of the linear algebra's sums leads
# it (one thread or two: 1e-6 of a scale). What we ask of our fit beside it is 1e-2.
SCRIPTS = {
    "estimation": (15, 1e-12),
    "designs": (25, 1e-12),
    "contrasts": (7, 1e-9),
    "calibration": (13, 1e-9),
    "replication": (13, 1e-9),
    "curve": (10, 1e-9),
    "incidence": (16, 1e-9),
    "turnbull": (2, 1e-9),
    # Standard errors have derivatives by differences.
    "attrition": (1, 1e-6),
    "regression": (9, 1e-9),
    # Derivatives of standard errors are by differences, and brglm2's search ends at 1e-12.
    "models": (4, 1e-6),
    "reliability": (2, 1e-6),
    "where": (3, 1e-9),
    "distribution": (2, 1e-9),
    # Degrees of freedom of standardised differences are from slopes by differences.
    "sides": (4, 1e-6),
    "area_level": (6, 1e-9),
    "synthesis": (2, 1e-9),
    # metafor's mean is at the variance where its search ended.
    "movement": (8, 1e-6),
    "multilevel": (4, 1e-4),
}


def test_every_script_is_rerun(reference: Path) -> None:
    scripts = {path.stem for path in reference.glob("*.R")}
    assert scripts - {"oracle"} == set(SCRIPTS)


def test_every_package_that_a_script_loads_has_its_version(reference: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in reference.glob("*.R")]
    loaded = {name for text in texts for name in re.findall(r"library\((\w+)\)", text)}
    assert {"survey", "lme4", "metafor"} <= loaded
    assert loaded <= set(pd.read_csv(reference / "versions.csv").component)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_r_gives_the_committed_values(
    script: str, reference: Path, tmp_path: Path, needs: Needs
) -> None:
    subprocess.run(
        [needs("Rscript"), reference / f"{script}.R", tmp_path],
        check=True,
        capture_output=True,
        timeout=300,
    )
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    # versions.csv tells which R made the files; another one must give the same numbers.
    compared = [path for path in made if path.name != "versions.csv"]
    files, rtol = SCRIPTS[script]
    assert len(compared) >= files
    committed = {path.relative_to(reference) for path in reference.glob(f"expected/{script}_*.csv")}
    assert committed <= set(compared), "a committed file that the script no longer writes"
    for path in compared:
        ours, theirs = pd.read_csv(reference / path), pd.read_csv(tmp_path / path)
        numbers = ours.select_dtypes("number").columns
        np.testing.assert_allclose(theirs[numbers], ours[numbers], rtol=rtol, atol=1e-14)
        pd.testing.assert_frame_equal(theirs.drop(columns=numbers), ours.drop(columns=numbers))
