"""Follow-ups and contacts of a source, linked to its ratings: written, accounted for, described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from advocacy.responses.dataset.accounts import (
    CONTACTS_FOLDER,
    FOLLOWUPS_FOLDER,
    WITHOUT_DICTIONARY,
)
from advocacy.responses.dataset.filling import NUMBER
from advocacy.responses.dataset.ledger import REJECTED
from advocacy.responses.dataset.source import Source
from advocacy.responses.dataset.waves.contacts import AGAIN, COMPLETE, contacted_sql, segments_of
from advocacy.responses.dataset.waves.keys import EXCLUSIONS, PLACE, RATINGS, FileRows, Rows, whose
from advocacy.responses.dataset.waves.linking import linked_sql, outcomes_sql, rules
from advocacy.responses.dataset.waves.refusing import (
    refuse_nobody_came,
    refuse_nobody_linked,
    refuse_unlinkable,
    refuse_waves_untold,
)
from advocacy.responses.schema import CONTACTS, FOLLOWED_UP, RECORDED
from advocacy.sql import connect, identifier, literal, planned

_SHOWN = ("followed_up_on", "recommended_since", "first_recommended_on", "churned_on")


@dataclass(frozen=True)
class Linked:
    """What became of the rows of one table, follow-ups or contacts.

    Parameters
    ----------
    kept
        Rows that were kept, a number a file.
    set_aside
        Table as `ledger.REJECTED`: rows that were not, each with one reason.
    described
        For the manifest: by what they were linked, and how many.
    outcomes
        What follow-ups say of each rating: `PLACE`, in order, and the columns of
        `schema.FOLLOWED_UP`, with those of `schema.RECORDED` that a file has; ``None`` for
        contacts.
    """

    kept: tuple[int, ...]
    set_aside: pa.Table
    described: Mapping[str, Any]
    outcomes: pa.Table | None = None


def link_followups(
    tables: Mapping[str, pa.Table],
    source: Source,
    ratings: Rows,
    files: Sequence[FileRows],
    folder: Path,
) -> Linked:
    """Link follow-ups to ratings, and write those that are, a Parquet file each.

    Parameters
    ----------
    tables
        Those that `linking.linked_sql` reads.
    source, ratings, files
        As `linking.linked_sql` takes them.
    folder
        The partition that is being written.

    Raises
    ------
    CrosswalkError, MissingColumnError, DataError
        As the functions of `waves.refusing`.
    """
    refuse_unlinkable(ratings, files)
    with connect(tables) as connection:
        waves = _waves(connection, files)
        scored = "score" in ratings.names
        statement = linked_sql(source, ratings, files, waves, scored)
        connection.register("linked", planned(statement, tables))
        kept = _counts(connection, "linked", "wrong IS NULL", files)
        set_aside = _set_aside(connection, ratings, files, source.window_days)
        refuse_waves_untold(connection, files)
        refuse_nobody_linked(ratings, files, kept, set_aside)
        searched = [name for name in RECORDED if any(name in rows.names for rows in files)]
        columns = ", ".join((f"{_listed(waves)}[wave] AS wave", *_SHOWN, *searched))
        _write(connection, "linked", "wrong IS NULL", columns, files, folder / FOLLOWUPS_FOLDER)
        outcomes = connection.sql(outcomes_sql("linked")).to_arrow_table()
        outcomes = outcomes.drop_columns([name for name in RECORDED if name not in searched])
        described = {
            "window_days": source.window_days,
            "waves": waves,
            "linked_by": [list(_by(ratings, rows)) for rows in files],
            "ratings": outcomes.num_rows,
            **_beside(connection, outcomes),
        }
        return Linked(kept, set_aside, described, outcomes)


def link_contacts(
    tables: Mapping[str, pa.Table],
    source: Source,
    ratings: Rows,
    files: Sequence[FileRows],
    folder: Path,
) -> Linked:
    """Link contacts to the ratings that came of them, and write them, a Parquet file each.

    Arguments and errors as in `link_followups`.
    """
    refuse_unlinkable(ratings, files)
    statement = contacted_sql(source, ratings, files)
    with connect({**tables, "contacted": planned(statement, tables)}) as connection:
        set_aside = connection.sql(
            f"SELECT {_names(files)}[file + 1] AS file, row, 'contact_id' AS \"column\", "
            f"NULL AS value, {literal(AGAIN)} AS reason, respondent_id FROM contacted WHERE again "
            "ORDER BY contacted.file, row"
        )
        kept = _counts(connection, "contacted", "NOT again", files)
        named = [column.name for column in CONTACTS if column.name != "rating_id"]
        columns = ", ".join([*named, *map(identifier, segments_of(files))])
        _write(connection, "contacted", "NOT again", columns, files, folder / CONTACTS_FOLDER)
        linked, complete, silent = connection.execute(
            f"SELECT count({PLACE}), count(*) FILTER ({COMPLETE}), "
            f"count(*) FILTER ({COMPLETE} AND {PLACE} IS NULL) FROM contacted WHERE NOT again"
        ).fetchall()[0]
        (all_ratings,) = connection.execute(f"SELECT count(*) FROM {RATINGS}").fetchall()[0]
        if complete:
            refuse_nobody_came(ratings, files, linked)
        described = {
            "linked_by": [list(_by(ratings, rows)) for rows in files],
            "linked": linked,
            "complete": complete,
            "complete_without_rating": silent,
            "ratings_without_contact": all_ratings - linked,
        }
        return Linked(kept, set_aside.to_arrow_table().cast(REJECTED), described)


def with_outcomes(ratings: pa.Table, outcomes: pa.Table, first: int) -> pa.Table:
    """Return ratings with what follow-ups say of them; null where there is none.

    Parameters
    ----------
    ratings
        Ratings, in the order of their places.
    outcomes
        Of `Linked`.
    first
        Place of the first of these ratings.
    """
    places = outcomes.column(PLACE).to_numpy()
    low, high = np.searchsorted(places, (first, first + ratings.num_rows))
    at = np.full(ratings.num_rows, -1)
    at[places[low:high] - first] = np.arange(low, high)
    there = [name for name in RECORDED if name in outcomes.column_names]
    said = outcomes.select([*(c.name for c in FOLLOWED_UP), *there])
    said = said.take(pa.array(at, mask=at < 0))
    for name in said.column_names:
        ratings = ratings.append_column(name, said.column(name))
    return ratings


def _by(ratings: Rows, rows: FileRows) -> tuple[str, ...]:
    """Return what a file is linked by."""
    return (*(["rating_id"] if "rating_id" in rows.names else []), *whose(ratings, rows))


def _waves(connection: duckdb.DuckDBPyConnection, files: Sequence[FileRows]) -> list[str]:
    """Return the names of all waves, in the order of the files."""
    names: dict[str, None] = {}
    for rows in files:
        found = connection.execute(f"SELECT DISTINCT wave FROM {rows.table} ORDER BY ALL")
        names |= dict.fromkeys(name for (name,) in found.fetchall())
    return list(names)


def _set_aside(
    connection: duckdb.DuckDBPyConnection,
    ratings: Rows,
    files: Sequence[FileRows],
    window_days: int,
) -> pa.Table:
    """Return why follow-ups are set aside, by file and row; identifiers are not shown."""
    ruled = ", ".join(
        f"({number}, {literal(rule.column)}, {literal(rule.reason)})"
        for number, rule in enumerate(rules(window_days))
    )
    respondents = " UNION ALL ".join(
        f"SELECT {index} AS file, {identifier(NUMBER)} AS row, {rows.column('respondent_id')} "
        f"AS respondent_id FROM {rows.table}"
        for index, rows in enumerate(files)
    )
    whom = _listed([_by(ratings, rows)[0] for rows in files])
    shown = " ".join(f"WHEN {literal(name)} THEN {name}::VARCHAR" for name in _SHOWN)
    found = connection.sql(
        f"SELECT {_names(files)}[linked.file + 1] AS file, row, "
        f"CASE rule.name WHEN '' THEN {whom}[linked.file + 1] ELSE rule.name END AS \"column\", "
        f"CASE rule.name {shown} END AS value, reason, respondent_id "
        f"FROM (SELECT * FROM linked WHERE wrong IS NOT NULL) linked JOIN ({respondents}) "
        f"USING (file, row) JOIN (VALUES {ruled}) rule(number, name, reason) "
        "ON wrong = rule.number ORDER BY linked.file, row"
    )
    return found.to_arrow_table().cast(REJECTED)


def _beside(connection: duckdb.DuckDBPyConnection, outcomes: pa.Table) -> dict[str, int]:
    """Return how many ratings with follow-ups do not count, or have a churn that is not taken."""
    excluded = connection.sql(
        f"SELECT {PLACE} FROM {RATINGS} SEMI JOIN {EXCLUSIONS} USING (rating_id)"
    ).to_arrow_table()
    uncounted = pc.is_in(outcomes.column(PLACE), excluded.column(PLACE).combine_chunks())
    return {
        "ratings_that_do_not_count": pc.sum(uncounted).as_py() or 0,
        "churned_after_last_answer": pc.sum(outcomes.column("later")).as_py() or 0,
    }


def _counts(
    connection: duckdb.DuckDBPyConnection, table: str, condition: str, files: Sequence[FileRows]
) -> tuple[int, ...]:
    """Return the number of rows of each file for which a condition holds."""
    found: dict[int, int] = dict(
        connection.execute(
            f"SELECT file, count(*) FROM {table} WHERE {condition} GROUP BY file"
        ).fetchall()
    )
    return tuple(found.get(index, 0) for index, _ in enumerate(files))


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    condition: str,
    columns: str,
    files: Sequence[FileRows],
    folder: Path,
) -> None:
    """Write the rows of each file that are kept, in their order, with their rating's rating_id."""
    folder.mkdir()
    ids = connection.sql(f"SELECT {PLACE}, rating_id FROM {RATINGS}").to_arrow_table()
    ids = ids.sort_by(PLACE).column("rating_id").combine_chunks()
    for index, rows in enumerate(files):
        found = connection.sql(
            f"SELECT {PLACE}, {columns} FROM {table} WHERE file = {index} AND {condition} "
            "ORDER BY row"
        ).to_arrow_table()
        named = found.set_column(0, "rating_id", ids.take(found.column(PLACE).combine_chunks()))
        pq.write_table(
            named,
            folder / f"{rows.data.table}-{index}.parquet",
            compression="zstd",
            use_dictionary=[name for name in named.column_names if name not in WITHOUT_DICTIONARY],
        )


def _names(files: Sequence[FileRows]) -> str:
    return _listed([rows.name for rows in files])


def _listed(names: Sequence[str]) -> str:
    """Return the SQL list of texts."""
    return f"[{', '.join(map(literal, names))}]"
