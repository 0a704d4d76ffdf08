"""Which ratings count: the contact rule, the interview window, the shortest interview.

A rating that does not count stays in the dataset with the reason in the column ``excluded``,
so that its primary sampling unit stays in the design.

The contact rule counts at most one answer of a respondent about a supplier in a window. It
looks at when they answered, never at what: what counts must not depend on the outcome.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from advocacy.errors import MissingColumnError, UsageError
from advocacy.files import replacing
from advocacy.sql import identifier, literal

Repeat = Literal["first", "last", "all"]

EXCLUDED = "excluded"
# Seconds that the interview took.
LENGTH = "interview_seconds"
# The rules, as messages, manifest and page call them.
CONTACT_RULE, WINDOW, SHORTEST = "contact rule", "interview window", "shortest interview"
# Why a rating without a weight above 0 does not count: it stands for nobody.
WEIGHTLESS = "no weight above 0"
WEIGHTLESS_SQL = f"CASE WHEN coalesce(weight, 0) = 0 THEN {literal(WEIGHTLESS)} END"
# What the contact rule needs to know of a rating, in the order in which a lack is reported.
_CONTACT = ("respondent_id", "supplier", "interviewed_on")
_NOTHING = "SELECT NULL::VARCHAR AS rule, NULL::VARCHAR AS missing"


@dataclass(frozen=True)
class EligibilityRules:
    """Which ratings count.

    Parameters
    ----------
    repeat
        Which answers of a respondent about a supplier count: the ``first``, then the first
        that is ``repeat_window_days`` or more after the last counted one, and so on; the
        same backwards from the ``last``; or ``all``.
    repeat_window_days
        Days, 1 or more. Two answers exactly this far apart both count.
    interviewed_from, interviewed_to
        First and last day of interviews that count, both included.
    shortest_interview_seconds
        Seconds, 0 or more; shorter interviews do not count.

    Raises
    ------
    UsageError
        A rule has no meaning.
    """

    repeat: Repeat = "first"
    repeat_window_days: int = 365
    interviewed_from: date | None = None
    interviewed_to: date | None = None
    shortest_interview_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.repeat not in get_args(Repeat):
            raise UsageError(
                f"{self.repeat!r} is no rule for repeated answers.",
                remedy=f"Use one of: {', '.join(get_args(Repeat))}.",
            )
        if self.repeat_window_days < 1:
            raise UsageError(
                f"A window of {self.repeat_window_days} days has no meaning.",
                remedy="Give 1 day or more; `all` counts every answer.",
            )
        first, last = self.interviewed_from, self.interviewed_to
        if first and last and first > last:
            raise UsageError(f"The interview window ends on {last}, before it begins on {first}.")
        shortest = self.shortest_interview_seconds
        if shortest is not None and not 0 <= shortest < float("inf"):
            raise UsageError(f"A shortest interview of {shortest} seconds has no meaning.")


def exclusions_sql(
    rules: EligibilityRules,
    table: str,
    columns: Collection[str],
    *,
    key: str = "rating_id",
    length: str = LENGTH,
) -> str:
    """Return the SELECT of the ratings that do not count, a row each, by ``key``.

    Parameters
    ----------
    rules
        Which ratings count. A rating outside the interview window, or of too short an
        interview, is set aside first: it never displaces another answer.
    table
        SQL expression of the responses, a row a rating. It is read three times: name a table
        or Parquet files, not a long computation.
    columns
        Names of its columns. With ``excluded`` among them, the ratings that have a reason there
        keep it.
    key
        Column that identifies a rating; it also decides between answers of the same day, of
        which the lowest is the first. Unique in ``table``.
    length
        Column that holds the seconds that the interview took.

    Returns
    -------
    str
        Columns: ``key``, respondent_id, supplier, interviewed_on, excluded (the reason).
        A rating that lacks what a rule needs is never excluded by it; see `count_unjudged`.

    Raises
    ------
    MissingColumnError
        A window or shortest interview is asked for, but the responses have no such column.
    """
    _require(rules, columns, length)
    known = [name if name in columns else f"NULL AS {name}" for name in _CONTACT[:2]]
    dated = "interviewed_on" if "interviewed_on" in columns else "NULL::DATE AS interviewed_on"
    own = (
        f"SELECT {identifier(key)} AS rating, {', '.join(known)}, {dated}, "
        f"{_own_reason(rules, columns, length)} AS {EXCLUDED} FROM {table}"
    )
    listed = f"rating AS {identifier(key)}, {', '.join(_CONTACT)}"
    result = f"SELECT {listed}, {EXCLUDED} FROM own WHERE {EXCLUDED} IS NOT NULL"
    if rules.repeat == "all":
        return f"WITH own AS NOT MATERIALIZED ({own}) {result} ORDER BY ALL"
    repeated = literal(_repeat_reason(rules))
    return (
        f"WITH RECURSIVE own AS NOT MATERIALIZED ({own}), {_counted(rules)} "
        f"{result} UNION ALL "
        f"SELECT {listed}, {repeated} FROM answers ANTI JOIN counted USING (place) ORDER BY ALL"
    )


def weighed_sql(relation: str, columns: Collection[str]) -> str:
    """Return a file's responses with 0 for a missing weight; those that weigh 0 do not count.

    ``relation`` has the columns that `placement.placed` gives, ``columns`` are the canonical
    ones. A weight that is not allowed is left to be refused.
    """
    if "weight" not in columns:
        return relation
    marked = EXCLUDED in columns
    reason = f'CASE WHEN "weight.problem" IS NULL THEN {WEIGHTLESS_SQL} END'
    if marked:
        reason = f"coalesce({EXCLUDED}, {reason})"
    others = ", ".join(["weight", *[EXCLUDED] * marked])
    return (
        f"(SELECT * EXCLUDE ({others}), coalesce(weight, 0) AS weight, {reason} AS {EXCLUDED} "
        f"FROM {relation})"
    )


def set_aside_as_repeated(column: str) -> str:
    """Return the SQL condition that a reason is the contact rule's, whatever its window."""
    return (
        f"(coalesce({column} LIKE '%_answer about this supplier, less than % days away, counts', "
        "FALSE))"
    )


