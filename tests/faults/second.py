"""What another library makes of a survey file: its rows and its numbers, or a refusal."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import duckdb
import pandas as pd
import polars as pl
import pyreadstat

# Rows, and the numbers of each variable; None where it has no number.
Read = tuple[int, list[Sequence[float | None]]]
# Faults of the library, which judge no file.
_FAILURES = (
    *(AttributeError, IndexError, KeyError, MemoryError, OSError, TypeError, ZeroDivisionError),
)
# A refusal for what holds no answer: the day on which a portable file, or one of SAS, was written,
# and what a program notes of a Parquet file.
_NO_ANSWER = re.compile(
    "timestamp string is invalid|OutOfBoundsTimedelta|File out of specification: invalid utf8"
)
# What is read for no answer: how a portable file begins, and when a file of Stata was written.
_UNREAD = {
    ".por": re.compile(rb"\A.{200}", re.DOTALL),
    ".dta": re.compile(rb"<timestamp>.*?</timestamp>", re.DOTALL),
}
# Of a page that is not packed, the length that it would have unpacked is no one's to know; of one
# of a column without lists, nor is how its levels of repetition are written, of which it has none.
_THIRD = re.compile("uncompressed page size mismatch|TProtocolException: Invalid data")


def second_opinion(path: Path) -> Read | str | None:
    """Return what another library reads, or why it refuses it; None where it does neither."""
    if unread := _UNREAD.get(path.suffix):
        content = path.read_bytes()
        path = path.with_name(f"readable{path.suffix}")
        path.write_bytes(unread.sub(_in_ascii, content, count=1))
    try:
        with warnings.catch_warnings(action="ignore"):
            return _READERS[path.suffix](path)
    except _FAILURES:
        return None
    except Exception as error:  # noqa: BLE001 - each library has its own refusals
        said = f"{type(error).__name__}: {error}"
        return None if _NO_ANSWER.search(said) else said
    except BaseException:  # noqa: BLE001 - a panic of Rust is no Exception
        return None


def _in_ascii(found: re.Match[bytes]) -> bytes:
    return found[0].decode("ascii", "replace").encode("ascii", "replace")


def _readstat(path: Path) -> Read:
    read = pyreadstat.read_por if path.suffix == ".por" else pyreadstat.read_sav
    more = {} if path.suffix == ".por" else {"user_missing": True}
    values, _ = read(path, output_format="dict", disable_datetime_conversion=True, **more)
    columns = list(values.values())
    return len(columns[0]), [list(map(_number, column)) for column in columns]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None


def _pandas(frame: pd.DataFrame) -> Read:
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    return len(frame), [
        list(map(_number, frame.iloc[:, index].tolist())) if is_number else []
        for index, is_number in enumerate(numeric)
    ]


def _stata(path: Path) -> Read:
    return _pandas(pd.read_stata(path, convert_categoricals=False, convert_dates=False))


def _sas(path: Path) -> Read:
    return _pandas(pd.read_sas(path, format="sas7bdat"))  # type: ignore[arg-type]


def _csv(path: Path) -> Read:
    text = path.read_bytes().decode("latin-1")
    return sum(1 for record in csv.reader(io.StringIO(text, newline="")) if record) - 1, []


def _parquet(path: Path) -> Read:
    try:
        rows = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
    except duckdb.Error as error:
        if not _THIRD.search(str(error)):
            raise
        rows = pl.read_parquet(path).rows()
    return len(rows), [list(map(_number, column)) for column in zip(*rows, strict=True)]


def _workbook(path: Path) -> Read:
    """Count the rows of the first sheet that have a value, by XML alone."""
    with ZipFile(path) as archive:
        broken = archive.testzip()
        if broken:
            raise ValueError(f"{broken} has another checksum")
        sheet = next(name for name in archive.namelist() if re.search(r"worksheets/.*\.xml", name))
        # The others say what these are for, which every reader knows.
        for name in (name for name in archive.namelist() if name.startswith("xl/")):
            root = ElementTree.fromstring(archive.read(name))
            if name == sheet:
                rows = root.iterfind(".//{*}row")
                filled = [any("".join(cell.itertext()) for cell in row) for row in rows]
    return sum(filled) - 1, []


_READERS: dict[str, Callable[[Path], Read]] = {
    ".sav": _readstat,
    ".zsav": _readstat,
    ".por": _readstat,
    ".dta": _stata,
    ".sas7bdat": _sas,
    ".csv": _csv,
    ".xlsx": _workbook,
    ".parquet": _parquet,
}
