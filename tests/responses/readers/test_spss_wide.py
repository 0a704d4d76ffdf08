"""Files of many variables: their last rows are read by both libraries, of some variables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from advocacy.errors import FileFormatError
from advocacy.responses.readers import scan_labelled, spss, spss_data
from advocacy.responses.readers.spss_header import read_header

VARIABLES, ROWS = 3_000, 180  # more values than the head has


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wide") / "wide.sav"
    values = np.random.default_rng(1).integers(0, 11, (ROWS, VARIABLES)).astype(float)
    pyreadstat.write_sav(pd.DataFrame(values, columns=[f"q{i}" for i in range(VARIABLES)]), path)
    return path


def test_the_end_is_compared_in_variables_spread_over_all(
    wide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    found = spss._unlike

    def unlike(file: object, values: object, start: int) -> list[str]:
        compared[:] = values.column_names  # type: ignore[attr-defined]
        return found(file, values, start)  # type: ignore[arg-type]

    monkeypatch.setattr(spss, "_unlike", unlike)
    scan = scan_labelled(wide)
    compared.clear()
    assert sum(batch.num_rows for batch in scan.batches(None, 50)) == ROWS
    assert compared == [f"q{i}" for i in range(2, VARIABLES, 3)]


def test_an_end_that_is_read_differently_is_refused(
    wide: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = scan_labelled(wide)
    found = spss.native_rows

    def shifted(file: object, names: list[str], start: int, n: int) -> object:
        return found(file, names, start - 1, n)  # type: ignore[arg-type]

    monkeypatch.setattr(spss, "native_rows", shifted)
    with pytest.raises(FileFormatError, match="pyreadstat reads the end of q2 differently"):
        list(scan.batches(None, 50))


def test_the_dictionary_of_a_wide_file_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that decide on the code page are read from their bytes, beyond the head too."""
    texts = ["Kari"] * (ROWS - 1) + ["Åse"]
    columns = {f"t{i}": texts for i in range(VARIABLES)}
    pyreadstat.write_sav(pd.DataFrame(columns), tmp_path / "texts.sav")
    read, calls = pyreadstat.read_sav, []

    def counted(*arguments: object, **options: object) -> object:
        calls.append(options)
        return read(*arguments, **options)

    monkeypatch.setattr(pyreadstat, "read_sav", counted)
    table = scan_labelled(tmp_path / "texts.sav").table
    assert len(calls) == 1
    assert table.encoding == "UTF-8"


def test_no_room_is_made_for_rows_that_a_file_has_not(wide: Path) -> None:
    """Of 20,000 variables, room for a batch of the largest size would be 16 GB."""
    header = read_header(wide)
    first = next(spss_data.columns(wide, header, range(VARIABLES), 100_000))
    held = [values.base if values.base is not None else values for values in first]
    assert sum(values.nbytes for values in held) == ROWS * VARIABLES * 8