def reasons(rules: EligibilityRules) -> dict[str, str]:
    """Return the rule behind each reason that these rules can give a rating."""
    own = {reason: rule for rule, _, reason in _own_rules(rules, LENGTH)}
    return own if rules.repeat == "all" else own | {_repeat_reason(rules): CONTACT_RULE}


def with_excluded(ratings: pa.Table, exclusions: pa.Table, *, key: str = "rating_id") -> pa.Table:
    """Return ratings in their order with the column ``excluded``, null where a rating counts.

    It takes the place of one that ``ratings`` has.

    Parameters
    ----------
    ratings
        Table with the column ``key``.
    exclusions
        The columns ``key`` and ``excluded`` of what `exclusions_sql` gives.
    key
        Column that identifies a rating.
    """
    places = pc.index_in(ratings.column(key), value_set=exclusions.column(key))
    others = [name for name in ratings.column_names if name != EXCLUDED]
    marks = exclusions.column(EXCLUDED).take(places)
    return ratings.select(others).append_column(EXCLUDED, marks)


def count_unjudged(
    connection: duckdb.DuckDBPyConnection,
    rules: EligibilityRules,
    table: str,
    columns: Collection[str],
    *,
    length: str = LENGTH,
) -> pa.Table:
    """Count the ratings that a rule could not judge: rule, missing, ratings.

    ``missing`` is the column that has no value; a rating that lacks several is counted once
    a rule, under the first of respondent_id, supplier, interviewed_on. Such ratings count.
    """
    sql = unjudged_sql(rules, table, columns, length=length)
    return connection.sql(sql).to_arrow_table()


def unjudged_sql(
    rules: EligibilityRules, table: str, columns: Collection[str], *, length: str = LENGTH
) -> str:
    """Return the SELECT of what `count_unjudged` returns."""
    selects = [
        f"SELECT {literal(rule)} AS rule, {_first_lack(needed, columns)} AS missing FROM {table}"
        for rule, needed in _needed(rules, length)
    ]
    lacking = " UNION ALL ".join(selects) or _NOTHING
    return (
        f"SELECT rule, missing, count(*) AS ratings FROM ({lacking}) "
        "WHERE missing IS NOT NULL GROUP BY ALL ORDER BY rule, missing"
    )


def write_exclusions(exclusions: pa.Table, path: Path, *, key: str = "rating_id") -> None:
    """Write the ratings that do not count as CSV: key, supplier, interviewed_on, excluded.

    ``exclusions`` is what `exclusions_sql` gives, in its order. The respondent is left out: one
    place less to forget a person from.
    """
    with replacing(path) as temporary:
        csv.write_csv(exclusions.select([key, "supplier", "interviewed_on", EXCLUDED]), temporary)


