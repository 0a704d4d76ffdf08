"""Follow-ups and contacts that cannot be linked at all: what is wrong, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.errors import CrosswalkError, DataError, MissingColumnError
from advocacy.responses.dataset.waves.keys import PLACE, FileRows, Rows, whose
from advocacy.responses.dataset.waves.linking import STRANGER
from advocacy.responses.schema import FOLLOWED_UP, RECORDED

# Follow-ups of a file that are a second one of their rating, on another day: where they are more
# than this share, and more than this many, it holds several waves.
_REPEATED, _CHANCE = 1 / 4, 20
_REASONS = 3  # that a message names


def refuse_unlinkable(ratings: Rows, files: Sequence[FileRows]) -> None:
    """Refuse files that have nothing by which their rows could belong to a rating.

    Raises
    ------
    MissingColumnError
        The ratings have no date, or a file shares no identifier with them.
    CrosswalkError
        The ratings' own file says what the follow-ups say, too.
    """
    for rows in files:
        where = str(rows.data.path)
        both = [name for name in RECORDED if name in rows.names]
        said = [*(column.name for column in FOLLOWED_UP), *both]
        given = [name for name in said if name in ratings.names]
        if given and rows.data.table == "followups":
            raise CrosswalkError(
                f"The file of ratings fills {', '.join(given)} itself, and there are files of "
                "follow-ups too.",
                where=where,
                remedy="Take these lines out of the crosswalk of the ratings; or import the file "
                "without follow-ups of their own.",
            )
        if "interviewed_on" not in ratings.names:
            raise MissingColumnError(
                "The ratings have no interviewed_on, so nothing can be said to follow them.",
                where=where,
                remedy="Map the date of the interview to interviewed_on in the crosswalk of the "
                "ratings, or write a constant line for it.",
            )
        if "rating_id" not in rows.names and not whose(ratings, rows):
            raise MissingColumnError(
                f"{rows.name} and the ratings share nothing that "
                f"says whose a row is: it has {_identifiers(rows)}, they have "
                f"{_identifiers(ratings)}.",
                where=where,
                remedy="Map the same number or code to respondent_id in both crosswalks (account, "
                "where only the company is known).",
            )


def refuse_nobody_came(ratings: Rows, files: Sequence[FileRows], linked: int) -> None:
    """Refuse invitations, some of them called complete, of which no rating came.

    Raises
    ------
    DataError
        None is ``linked`` to a rating.
    """
    if linked:
        return
    called = ", ".join(rows.name for rows in files)
    raise DataError(
        f"Not one invitation of {called} led to a rating, though some are called complete.",
        where=str(files[0].data.path),
        remedy=_compare(ratings, files[0]),
    )


def refuse_nobody_linked(
    ratings: Rows, files: Sequence[FileRows], kept: Sequence[int], set_aside: pa.Table
) -> None:
    """Refuse files of follow-ups of which none belongs to a rating.

    Parameters
    ----------
    ratings, files
        As `linking.linked_sql` takes them.
    kept
        Rows that were linked, a number a file.
    set_aside
        Why the others were not, as `ledger.REJECTED`.

    Raises
    ------
    DataError
        There is such a file.
    """
    for rows, linked in zip(files, kept, strict=True):
        own = set_aside.filter(pc.equal(set_aside.column("file"), rows.name))
        if linked or not own.num_rows:
            continue
        why = Counter(zip(*(own.column(n).to_pylist() for n in ("column", "reason")), strict=True))
        total = why.total()
        said = "; ".join(
            f"{column}, {reason}: {times} of {total}"
            for (column, reason), times in why.most_common(_REASONS)
        )
        strangers = sum(times for (_, reason), times in why.items() if reason == STRANGER)
        remedy = (
            _compare(ratings, rows)
            if 2 * strangers > total
            else "Look at the dates in both files, and at what the crosswalks make of them."
        )
        raise DataError(
            f"None of the {total} follow-ups of {rows.name} belongs to a rating ({said}).",
            where=str(rows.data.path),
            remedy=remedy,
        )


def refuse_waves_untold(connection: duckdb.DuckDBPyConnection, files: Sequence[FileRows]) -> None:
    """Refuse a file without a wave in which many respondents answer more than once.

    Raises
    ------
    DataError
        It holds several waves, and does not tell them apart.
    """
    for index, rows in enumerate(files):
        if rows.data.wave or "wave" in rows.names:
            continue
        total, again = connection.execute(
            "SELECT coalesce(sum(rows), 0)::BIGINT, coalesce(sum(days - 1), 0)::BIGINT FROM ("
            "SELECT count(*) AS rows, count(DISTINCT followed_up_on) AS days FROM linked "
            f"WHERE file = {index} AND {PLACE} IS NOT NULL GROUP BY {PLACE})"
        ).fetchall()[0]
        if again > max(_REPEATED * total, _CHANCE):
            raise DataError(
                f"{again} of the {total} follow-ups of {rows.name} are a second or later "
                "one of the same rating: the file holds several waves, and does not tell them "
                "apart.",
                where=str(rows.data.path),
                remedy="Map what names the round to `wave` in its crosswalk; or give each round a "
                "file of its own.",
            )


def _compare(ratings: Rows, rows: FileRows) -> str:
    """Say what to do where identifiers have nobody in common."""
    key = " and ".join(whose(ratings, rows) or ("rating_id",))
    return (
        f"Compare how both files write {key}: with or without leading zeros, a prefix or a check "
        "digit; another name of the supplier; or codes in place of numbers, made with another key "
        "or salt in each file: then ask for both files from one export, with the same codes."
    )


def _identifiers(rows: Rows) -> str:
    held = [n for n in ("rating_id", "respondent_id", "account") if n in rows.names]
    return " and ".join(held) or "none"
