"""Which rating a follow-up belongs to, and which follow-ups cannot be: one SQL statement.

A follow-up belongs to the latest rating before it, of the same respondent and supplier, within a
window of days. Where two follow-ups of a rating contradict each other, the earlier is believed: it
lay closer to what it tells of. What is set aside has a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advocacy.responses.dataset.filling import NUMBER
from advocacy.responses.dataset.source import Source
from advocacy.responses.dataset.waves.keys import (
    EXCLUSIONS,
    PLACE,
    RATINGS,
    FileRows,
    Rows,
    compared_ids,
    finer,
    same,
    whose,
)
from advocacy.responses.schema import RECORDED
from advocacy.sql import identifier, literal


@dataclass(frozen=True)
class Rule:
    """Why a follow-up is set aside.

    Parameters
    ----------
    column
        The column that it is for; empty for the one that says whose the follow-up is.
    reason
        In words.
    holds
        SQL of when it holds, over what `_found` or `_ordered` gives.
    """

    column: str
    reason: str
    holds: str


STRANGER = "the ratings have none of theirs with a date"
_EARLIER = "an earlier follow-up of this rating"
_TWO = "perhaps two people under one respondent"
_ON, _SAID, _FIRST, _CHURNED = (
    *("followed_up_on", "recommended_since"),
    *("first_recommended_on", "churned_on"),
)
_CHECKED, _VERIFIED_ON = RECORDED
# Bits of a number, less its sign: waves beyond are told apart by the full rule alone.
_BITS = 63
# More than there are ratings.
_BEYOND = 1 << 60


def rules(window_days: int) -> tuple[Rule, ...]:
    """Return the reasons for which follow-ups are set aside, in the order of their numbers."""
    return (*_own_rules(window_days), *_joint_rules())


def _own_rules(window_days: int) -> tuple[Rule, ...]:
    """Return why a follow-up is set aside whatever the others say; the first that holds."""
    late = f"{_ON} - interviewed_on > {window_days}"
    return (
        Rule(_ON, "no date of the follow-up interview", f"{_ON} IS NULL"),
        Rule(
            _SAID,
            "nothing was answered",
            f"{_SAID} IS NULL AND {_CHURNED} IS NULL AND {_CHECKED} IS NULL",
        ),
        Rule(_FIRST, "dated, but they say that they did not", f"denied AND {_FIRST} IS NOT NULL"),
        Rule(_FIRST, "after the follow-up interview", f"{_FIRST} > {_ON}"),
        Rule("", "it does not say whose it is", "nobody"),
        Rule("", STRANGER, f"{PLACE} IS NULL"),
        Rule("", "it may be of several respondents or suppliers", "several"),
        Rule("interviewed_on", "its rating has no date", "interviewed_on IS NULL"),
        Rule(_ON, "on or before the interview that it is to follow", f"{_ON} <= interviewed_on"),
        Rule(_ON, f"more than {window_days} days after the interview", late),
        Rule("", f"two ratings of one day that differ: {_TWO}", "differing"),
        Rule(_FIRST, "on or before the interview", f"{_FIRST} <= interviewed_on"),
        Rule(_CHURNED, "on or before the interview", f"{_CHURNED} <= interviewed_on"),
    )


def _joint_rules() -> tuple[Rule, ...]:
    """Return why a follow-up is set aside beside others of its rating; the first that holds."""
    before = f"{_SAID} AND (coalesce(turn < yes_at, TRUE) OR {_FIRST} <= no_until)"
    return (
        Rule("", f"two answers in one wave that differ: {_TWO}", "differ"),
        Rule("", "a second answer in one wave; the first is kept", "nth > 1"),
        Rule(_SAID, f"no, after {_EARLIER} said yes", f"NOT {_SAID} AND turn > yes_at"),
        Rule(_FIRST, f"on or before {_EARLIER} that said no", before),
        Rule(_FIRST, f"after {_EARLIER} that said yes", f"{_SAID} AND {_FIRST} > yes_by"),
        Rule(_FIRST, f"another date than {_EARLIER} gave", f"{_SAID} AND {_FIRST} <> first_on"),
    )


def linked_sql(
    source: Source, ratings: Rows, files: Sequence[FileRows], waves: Sequence[str], scored: bool
) -> str:
    """Return the SELECT of all follow-ups: the rating of each, or why it is set aside.

    Parameters
    ----------
    source
        What the ratings and follow-ups are of.
    ratings
        The ratings: the table `RATINGS`, each with its `PLACE`; the table `EXCLUSIONS` has the
        rating_id of those that do not count.
    files
        The follow-ups of each file.
    waves
        The names of all waves.
    scored
        Whether ratings have a score, by which two of one day are told apart.

    Returns
    -------
    str
        Columns: file (its place among ``files``), row, wave (its place among ``waves``, from 1),
        followed_up_on, recommended_since (a first date says it too), first_recommended_on,
        churned_on, what a search of records found, `PLACE`, and wrong: the number of the rule
        that sets it aside, null where it is linked.
    """
    found = [_found(source, ratings, rows, index) for index, rows in enumerate(files)]
    # Files with the same key share the days of the ratings.
    keys = dict.fromkeys(key for rows in files if (key := whose(ratings, rows)))
    periods = "".join(
        f"{_named(key)} AS MATERIALIZED ({_periods(ratings, key, scored)}), " for key in keys
    )
    named = f"list_position([{', '.join(map(literal, waves))}], wave)"
    own = _own_rules(source.window_days)
    return (
        f"WITH {periods}found AS ({' UNION ALL '.join(found)}), judged AS MATERIALIZED ("
        f"SELECT file, row, {named} AS wave, {_ON}, {_SAID}, {_FIRST}, {_CHURNED}, "
        f"{_CHECKED}, {_VERIFIED_ON}, {PLACE}, {_first(own, 0)} AS own FROM found), "
        f"{_doubtful()}, {_ordered()}, "
        "contradictions AS (SELECT file, row, "
        f"{_first(_joint_rules(), len(own))} AS beside FROM ordered) "
        "SELECT judged.* EXCLUDE (own), coalesce(own, beside) AS wrong "
        "FROM judged LEFT JOIN contradictions USING (file, row)"
    )


def _first(these: Iterable[Rule], number: int) -> str:
    """Return the SQL of the number of the first rule that holds."""
    whens = [f"WHEN {rule.holds} THEN {n}" for n, rule in enumerate(these, number)]
    return f"CASE {' '.join(whens)} END"


def _found(source: Source, ratings: Rows, rows: FileRows, index: int) -> str:
    """Return the SELECT of a file's follow-ups, each with the rating that it may belong to.

    ``denied`` says that it says no, ``nobody`` that it does not say whose it is, ``several`` that
    its ratings are of several, ``differing`` that there are two of that day with other scores.
    """
    key, direct = whose(ratings, rows), "rating_id" in rows.names
    said, first = rows.column(_SAID, "BOOLEAN"), rows.column(_FIRST, "DATE")
    named = ["rating_id"] * direct + [*key[:1]]
    own = (
        f"SELECT {index} AS file, {identifier(NUMBER)} AS row, wave, {_ON}, "
        # Who says when says that they did.
        f"coalesce({said}, CASE WHEN {first} IS NOT NULL THEN TRUE END) AS {_SAID}, "
        f"coalesce(NOT {said}, FALSE) AS denied, {first} AS {_FIRST}, "
        f"{rows.column(_CHURNED, 'DATE')} AS {_CHURNED}, {_searched(rows)}, "
        f"{' AND '.join(f'{name} IS NULL' for name in named)} AS nobody"
    )
    own += "".join(f", {name}" for name in key)
    joins, places, dates, flags = "", [], [], {"several": "FALSE", "differing": "FALSE"}
    if direct:
        theirs, its = compared_ids(source, ratings, rows)
        own += f", {its} AS rating"
        joins += (
            f" LEFT JOIN (SELECT {theirs} AS id, {PLACE}, {_dated(ratings)} FROM {RATINGS}) direct "
            "ON own.rating = direct.id"
        )
        places.append(f"direct.{PLACE}")
        dates.append("direct.interviewed_on")
    if key:
        joins += (
            f" LEFT JOIN {_named(key)} period ON {same(key, 'own', 'period')} "
            f"AND {_ON} > since AND {_ON} <= until{' AND own.rating IS NULL' * direct}"
        )
        places.append(f"period.{PLACE}")
        dates.append("period.interviewed_on")
        flags = {name: f"coalesce(period.{name}, FALSE)" for name in flags}
    left = ", ".join([*key, *["rating"] * direct])
    return (
        f"SELECT own.*{f' EXCLUDE ({left})' if left else ''}, coalesce({', '.join(places)}) AS "
        f"{PLACE}, coalesce({', '.join(dates)}) AS interviewed_on, "
        f"{', '.join(f'{sql} AS {name}' for name, sql in flags.items())} "
        f"FROM ({own} FROM {rows.table}) own{joins}"
    )


def _searched(rows: FileRows) -> str:
    """Return the SQL of whether records were searched, and what was found: a date says both."""
    found = rows.column(_VERIFIED_ON, "DATE")
    checked = rows.column(_CHECKED, "BOOLEAN")
    return (
        f"coalesce({checked}, CASE WHEN {found} IS NOT NULL THEN TRUE END) AS {_CHECKED}, "
        f"{found} AS {_VERIFIED_ON}"
    )


def _named(key: Sequence[str]) -> str:
    """Return the name of the common table of the days of ratings by a key."""
    return identifier(f"days by {' and '.join(key)}")


def _dated(ratings: Rows) -> str:
    return f"{ratings.column('interviewed_on', 'DATE')} AS interviewed_on"


def _periods(ratings: Rows, key: Sequence[str], scored: bool) -> str:
    """Return the SELECT of the days on which a rating is the latest, after ``since``.

    The first also has all days before it, on which nothing can follow it. Of ratings of one day
    the first that counts is taken.
    """
    listed = ", ".join(key)
    apart = [f"coalesce({name}, '')" for name in finer(ratings, key)]
    whom = f"concat_ws(chr(31), {', '.join(apart)})" if apart else "NULL"
    differ = "coalesce(min(score) <> max(score), FALSE)" if scored else "FALSE"
    window = f"(PARTITION BY {listed})"
    days = (
        f"SELECT {listed}, interviewed_on, "
        # Those that count come before those that do not.
        f"min({PLACE} + coalesce(uncounted, 0)) % {_BEYOND} AS {PLACE}, "
        f"{differ} AS differing, min({whom}) AS least, max({whom}) AS most "
        f"FROM {RATINGS} LEFT JOIN (SELECT rating_id, {_BEYOND} AS uncounted FROM {EXCLUSIONS}) "
        f"USING (rating_id) WHERE interviewed_on IS NOT NULL GROUP BY {listed}, interviewed_on"
    )
    several = f"min(least) OVER {window} <> max(most) OVER {window}"
    return (
        f"SELECT {listed}, interviewed_on, {PLACE}, differing, "
        f"{several if apart else 'FALSE'} AS several, "
        "CASE WHEN lag(interviewed_on) OVER days IS NULL THEN DATE '-infinity' "
        "ELSE interviewed_on END AS since, "
        "coalesce(lead(interviewed_on) OVER days, DATE 'infinity') AS until "
        f"FROM ({days}) WINDOW days AS (PARTITION BY {listed} ORDER BY interviewed_on)"
    )


def _doubtful() -> str:
    """Return the common table of the ratings of which the follow-ups may contradict each other.

    Most do not: only these are looked at one by one.
    """
    no, yes = f"max({_ON}) FILTER (NOT {_SAID})", f"min({_ON}) FILTER ({_SAID})"
    doubts = (
        f"bit_count(bit_or(1::BIGINT << (wave % {_BITS})::INTEGER)) <> count(*)",
        f"{no} >= {yes}",
        f"min({_FIRST}) <> max({_FIRST})",
        f"min({_FIRST}) <= {no}",
        f"max({_FIRST}) > {yes}",
    )
    return (
        f"doubtful AS (SELECT {PLACE} FROM judged WHERE own IS NULL GROUP BY {PLACE} "
        f"HAVING {' OR '.join(f'coalesce({doubt}, FALSE)' for doubt in doubts)})"
    )


def _ordered() -> str:
    """Return the common tables up to ``ordered``: follow-ups of one rating, beside each other.

    ``differ`` and ``nth`` are among those of the same wave. Of the others, in their order ``turn``:
    the first yes that can be believed, ``yes_at`` and ``yes_by``, is one without a date, or of a
    date after all that said no before it, ``no_before``; ``no_until`` is the last no before that
    yes, and ``first_on`` the first date between the two.
    """
    wave, rating = f"(PARTITION BY {PLACE}, wave)", f"(PARTITION BY {PLACE})"
    order = f"{_ON}, file, row"
    differ = " OR ".join(
        f"coalesce(min({name}) OVER {wave} <> max({name}) OVER {wave}, FALSE)"
        for name in (f"{_SAID}", _FIRST, _CHURNED)
    )
    believed = f"stands AND {_SAID} AND coalesce({_FIRST} > no_before, TRUE)"
    within = f"coalesce({_FIRST} > no_until, TRUE) AND {_FIRST} <= yes_by"
    return (
        f"paired AS (SELECT judged.*, {differ} AS differ, "
        f"row_number() OVER (PARTITION BY {PLACE}, wave ORDER BY {order}) AS nth, "
        f"row_number() OVER (PARTITION BY {PLACE} ORDER BY {order}) AS turn, "
        f"NOT differ AND nth = 1 AS stands "
        f"FROM judged SEMI JOIN doubtful USING ({PLACE}) WHERE own IS NULL), "
        f"denied AS (SELECT *, max({_ON}) FILTER (stands AND NOT {_SAID}) OVER "
        f"(PARTITION BY {PLACE} ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) "
        "AS no_before FROM paired), "
        f"told AS (SELECT *, min(turn) FILTER ({believed}) OVER {rating} AS yes_at, "
        f"min({_ON}) FILTER ({believed}) OVER {rating} AS yes_by FROM denied), "
        f"ended AS (SELECT *, max({_ON}) FILTER (stands AND NOT {_SAID} AND "
        f"coalesce(turn < yes_at, TRUE)) OVER {rating} AS no_until FROM told), "
        f"ordered AS (SELECT *, arg_min({_FIRST}, turn) FILTER (stands AND {_SAID} AND "
        f"turn >= yes_at AND {_FIRST} IS NOT NULL AND {within}) OVER {rating} AS first_on "
        "FROM ended)"
    )


def outcomes_sql(linked: str) -> str:
    """Return the SELECT of what follow-ups say of each rating, by `PLACE`.

    ``linked`` is a table as `linked_sql` gives. Columns: `PLACE`, those of `schema.FOLLOWED_UP`,
    and ``later``, whether there is a churn after the last answer. It is not taken: nothing is
    known of recommendations beyond that answer, and it would say that there was none in between.
    """
    last = f"max({_ON}) FILTER ({_SAID} IS NOT NULL)"
    churned = f"min({_CHURNED})"
    return (
        f"SELECT {PLACE}, {last} AS {_ON}, bool_or({_SAID}) AS {_SAID}, min({_FIRST}) AS {_FIRST}, "
        f"max({_ON}) FILTER (NOT {_SAID}) AS not_recommended_until, "
        f"min({_ON}) FILTER ({_SAID}) AS recommended_by, "
        f"CASE WHEN {churned} <= {last} THEN {churned} END AS {_CHURNED}, "
        f"bool_or({_CHECKED}) AS {_CHECKED}, max({_VERIFIED_ON}) AS {_VERIFIED_ON}, "
        f"{churned} IS NOT NULL AND coalesce({churned} > {last}, TRUE) AS later "
        f"FROM {linked} WHERE wrong IS NULL GROUP BY {PLACE} ORDER BY {PLACE}"
    )
