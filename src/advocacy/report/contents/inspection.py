"""How an inspected file is shown: a row a variable, or the whole story of one."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from math import isinf
from typing import Any

from advocacy.files import in_utf8
from advocacy.report.contents.parts import count, ratio, table
from advocacy.report.document import (
    Block,
    Column,
    Document,
    Entry,
    Facts,
    Heading,
    Items,
    Paragraph,
    Table,
)
from advocacy.report.wording import ENGLISH, NONE, counted
from advocacy.responses.labelled import MissingRange, written_code
from advocacy.responses.proposal.follow_up.belonging import Belonging
from advocacy.responses.proposal.follow_up.kinds import FileKind
from advocacy.responses.proposal.levels import Kind, Level, Profile, ProfiledFile
from advocacy.responses.proposal.roles import Proposal

_LISTED = 3  # levels that a variable's row names
_MOST_RIVALS = 50  # in JSON, of each variable
_MOST_SHOWN = 1_000  # variables of a table: nobody reads more, and JSON has all


def overview(file: ProfiledFile, proposals: list[Proposal], belongs: Belonging) -> Document:
    """Return the facts of a file and its variables, a row each."""
    return Document((_facts(file, belongs), _variables(_shown(proposals)), _summary(proposals)))


def story(proposal: Proposal) -> Document:
    """Return all that is known of one variable."""
    profile = proposal.profile
    sure = ENGLISH.ratio(proposal.confidence)
    return Document(
        (
            Heading(f"{proposal.name}: {profile.variable.label or 'no label'}"),
            *_values_found(profile),
            _levels(profile),
            Paragraph(f"proposed role: {_role(proposal)} ({sure})"),
            *((Items(proposal.reasons),) if proposal.reasons else ()),
            *_rivals(proposal),
        )
    )


def as_json(file: ProfiledFile, proposals: list[Proposal], belongs: Belonging) -> str:
    """Return the same as JSON, all levels included."""
    table = file.table
    content = {
        "file": in_utf8(table.path.name),
        "format": file.format,
        "encoding": table.encoding,
        "assumptions": [ENGLISH.said(remark) for remark in table.assumptions],
        "rows": file.rows,
        "label": table.label,
        "notes": list(table.notes),
        "weight": table.weight,
        "multiple_response": [asdict(one) for one in table.multiple_response],
        **_follow_up(belongs),
        "variables": [_described(proposal) for proposal in proposals],
    }
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _follow_up(belongs: Belonging) -> dict[str, Any]:
    """Return what a file is of and could belong to; nothing of a file of ratings alone."""
    if belongs.kind is FileKind.RATINGS:
        return {}
    bases = [asdict(one) for one in belongs.bases]
    return {"seems_to_be": {"of": belongs.kind, "because": belongs.because, "bases": bases}}


def _facts(file: ProfiledFile, belongs: Belonging) -> Facts:
    """Return what is said of the whole file."""
    table = file.table
    pairs = [
        ("file", f"{table.path.name}, {file.format}"),
        ("rows", f"{ENGLISH.count(file.rows)}, {counted(len(table.variables), 'variable')}"),
        ("encoding", table.encoding),
        *(("assumed", ENGLISH.said(remark)) for remark in table.assumptions),
        ("label", table.label),
        *(("note", note.strip()) for note in table.notes),
        ("declared weight", table.weight or "none"),
        ("seems to be of", f"{belongs.kind}: {belongs.because}" if belongs.because else ""),
        *(("belongs", said) for said in belongs.told()),
    ]
    for one in table.multiple_response:
        chosen = f", counts {one.counted_value}" if one.counted_value else ""
        names = ", ".join(one.variables)
        pairs.append(
            ("multiple response", f"{one.name} {one.label!r} ({one.kind}{chosen}): {names}")
        )
    return Facts(tuple((name, fact) for name, fact in pairs if fact))


def _shown(proposals: list[Proposal]) -> list[Proposal]:
    """Return the variables that are listed: all, or of a wide file those with a role and the first.

    They are in the file's order.
    """
    if len(proposals) <= _MOST_SHOWN:
        return proposals
    first = sorted(proposals, key=lambda proposal: not proposal.column)[:_MOST_SHOWN]
    return sorted(first, key=lambda proposal: proposal.profile.position)


def _variables(proposals: list[Proposal]) -> Table:
    columns = (
        Column("variable", code=True),
        Column("label"),
        Column("values"),
        Column("proposed role", code=True),
        Column("sure", "right"),
    )
    return table(columns, map(_variable, proposals))


def _variable(proposal: Proposal) -> tuple[str | Entry, ...]:
    profile = proposal.profile
    cells = proposal.name, profile.variable.label, _values(profile), _role(proposal)
    sure = ratio(proposal.confidence, ENGLISH) if proposal.column else ""
    return *(" ".join(cell.split()) for cell in cells), sure


def _summary(proposals: list[Proposal]) -> Paragraph:
    asked = sorted({p.column for p in proposals if p.contested})
    given, of = (ENGLISH.count(n) for n in (sum(bool(p.column) for p in proposals), len(proposals)))
    text = f"{given} of {of} variables have a proposed role."
    if asked:
        text += f" Marked ?: more than one variable could be {', '.join(asked)}."
    if len(proposals) > _MOST_SHOWN:
        shown = ENGLISH.count(_MOST_SHOWN)
        text += f" Listed are {shown} of them, those with a role first; --format json has all."
    return Paragraph(f"{text} --variable NAME tells all about one.")


def _role(proposal: Proposal) -> str:
    if proposal.possible:
        return f"{' or '.join(proposal.possible)} ?"
    return f"{proposal.column}{' ?' if proposal.contested else ''}" or NONE


def _values(profile: Profile) -> str:
    """Return the kind of values, their range or levels, and the missing codes, in short."""
    distinct = counted(profile.distinct, "value")
    missing = [step.value for step in profile.levels if step.declared_missing and step.count]
    ending = f"; missing {','.join(missing)}" if missing else ""
    answers = [step for step in profile.levels if not step.declared_missing]
    if profile.kind is Kind.EMPTY:
        return "empty"
    if 0 < len(answers) <= _LISTED and any(step.label for step in answers):
        return ", ".join(f"{s.value} {s.label}".strip() for s in answers) + ending
    if profile.kind is Kind.NUMBER and profile.low is not None and profile.high is not None:
        return f"{profile.low:.10g}–{profile.high:.10g}, {distinct}{ending}"
    return f"{profile.kind}, {distinct}{ending}"


def _values_found(profile: Profile) -> tuple[Block, ...]:
    """Return kind and number of a variable's values, and which of them are declared missing."""
    variable = profile.variable
    about = (
        f"{profile.kind}, format {variable.format or 'not given'}, measure {variable.measure}; "
        f"{counted(profile.rows, 'row')}, {ENGLISH.count(profile.absent)} without value, "
        f"{counted(profile.distinct, 'value')}"
    )
    missing = ", ".join(_range(code) for code in variable.user_missing)
    declared = (Paragraph(f"declared missing: {missing}"),) if missing else ()
    return Paragraph(about), *declared


