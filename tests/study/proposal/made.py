"""Survey files for tests: of one programme, and of many as clients send them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from advocacy.simulation.deliveries import simulate

LABELS = {
    "ltr": "How likely are you to recommend us to a friend or colleague?",
    "rec": "Have you recommended us in the past 12 months?",
    "sp4": "How often have you recommended us in the past 12 months?",
    "wt": "Weight",
    "stratum": "Stratum",
    "psu": "Primary sampling unit",
    "land": "Country",
}
# Of the simulated files those that store the scores 0-10 as 1-11.
_SHIFTED = {"sim-0001", "sim-0002", "sim-0004"}
YES_NO = {1: "Yes", 2: "No"}


def root_of(folder: Path, protocol: str = "# an earlier protocol\n") -> Path:
    """Make the folder of a study, with a protocol and nothing else."""
    (folder / "analysis").mkdir(parents=True)
    (folder / "analysis" / "study.toml").write_text(protocol, encoding="utf-8")
    (folder / "data" / "raw").mkdir(parents=True)
    return folder


def answers(n: int, seed: int) -> pd.DataFrame:
    """Return the answers of one programme: a score, and 1 or 2 for yes or no."""
    rng = np.random.default_rng(seed)
    score = rng.choice(11, n, p=[0.02] * 6 + [0.06, 0.12, 0.2, 0.2, 0.3])
    return pd.DataFrame(
        {"ltr": score.astype(float), "rec": np.where(rng.random(n) < score / 14, 1.0, 2.0)}
    )


def write_sav(path: Path, frame: pd.DataFrame, **labels: Mapping[float, str]) -> Path:
    """Write an SPSS file with the questions of `LABELS`; ``labels`` are those of values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(
        frame,
        path,
        column_labels=[LABELS.get(name, "") for name in frame.columns],
        variable_value_labels={"rec": YES_NO, **labels},
    )
    return path


def twelve(folder: Path, work: Path) -> Path:
    """Put twelve SPSS files of other dialects into a folder, without what describes them.

    Three have a yes and a no without labels; the scores of the others can be told.
    """
    for number in range(3):
        write_sav(folder / f"Avtale {number}.sav", answers(300, number), rec={})
    simulate(8_000, 7, work / "simulated")
    every = sorted((work / "simulated").glob("*/*.*sav"))
    files = [file for file in every if file.stem == file.parent.name]  # no follow-ups
    for file in [file for file in files if file.stem not in _SHIFTED]:
        shutil.copy(file, folder / file.name.replace("sim-", "kunde "))
    return folder
