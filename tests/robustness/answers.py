"""Ratings as Arrow tables, opened as responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from advocacy import import_source, open_responses, read_source
from advocacy.provenance import sha256
from advocacy.responses import Responses

RATINGS = (
    "respondent_id,programme,supplier,sector,country,interviewed_on,score,recommended_past_12m\n"
    "1,a,A,B2B,NO,2025-02-01,10,true\n2,a,A,B2B,SE,2025-02-01,10,false\n"
    "3,b,B,B2C,NO,2025-02-01,10,true\n4,b,B,B2C,NO,2025-02-01,10,true\n5,b,B,B2C,NO,2025-02-01,10,false\n"
)
CONTACTS = (
    "respondent_id,programme,invited_on,disposition\n"
    "1,a,2025-01-20,1.1\n2,a,2025-01-20,1.2\n6,a,2025-01-20,2.11\n7,a,2025-01-20,3.19\n"
    "3,b,2025-01-20,1.1\n4,b,2025-01-20,1.1\n5,b,2025-01-20,\n8,b,2025-01-20,\n9,b,2025-01-20,4.1\n"
    "10,c,2025-01-20,3.30\n"
)


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


def imported(
    folder: Path, kind: str = "collected", ratings: str = RATINGS, contacts: str = CONTACTS
) -> Responses:
    """Import a source with ratings and contacts, and open the dataset."""
    source = folder / "one"
    source.mkdir()
    listed = ""
    for section, name, text in (
        ("files", "r.csv", ratings),
        ("contacts", "c.csv", contacts),
    ):
        (source / name).write_text(text, encoding="utf-8")
        listed += f'[[{section}]]\nname = "{name}"\nsha256 = "{sha256(source / name)}"\n'
    (source / "source.toml").write_text(
        f'name = "one"\nkind = "{kind}"\ntitle = "t"\nproducer = "p"\nlicence = "l"\n' + listed,
        encoding="utf-8",
    )
    dataset = folder / "dataset"
    import_source(read_source(source), dataset)
    return open_responses(dataset)


def several_sources(folder: Path, sources: Mapping[str, str], kind: str) -> Responses:
    """Import sources of ratings alone, by name, and open the dataset."""
    dataset = folder / "dataset"
    for name, text in sources.items():
        source = folder / name
        source.mkdir()
        (source / "r.csv").write_text(text, encoding="utf-8")
        (source / "source.toml").write_text(
            f'name = "{name}"\nkind = "{kind}"\ntitle = "t"\nproducer = "p"\nlicence = "l"\n'
            f'[[files]]\nname = "r.csv"\nsha256 = "{sha256(source / "r.csv")}"\n',
            encoding="utf-8",
        )
        import_source(read_source(source), dataset)
    return open_responses(dataset)