def _levels(profile: Profile) -> Table:
    columns = Column("value", code=True), Column("label"), Column("rows", "right"), Column("")
    has_labels = bool(profile.variable.value_labels)
    rows: list[tuple[str | Entry, ...]] = []
    for step in profile.levels:
        remark = "declared missing" if step.declared_missing else ""
        if has_labels and not step.label and not remark:
            remark = "no label"
        rows.append((step.value, step.label, count(step.count, ENGLISH), remark))
    if not profile.listed:
        rows.append(("…", counted(profile.distinct, "different value"), "", ""))
    return table(columns, rows)


def _rivals(proposal: Proposal) -> tuple[Paragraph, ...]:
    if not proposal.contested:
        return ()
    return (Paragraph(f"? as well: {', '.join(proposal.rivals)}; which one is it?"),)


def _described(proposal: Proposal) -> dict[str, Any]:
    profile, variable = proposal.profile, proposal.profile.variable
    return {
        "name": variable.name,
        "label": variable.label,
        "kind": str(profile.kind),
        "format": variable.format,
        "measure": variable.measure,
        "absent": profile.absent,
        "distinct": profile.distinct,
        "low": profile.low,
        "high": profile.high,
        "declared_missing": [[_bound(c.low), _bound(c.high)] for c in variable.user_missing],
        "levels": [_level(step) for step in profile.levels],
        "levels_complete": profile.listed,
        "role": proposal.column or None,
        "confidence": round(proposal.confidence, 4),
        "reasons": list(proposal.reasons),
        "rivals": list(islice(proposal.rivals, _MOST_RIVALS)),
        **({"may_be": list(proposal.possible)} if proposal.possible else {}),
    }


def _level(step: Level) -> dict[str, Any]:
    """Return a level's fields; `asdict` copies each, which takes long of half a million."""
    return {
        "value": step.value,
        "label": step.label,
        "count": step.count,
        "declared_missing": step.declared_missing,
    }


def _bound(code: float | str) -> float | str | None:
    """Return an end of a range of codes; ``None`` where it is open: JSON has no infinity."""
    return None if isinstance(code, float) and isinf(code) else code


def _range(code: MissingRange) -> str:
    low, high = map(written_code, (code.low, code.high))
    return low if low == high else f"{low} to {high}"