def _needed(rules: EligibilityRules, length: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each rule that is in force with the columns that it needs."""
    needed: list[tuple[str, tuple[str, ...]]] = []
    if rules.repeat != "all":
        needed.append((CONTACT_RULE, _CONTACT))
    if rules.interviewed_from or rules.interviewed_to:
        needed.append((WINDOW, ("interviewed_on",)))
    if rules.shortest_interview_seconds is not None:
        needed.append((SHORTEST, (length,)))
    return needed


def _require(rules: EligibilityRules, columns: Collection[str], length: str) -> None:
    """Refuse a rule that was asked for and can judge no rating; the contact rule is a default."""
    for rule, needed in _needed(rules, length):
        absent = [name for name in needed if name not in columns]
        if absent and needed != _CONTACT:
            raise MissingColumnError(
                f"The {rule} needs the column {absent[0]}, which these responses do not have.",
                remedy=f"Map {absent[0]} in the crosswalk, or leave this rule out.",
            )


def _own_reason(rules: EligibilityRules, columns: Collection[str], length: str) -> str:
    """Return why a rating by itself does not count, as SQL; NULL where it does."""
    # What did not count where the responses come from does not count here.
    given = [f"WHEN {EXCLUDED} IS NOT NULL THEN {EXCLUDED}"] if EXCLUDED in columns else []
    cases = given + [
        f"WHEN {condition} THEN {literal(reason)}"
        for _, condition, reason in _own_rules(rules, length)
    ]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def _own_rules(rules: EligibilityRules, length: str) -> list[tuple[str, str, str]]:
    """Return the rules on a rating by itself: the rule, when it excludes (SQL), the reason."""
    found = []
    if rules.interviewed_from:
        condition = f"interviewed_on < DATE {literal(str(rules.interviewed_from))}"
        found.append((WINDOW, condition, f"interviewed before {rules.interviewed_from}"))
    if rules.interviewed_to:
        condition = f"interviewed_on > DATE {literal(str(rules.interviewed_to))}"
        found.append((WINDOW, condition, f"interviewed after {rules.interviewed_to}"))
    if rules.shortest_interview_seconds is not None:
        shortest = rules.shortest_interview_seconds
        condition = f"{identifier(length)} < {literal(shortest)}"
        found.append((SHORTEST, condition, f"interview shorter than {shortest:g} seconds"))
    return found


def _repeat_reason(rules: EligibilityRules) -> str:
    which = "an earlier" if rules.repeat == "first" else "a later"
    return (
        f"{which} answer about this supplier, less than {rules.repeat_window_days} days away, "
        "counts"
    )


def _counted(rules: EligibilityRules) -> str:
    """Return the common tables ``answers`` (of repeaters) and ``counted`` (their places).

    Answers stand in one order, by respondent, supplier, day and rating. Each knows the first
    answer of its group that is a window or more away, so counting is a walk along these; it
    has as many steps as the respondent with the most counted answers.
    """
    day = "interviewed_on - DATE '1970-01-01'"
    forward = rules.repeat == "first"
    known = " AND ".join(f"{name} IS NOT NULL" for name in _CONTACT)
    # Equal numbers for different groups do no harm here: they only let in some more rows.
    group = "hash(respondent_id, supplier)"
    return (
        "eligible AS NOT MATERIALIZED ("
        f"SELECT rating, {', '.join(_CONTACT)} FROM own "
        f"WHERE {EXCLUDED} IS NULL AND {known} AND isfinite(interviewed_on)), "
        "repeaters AS NOT MATERIALIZED ("
        f"SELECT *, {'' if forward else '-'}({day}) AS day FROM eligible WHERE {group} IN "
        f"(SELECT {group} FROM eligible GROUP BY ALL HAVING count(*) > 1)), "
        "ordered AS NOT MATERIALIZED (SELECT *, row_number() OVER ("
        f"ORDER BY respondent_id, supplier, day, rating {'ASC' if forward else 'DESC'}"
        ") AS place FROM repeaters), "
        "answers AS MATERIALIZED (SELECT *, "
        "min(place) OVER (PARTITION BY respondent_id, supplier) AS earliest, "
        "min(place) OVER (PARTITION BY respondent_id, supplier ORDER BY day "
        f"RANGE BETWEEN {rules.repeat_window_days} FOLLOWING AND UNBOUNDED FOLLOWING"
        ") AS following FROM ordered), "
        "counted AS (SELECT place FROM answers WHERE place = earliest UNION ALL "
        "SELECT following FROM counted JOIN answers USING (place) WHERE following IS NOT NULL)"
    )


def _first_lack(needed: tuple[str, ...], columns: Collection[str]) -> str:
    """Return the first needed column without a value, as SQL; NULL where all have one."""
    cases = [
        f"WHEN {identifier(name)} IS NULL THEN {literal(name)}"
        if name in columns
        else f"WHEN TRUE THEN {literal(name)}"
        for name in needed
    ]
    return f"CASE {' '.join(cases)} END"
