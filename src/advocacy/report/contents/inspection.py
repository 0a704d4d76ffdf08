"""How an inspected file is shown: a line a variable, or the whole story of one."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isinf
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from advocacy.report.wording import ENGLISH
from advocacy.responses.labelled import MissingRange
from advocacy.responses.proposal.levels import Kind, Profile, ProfiledFile
from advocacy.responses.proposal.roles import Proposal

WIDTH = 100  # columns of a terminal that everything fits
_WIDTHS = (("variable", 15), ("label", 23), ("values", 23), ("proposed role", 26))
_LISTED = 3  # levels that a variable's line names


def overview(file: ProfiledFile, proposals: list[Proposal], file_format: str) -> str:
    """Return the facts of a file and its variables, a line each, `WIDTH` columns wide."""
    console = _console()
    with console.capture() as captured:
        grid = Table.grid(padding=(0, 2, 0, 0))
        for name, fact in facts(file, file_format):
            grid.add_row(Text(f"{name}:"), Text(fact))
        console.print(grid)
        console.print()
        console.print(_variables(proposals))
        console.print(_summary(proposals))
    return _trimmed(captured.get())


def story(proposal: Proposal) -> str:
    """Return all that is known of one variable."""
    profile, variable = proposal.profile, proposal.profile.variable
    console = _console()
    with console.capture() as captured:
        console.print(Text(f"{variable.name}: {variable.label or 'no label'}", style="bold"))
        console.print(
            f"{profile.kind}, format {variable.format or 'not given'}, measure {variable.measure}; "
            f"{profile.rows} rows, {profile.absent} without value, {profile.distinct} values",
            markup=False,
        )
        if variable.user_missing:
            missing = ", ".join(_range(code) for code in variable.user_missing)
            console.print(f"declared missing: {missing}", markup=False)
        console.print()
        console.print(_levels(profile))
        console.print()
        console.print(Text(f"proposed role: {_role(proposal)} ({proposal.confidence:.2f})"))
        for reason in proposal.reasons:
            console.print(Text(f"  - {reason}"))
        if proposal.rivals:
            console.print(Text(f"  ? as well: {', '.join(proposal.rivals)}; which one is it?"))
    return _trimmed(captured.get())


def as_json(file: ProfiledFile, proposals: list[Proposal], file_format: str) -> str:
    """Return the same as JSON, all levels included."""
    table = file.table
    content = {
        "file": table.path.name,
        "format": file_format,
        "encoding": table.encoding,
        "assumptions": [ENGLISH.said(remark) for remark in table.assumptions],
        "rows": file.rows,
        "label": table.label,
        "notes": list(table.notes),
        "weight": table.weight,
        "multiple_response": [asdict(one) for one in table.multiple_response],
        "variables": [_described(proposal) for proposal in proposals],
    }
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def facts(file: ProfiledFile, file_format: str) -> list[tuple[str, str]]:
    """Return what is said of the whole file, as pairs of a name and a fact."""
    table = file.table
    found = [
        ("file", f"{table.path.name}, {file_format}"),
        ("rows", f"{file.rows:,}, {len(table.variables)} variables"),
        ("encoding", table.encoding),
        *(("assumed", ENGLISH.said(remark)) for remark in table.assumptions),
        ("label", table.label),
        *(("note", note.strip()) for note in table.notes),
        ("declared weight", table.weight or "none"),
    ]
    for one in table.multiple_response:
        counted = f", counts {one.counted_value}" if one.counted_value else ""
        names = ", ".join(one.variables)
        found.append(
            ("multiple response", f"{one.name} {one.label!r} ({one.kind}{counted}): {names}")
        )
    return [(name, fact) for name, fact in found if fact]


def _variables(proposals: list[Proposal]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for heading, width in _WIDTHS:
        table.add_column(heading, width=width, no_wrap=True, overflow="ellipsis")
    table.add_column("sure", justify="right", min_width=4)
    for proposal in proposals:
        profile = proposal.profile
        sure = f"{proposal.confidence:.2f}" if proposal.column else ""
        cells = (proposal.name, profile.variable.label, _values(profile), _role(proposal), sure)
        table.add_row(*(Text(" ".join(cell.split())) for cell in cells))
    return table


def _summary(proposals: list[Proposal]) -> Text:
    asked = sorted({p.column for p in proposals if p.contested})
    given = sum(bool(p.column) for p in proposals)
    text = f"{given} of {len(proposals)} variables have a proposed role."
    if asked:
        text += f" Marked ?: more than one variable could be {', '.join(asked)}."
    return Text(f"\n{text} --variable NAME tells all about one.")


def _role(proposal: Proposal) -> str:
    return f"{proposal.column}{' ?' if proposal.contested else ''}" or "–"


def _values(profile: Profile) -> str:
    """Return the kind of values, their range or levels, and the missing codes, in short."""
    missing = [step.value for step in profile.levels if step.declared_missing and step.count]
    ending = f"; missing {','.join(missing)}" if missing else ""
    answers = [step for step in profile.levels if not step.declared_missing]
    if profile.kind is Kind.EMPTY:
        return "empty"
    if 0 < len(answers) <= _LISTED and any(step.label for step in answers):
        return ", ".join(f"{s.value} {s.label}".strip() for s in answers) + ending
    if profile.kind is Kind.NUMBER and profile.low is not None and profile.high is not None:
        return f"{profile.low:.10g}–{profile.high:.10g}, {profile.distinct} values{ending}"
    return f"{profile.kind}, {profile.distinct} values{ending}"


def _levels(profile: Profile) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("value", max_width=30, overflow="fold")
    table.add_column("label", max_width=40)
    table.add_column("rows", justify="right")
    table.add_column("")
    has_labels = bool(profile.variable.value_labels)
    for step in profile.levels:
        remark = "declared missing" if step.declared_missing else ""
        if has_labels and not step.label and not remark:
            remark = "no label"
        table.add_row(Text(step.value), Text(step.label), f"{step.count:,}", remark)
    if not profile.listed:
        table.add_row("…", Text(f"{profile.distinct} different values"), "", "")
    return table


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
        "levels": [asdict(step) for step in profile.levels],
        "levels_complete": profile.listed,
        "role": proposal.column or None,
        "confidence": round(proposal.confidence, 4),
        "reasons": list(proposal.reasons),
        "rivals": list(proposal.rivals),
    }


def _bound(code: float | str) -> float | str | None:
    """Return an end of a range of codes; ``None`` where it is open: JSON has no infinity."""
    return None if isinstance(code, float) and isinf(code) else code


def _range(code: MissingRange) -> str:
    low, high = (
        f"{end:g}" if isinstance(end, float) else str(end) for end in (code.low, code.high)
    )
    return low if low == high else f"{low} to {high}"


def _console() -> Console:
    # Same bytes on a terminal and in a pipe.
    return Console(width=WIDTH, color_system=None, highlight=False, emoji=False)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
