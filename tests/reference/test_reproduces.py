"""The committed reference values are what R gives here and now."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
from tests.conftest import Needs


def test_r_gives_the_committed_values(reference: Path, tmp_path: Path, needs: Needs) -> None:
    script = reference / "estimation.R"
    subprocess.run(
        [needs("Rscript"), script, tmp_path], check=True, capture_output=True, timeout=300
    )
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    # versions.csv tells which R made the files; another one must give the same numbers.
    compared = [path for path in made if path.name != "versions.csv"]
    assert len(compared) >= 15
    for path in compared:
        ours, theirs = pd.read_csv(reference / path), pd.read_csv(tmp_path / path)
        numbers = ours.select_dtypes("number").columns
        np.testing.assert_allclose(theirs[numbers], ours[numbers], rtol=1e-12, atol=1e-14)
        pd.testing.assert_frame_equal(theirs.drop(columns=numbers), ours.drop(columns=numbers))
