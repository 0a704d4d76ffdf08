"""Ratings as Arrow tables, opened as responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advocacy import open_responses
from advocacy.responses import Responses

INTERVIEWED = date(2025, 6, 1)
ON_RECORD = date(2025, 2, 1)


def opened(folder: Path, columns: Mapping[str, Sequence[Any] | pa.Array]) -> Responses:
    """Write columns of ratings to a file, and open it; each rating is of a person of its own."""
    n = len(next(iter(columns.values())))
    ids = [str(number) for number in range(n)]
    own = {"rating_id": ids, "respondent_id": ids, "interviewed_on": [INTERVIEWED] * n}
    path = folder / "ratings.parquet"
    pq.write_table(pa.table(own | dict(columns)), path)
    return open_responses(path)


def searched(counts: Sequence[tuple[int, bool, bool | None]]) -> dict[str, list[Any]]:
    """Return columns of those who score 10: how many, what they said, and what is on record.

    ``None`` is of those whose records were not searched.
    """
    rows = [(said, found) for number, said, found in counts for _ in range(number)]
    return {
        "score": [10] * len(rows),
        "recommended_past_12m": [said for said, _ in rows],
        "verification_checked": [found is not None for _, found in rows],
        "verified_recommended_on": [ON_RECORD if found else None for _, found in rows],
    }
