"""Who was invited, from the contacts of a dataset, and the outcome rates by programme or segment.

The contacts are read where the dataset is: each says what became of an invitation, and to which
programme it belongs. Segments of their own that they tell are theirs. Another segment of the
ratings is one of the contacts where all ratings of a programme have the same, as sector and
industry mostly do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow as pa

from advocacy.errors import DataError, MissingColumnError
from advocacy.estimation.estimates import COLUMNS, Estimates
from advocacy.estimation.segments import Segment, find_segments
from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.responses.dataset.accounts import CONTACTS_FOLDER
from advocacy.responses.dataset.verifying import partitions_root
from advocacy.responses.schema import is_own_segment
from advocacy.robustness.contact_rule import over_sources
from advocacy.robustness.participation import OutcomeRate, grouped, outcome_rates
from advocacy.sql import connect, identifier, literal

# Codes of invitations without one: of those who answered, and of the others.
ANSWERED, NOT_KNOWN = "1.1", "3.9"
_OUTCOME = pa.schema(
    [
        ("outcome", pa.string()),
        ("counts", pa.string()),
        ("numerator", pa.float64()),
        ("denominator", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Participation(Estimates):
    """Outcome rates of AAPOR, sixteen rows a domain.

    Behind the columns of all estimates stand ``outcome``, AAPOR's name of the rate; ``counts``,
    its definition in AAPOR's letters; and ``numerator`` and ``denominator``, numbers of
    invitations. They are of all who were invited, so that they have no standard errors.

    Parameters
    ----------
    notes
        What must be known beside the numbers.
    """

    notes: tuple[Remark, ...] = ()


def participation(
    responses: Responses, *, by: Sequence[str] = (), e: float | None = None
) -> Participation:
    """Return response, cooperation, refusal and contact rates, each with what it counts.

    Parameters
    ----------
    responses
        A dataset whose sources list files of contacts.
    by
        Names in `SEGMENTS` of which every programme has one level, such as programme and sector,
        or names of segments that the crosswalks of contacts keep, such as segment_region.
    e
        Share eligible of those whose eligibility is not known, from 0 to 1; by default that of
        those of whom it is known, over all programmes of a domain.

    Raises
    ------
    MissingColumnError
        There are no contacts.
    DataError
        A segment differs within a programme, or a disposition is no code of AAPOR.
    UsageError
        An unknown segment, or an ``e`` outside 0 to 1.

    Notes
    -----
    R equivalent: ``outcomerate::outcomerate``.
    """
    segments = find_segments(by)
    names = [segment.name for segment in segments]
    counted = invitations(responses, segments)
    rows: list[dict[str, Any]] = []
    for key, codes in counted.codes.items():
        row: dict[str, Any] = dict(zip(names, key, strict=True))
        row |= {"quantity": "share", "source_kind": responses.source_kind}
        row["n"] = sum(codes.values())
        rows += [row | _counted(rate) for rate in outcome_rates(grouped(codes), e)]
    levels = {name: pa.array([row[name] for row in rows]) for name in names}
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows], field.type)
        for schema in (COLUMNS, _OUTCOME)
        for field in schema
    }
    about = {"no_disposition": counted.without, "unplaced": counted.unplaced}
    notes = [Remark(f"robustness.{key}", {"contacts": n}) for key, n in about.items() if n]
    notes += over_sources(responses)
    return Participation(pa.table(levels | columns), "participation", notes=tuple(notes))


def _counted(rate: OutcomeRate) -> dict[str, Any]:
    """Return the columns of a rate; null where nothing is in its denominator, or e not known."""
    return {
        "estimate": None if isnan(rate.rate) else rate.rate,
        "outcome": rate.name,
        "counts": rate.counts,
        "numerator": float(rate.numerator),
        "denominator": None if isnan(rate.denominator) else rate.denominator,
    }


@dataclass(frozen=True)
class Invitations:
    """Numbers of invitations.

    Parameters
    ----------
    codes
        By the levels of the segments, then by disposition.
    without
        Those without a disposition.
    unplaced
        Those without a level: they do not tell it, or nobody of their programme answered.
    """

    codes: dict[tuple[str, ...], dict[str, int]]
    without: int
    unplaced: int


def has_contacts(responses: Responses) -> bool:
    """Tell whether there are contacts beside the ratings."""
    return bool(_files(responses))


def invitations(responses: Responses, segments: Sequence[Segment]) -> Invitations:
    """Count the invitations of each domain by disposition.

    An invitation without a disposition of which a rating came counts as complete, another as of
    unknown eligibility.
    """
    known = [name for name in told(responses) if is_own_segment(name)]
    direct = [segment.name for segment in segments if segment.name in known]
    others = [segment for segment in segments if segment.name not in known]
    rows = _counted_by(responses, ["programme", *direct])
    levels = _levels(responses, others) if others else {}
    counted: dict[tuple[str, ...], dict[str, int]] = {}
    without = unplaced = 0
    for (programme, *values), disposition, number, lacking in rows:
        without += lacking
        level = levels.get(str(programme)) if others else ()
        if level is None or "" in values:
            unplaced += number
            continue
        found = dict(zip(direct, values, strict=True))
        found |= {segment.name: one for segment, one in zip(others, level, strict=True)}
        codes = counted.setdefault(tuple(found[segment.name] for segment in segments), {})
        codes[disposition] = codes.get(disposition, 0) + number
    return Invitations(dict(sorted(counted.items())), without, unplaced)


def told(responses: Responses) -> list[str]:
    """Return what contacts tell of who was invited: their programme, and segments of their own."""
    files = _files(responses)
    if not files:
        return []
    with connect({}) as connection:
        names = connection.sql(f"FROM {_read(files)} LIMIT 0").columns
    return ["programme", *filter(is_own_segment, names)]


def invited_by(responses: Responses, names: Sequence[str]) -> dict[tuple[str, ...], dict[str, int]]:
    """Count the invitations of each combination of what contacts tell, by disposition.

    Raises
    ------
    MissingColumnError
        There are no contacts, or they do not tell one of ``names``.
    """
    known = told(responses)
    absent = [name for name in names if name not in known] if known else []
    if absent:
        raise MissingColumnError(
            f"The contacts do not tell {', '.join(absent)} of who was invited.",
            where=responses.name,
            remedy="Map it in the crosswalk of the files under [[contacts]], under a name such as "
            f"segment_region, and import the source again. They tell: {', '.join(known)}.",
        )
    counted: dict[tuple[str, ...], dict[str, int]] = {}
    for key, disposition, number, _ in _counted_by(responses, names):
        codes = counted.setdefault(key, {})
        codes[disposition] = codes.get(disposition, 0) + number
    return counted


def with_contacts(responses: Responses, names: Sequence[str]) -> Responses:
    """Return ratings with what the invitation that each came of tells.

    Columns begin with ``contact_``; all are missing where no invitation is known.
    """
    given = ", ".join(
        f"coalesce(any_value({identifier(name)}), '') AS {identifier(f'contact_{name}')}"
        for name in names
    )
    came = (
        f"SELECT rating_id, {given} FROM {_read(_files(responses))} "
        "WHERE rating_id IS NOT NULL GROUP BY rating_id"
    )
    joined = f"(SELECT * FROM {responses.relation} AS r LEFT JOIN ({came}) AS c USING (rating_id))"
    return replace(responses, relation=joined)


def _counted_by(
    responses: Responses, names: Sequence[str]
) -> list[tuple[tuple[str, ...], str, int, int]]:
    """Return combinations, disposition, how many, and how many of them without a disposition."""
    files = _files(responses)
    if not files:
        raise MissingColumnError(
            "There are no contacts: who was invited, and what became of it, is not known.",
            where=responses.name,
            remedy="Collect from the survey system a file with a row an invitation and its "
            "outcome; list it in source.toml under [[contacts]], and import the source.",
        )
    code = (
        "coalesce(disposition, "
        f"CASE WHEN rating_id IS NULL THEN '{NOT_KNOWN}' ELSE '{ANSWERED}' END)"
    )
    by = ", ".join(f"coalesce({identifier(name)}, '')" for name in names)
    with connect({}) as connection:
        rows = connection.execute(
            f"SELECT {by}, {code}, count(*), count(*) - count(disposition) "
            f"FROM {_read(files)} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return [(tuple(row[:-3]), *row[-3:]) for row in rows]


def _read(files: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path)) for path in files)
    return f"read_parquet([{listed}], union_by_name = true)"


def _levels(responses: Responses, segments: Sequence[Segment]) -> dict[str, tuple[str, ...]]:
    """Return the levels that each programme has; refuse a segment that differs within one."""
    for segment in segments:
        responses.require(segment.needs, f"The segment {segment.name}")
    chosen = ", ".join(
        f"min(({one.expression})::VARCHAR), max(({one.expression})::VARCHAR)" for one in segments
    )
    found: dict[str, tuple[str, ...]] = {}
    with connect(responses.tables) as connection:
        rows = connection.execute(
            f"SELECT programme, {chosen} FROM {responses.relation} GROUP BY programme"
        ).fetchall()
    for programme, *values in rows:
        least, most = values[::2], values[1::2]
        for segment, low, high in zip(segments, least, most, strict=True):
            if low != high:
                raise DataError(
                    f"The ratings of the programme {programme!r} are of several levels of "
                    f"{segment.name}, such as {low} and {high}; of those who did not answer it "
                    "is not known.",
                    where=responses.name,
                    remedy="Leave it out of --by: invitations tell programme and supplier alone.",
                )
        if None not in least:
            found[programme] = tuple(least)
    return found


def _files(responses: Responses) -> list[Path]:
    if not responses.is_dataset or not Path(responses.name).is_dir():
        return []
    root = partitions_root(Path(responses.name))
    return sorted(root.glob(f"source=*/{CONTACTS_FOLDER}/*.parquet"))
