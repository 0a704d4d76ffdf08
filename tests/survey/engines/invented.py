"""A dataset with a value and a gap in every column, and texts that collations order apart."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from advocacy.responses.schema import COLUMNS, Type

ROWS = 1200  # of each source
_TYPES = {
    Type.TEXT: pa.string(),
    Type.INTEGER: pa.int32(),
    Type.NUMBER: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: pa.date32(),
}
# Byte order, the order of a dictionary and an order that is blind to case differ for all of these.
_NAMES = ["B", "a", "Å", "aa", "Z z", "z'z", "é", "e", "Ω", "_"]
_LEVELS = {
    "sector": ["B2B", "B2C"],
    "industry": ["C", "C10", "K62.1", "G"],
    "country": ["DK", "NO", "SE"],
    "customer_status": ["current", "lapsed"],
    "excluded": ["repeat", "window"],
}
_NEVER_MISSING = {"sector", "rating_id", "programme", "weight", "stratum", "source_kind"}
_CONSTANT = {"source_kind": "simulated", "fpc": 9000.0, "fpc_ssu": 5000.0}
_MOSTLY_MISSING = {"excluded", "churned_on"}
# The 29th of February and its neighbours, where a year before or after is decided.
_DAYS = [date(2024, 2, 28) + timedelta(days=d) for d in (-366, -365, 0, 1, 2, 364, 365, 366, 367)]


def invent(folder: Path) -> Path:
    """Write the dataset, two sources of which the first lacks a column, and return its folder."""
    for number, source in enumerate(("one", "two")):
        table = _source(np.random.default_rng(number), source)
        part = folder / "responses" / f"source={source}"
        part.mkdir(parents=True)
        kept = table if number else table.drop_columns(["touchpoint"])
        pq.write_table(kept, part / "responses.parquet")
    return folder


def _source(random: np.random.Generator, source: str) -> pa.Table:
    columns = {name: _column(random, name) for name in COLUMNS}
    numbers = random.permutation(ROWS)
    columns["rating_id"] = [f"{source}-{number}" for number in numbers]
    columns["programme"] = [f"{source} {name}" for name in random.choice(_NAMES, ROWS)]
    columns |= {name: [value] * ROWS for name, value in _CONSTANT.items()}
    return pa.table(
        {
            name: pa.array(values, _TYPES[COLUMNS[name].type], from_pandas=True)
            for name, values in columns.items()
        }
    )


def _column(random: np.random.Generator, name: str) -> list[Any]:
    values = _values(random, name).tolist()
    share = 0.95 if name in _MOSTLY_MISSING else 0.0 if name in _NEVER_MISSING else 0.15
    return [
        None if gone else value
        for value, gone in zip(values, random.random(ROWS) < share, strict=True)
    ]


def _values(random: np.random.Generator, name: str) -> npt.NDArray[Any]:
    kind = COLUMNS[name].type
    if kind is Type.TEXT:
        return random.choice(_LEVELS.get(name, _NAMES), ROWS)
    if kind is Type.DATE:
        return random.choice(np.array(_DAYS, dtype=object), ROWS)
    if kind is Type.BOOLEAN:
        return random.random(ROWS) < 0.4
    if kind is Type.INTEGER:
        return random.integers(0, 11, ROWS)
    return np.exp(random.normal(size=ROWS))
