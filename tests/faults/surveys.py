"""Sound survey files to do harm to: the same answers in each of the formats that are read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

SAS = Path(__file__).parents[1] / "responses" / "readers" / "field" / "made.sas7bdat"
LABELS = {"score": {0.0: "Slett ikke", 10.0: "Svært sannsynlig"}}
COUNTRIES = ("Norge", "Sverige", "Færøyene")


def answers(rows: int, seed: int = 1) -> pd.DataFrame:
    """Return answers with canonical names, by respondents with names of their own."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "respondent_id": [f"kunde {seed}-{row}" for row in range(rows)],
            "score": rng.integers(0, 11, rows).astype(float),
            "recommended_past_12m": rng.integers(0, 2, rows).astype(float),
            "wave": [COUNTRIES[row % 3] for row in range(rows)],
        }
    )


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write answers in the format of the path's ending.

    Nothing here writes SAS's: of that the file is one of the tests', whatever the answers.
    """
    if path.suffix == ".sas7bdat":
        shutil.copy(SAS, path)
    elif path.suffix == ".xlsx":
        from tests.responses.workbook import Sheet, write_workbook

        rows = [list(frame.columns), *frame.to_numpy().tolist()]
        write_workbook(path, Sheet("Svar", rows))
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, compression=None)  # nothing checks the bytes
    elif path.suffix == ".dta":
        named = frame.rename(columns=str.lower)
        pyreadstat.write_dta(named, path, variable_value_labels=LABELS, version=14)
    elif path.suffix == ".por":
        short = frame.rename(columns=lambda name: name[:8].upper())
        short = short.replace("Færøyene", "Island")  # it has no other letters than ASCII's
        pyreadstat.write_por(short, path)
    else:
        pyreadstat.write_sav(
            frame, path, variable_value_labels=LABELS, compress=path.suffix == ".zsav"
        )
    return path
