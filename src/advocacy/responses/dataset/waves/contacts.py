"""Which rating came of an invitation: one SQL statement.

A rating came of the latest invitation of the same respondent, to the same survey of the same
supplier where both name them, on the day of the interview or before; and of an invitation came
the first rating after it. An invitation without a rating stays: it is a nonrespondent's.
"""

from __future__ import annotations

from collections.abc import Sequence

from advocacy.responses.dataset.filling import NUMBER
from advocacy.responses.dataset.source import Source
from advocacy.responses.dataset.waves.keys import (
    PLACE,
    RATINGS,
    FileRows,
    Rows,
    compared_ids,
    same,
    whose,
)
from advocacy.responses.schema import CONTACTS, is_own_segment
from advocacy.sql import identifier

# AAPOR's code of a complete interview, and finer ones.
COMPLETE = "coalesce(starts_with(disposition, '1.1'), FALSE)"
AGAIN = "another invitation has this contact_id"


def contacted_sql(source: Source, ratings: Rows, files: Sequence[FileRows]) -> str:
    """Return the SELECT of all contacts, with the rating that came of each.

    Arguments are those of `linking.linked_sql`.

    Returns
    -------
    str
        Columns: file (its place among ``files``), row, those of `schema.CONTACTS` but rating_id,
        segments of their own, `PLACE` of the rating, null where none came of it, and again: whether
        an earlier row has the same contact_id.
    """
    segments = segments_of(files)
    owns = [_own(rows, index, segments) for index, rows in enumerate(files)]
    direct = [_direct(source, ratings, r, i) for i, r in enumerate(files) if "rating_id" in r.names]
    keyed = [_keyed(ratings, r, i) for i, r in enumerate(files) if whose(ratings, r)]
    nothing = f"SELECT NULL::INTEGER AS file, NULL::BIGINT AS row, NULL::BIGINT AS {PLACE}"
    none = f"{nothing}, NULL::DATE AS invited_on, NULL::DATE AS interviewed_on LIMIT 0"
    return (
        f"WITH direct AS ({' UNION ALL '.join(direct) or f'{nothing} LIMIT 0'}), "
        f"keyed AS ({' UNION ALL '.join(keyed) or none}), "
        # Of a rating's invitations the latest, and of an invitation's ratings the first.
        f"latest AS (SELECT {PLACE}, any_value(interviewed_on) AS interviewed_on, "
        "unnest(arg_max({'file': file, 'row': row}, (invited_on, -file, -row))) FROM keyed "
        f"ANTI JOIN direct USING ({PLACE}) GROUP BY {PLACE}), "
        f"first AS (SELECT file, row, arg_min({PLACE}, (interviewed_on, {PLACE})) AS {PLACE} "
        "FROM latest GROUP BY file, row), "
        f"came AS (SELECT file, row, {PLACE} FROM direct UNION ALL FROM first) "
        f"SELECT own.*, came.{PLACE}, "
        "row_number() OVER (PARTITION BY contact_id ORDER BY own.file, own.row) > 1 AS again "
        f"FROM ({' UNION ALL '.join(owns)}) own LEFT JOIN came USING (file, row)"
    )


def segments_of(files: Sequence[FileRows]) -> list[str]:
    """Return the names of the segments of their own that files of contacts have."""
    return sorted({name for rows in files for name in rows.names if is_own_segment(name)})


def _own(rows: FileRows, index: int, segments: Sequence[str]) -> str:
    """Return the SELECT of a file's contacts; the import has named each, and its programme."""
    always = ("contact_id", "programme")
    columns = ", ".join(
        f"{c.name if c.name in always else rows.column(c.name, c.type.value)} AS {c.name}"
        for c in CONTACTS
        if c.name != "rating_id"
    )
    own = "".join(f", {rows.column(name)} AS {identifier(name)}" for name in segments)
    return f"SELECT {index} AS file, {identifier(NUMBER)} AS row, {columns}{own} FROM {rows.table}"


def _direct(source: Source, ratings: Rows, rows: FileRows, index: int) -> str:
    """Return the SELECT of the contacts that name a rating: the first of each rating."""
    theirs, its = compared_ids(source, ratings, rows)
    return (
        f"SELECT {index} AS file, min(row) AS row, {PLACE} "
        f"FROM (SELECT {its} AS id, {identifier(NUMBER)} AS row FROM {rows.table}) "
        f"JOIN (SELECT {theirs} AS id, {PLACE} FROM {RATINGS}) USING (id) GROUP BY {PLACE}"
    )


def _keyed(ratings: Rows, rows: FileRows, index: int) -> str:
    """Return the SELECT of each rating with the latest invitation of the file before it."""
    both = ratings.names & rows.names
    key = (*whose(ratings, rows), *(["programme"] if "programme" in both else []))
    listed = ", ".join(key)
    # An invitation without a date was before any interview.
    invited = f"coalesce({rows.column('invited_on', 'DATE')}, DATE '-infinity')"
    named = " WHERE rating_id IS NULL" if "rating_id" in rows.names else ""
    days = (
        f"SELECT {listed}, {invited} AS invited, min({identifier(NUMBER)}) AS row "
        f"FROM {rows.table}{named} GROUP BY {listed}, invited"
    )
    return (
        f"SELECT {index} AS file, row, {PLACE}, invited AS invited_on, interviewed_on "
        f"FROM {RATINGS} ASOF JOIN ({days}) days ON {same(key, RATINGS, 'days')} "
        "AND interviewed_on >= invited"
    )
