"""The crosswalk of each source: proposed, kept where a person has edited it, and answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from advocacy.files import write_text
from advocacy.reading import ordinary_file
from advocacy.responses.crosswalk.crosswalk import ANY, parse_value
from advocacy.responses.crosswalk.rows import read_rows
from advocacy.responses.proposal.evidence import STRENGTHS
from advocacy.responses.proposal.levels import ProfiledFile
from advocacy.responses.proposal.lines import ProposedLine, csv_text, proposed_line
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.proposal.settling import crosswalk_text, settle
from advocacy.responses.schema import COLUMNS, RESPONSES
from advocacy.study.proposal.delivery import PROGRAMMES, Placed

# Without them a source says nothing of how often intent goes with recommending.
ESSENTIAL = ("score", "recommended_past_12m")
_SAID = f"said in {PROGRAMMES}"
# The import fills these.
_OURS = {"rating_id", "source_kind", "excluded"}


@dataclass(frozen=True)
class Survey:
    """A source, what its file holds, and the crosswalk that it suggests."""

    placed: Placed
    profiled: ProfiledFile
    proposal: ProposedCrosswalk

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.placed.name

    @property
    def crosswalk(self) -> Path:
        """The crosswalk beside the file."""
        return self.placed.home / "crosswalk.csv"

    @property
    def canonical(self) -> bool:
        """Whether the file has canonical names and values for all that is essential."""
        own = {profile.variable.name: profile for profile in self.profiled.profiles}
        return all(
            name in own and own[name].listed and _allowed(name, [s.value for s in own[name].levels])
            for name in ESSENTIAL
        )


def survey(placed: Placed, profiled: ProfiledFile) -> Survey:
    """Return a source with its proposal."""
    return Survey(placed, profiled, propose_crosswalk(profiled))


def update_crosswalk(
    own: Survey,
    before: Mapping[int, str],
    now: Mapping[int, str],
    constants: Mapping[str, str],
) -> str:
    """Write the crosswalk as far as it is not a person's work; return what was done.

    A file that is as it was proposed is written anew. One that a person has edited gets only the
    lines of further answers, where it has none of its own for these values.

    Parameters
    ----------
    before, now
        Answers to its questions when it was last written, and now.
    constants
        What `study-programmes.csv` says, by column.
    """
    if own.canonical and not own.crosswalk.exists() and not constants:
        return "its variables have canonical names, no crosswalk is needed"
    there = own.crosswalk.exists() and ordinary_file(own.crosswalk)
    old = there.read_text(encoding="utf-8-sig") if there else ""
    body = "".join(line for line in old.splitlines(True) if not line.rstrip().endswith(_SAID))
    proposed = _text(own, before)
    if not body or body == proposed:
        new = _text(own, now)
        done = "crosswalk proposed" if not old else "crosswalk as proposed"
    else:
        new, added = _with_answers(own, body, before, now)
        done = f"your crosswalk is kept{', with your answers' * added}"
    text = new + _constants(new, constants)
    if text != old:
        write_text(own.crosswalk, text)
    return done


def _lines(own: Survey, answers: Mapping[int, str]) -> tuple[ProposedLine, ...]:
    """Return the lines of a proposal, and of variables that are named as a column is."""
    if own.canonical:
        return tuple(
            ProposedLine(role.name, ANY, role.name, ANY, "named as the column")
            for role in own.proposal.roles
            if role.name in COLUMNS and role.name not in _OURS
        )
    lines = settle(own.proposal, answers)
    taken = {role.column for role in own.proposal.roles if role.column}
    named = tuple(
        proposed_line(
            replace(role, column=role.name.lower(), confidence=STRENGTHS["name"]),
            ANY,
            ANY,
            "its name is the column's",
        )
        for role in own.proposal.roles
        if not role.column and role.name.lower() in _columns() - taken
    )
    return (*lines, *named)


def _columns() -> set[str]:
    return {column.name for column in RESPONSES} - _OURS - set(ESSENTIAL)


def _text(own: Survey, answers: Mapping[int, str]) -> str:
    return crosswalk_text(_lines(own, answers))


def _with_answers(
    own: Survey, body: str, before: Mapping[int, str], now: Mapping[int, str]
) -> tuple[str, bool]:
    old = set(_lines(own, before))
    theirs = {tuple(cell.strip() for cell in row[:3]) for row in read_rows(own.crosswalk)}
    lines = [
        line
        for line in _lines(own, now)
        if line not in old and (line.raw_variable, line.raw_value, line.column) not in theirs
    ]
    end = "" if body.endswith("\n") else "\n"
    return (f"{body}{end}{csv_text(lines)}" if lines else body), bool(lines)


def _constants(text: str, constants: Mapping[str, str]) -> str:
    """Return the lines of constants, but for a column for which a person has written one."""
    written = [line.split(",") for line in text.splitlines() if line.startswith(",,")]
    theirs = {column for _, _, column, *_ in written}
    return csv_text(
        ProposedLine("", "", column, value, _SAID)
        for column, value in constants.items()
        if column not in theirs
    )


def _allowed(name: str, values: list[str]) -> bool:
    try:
        for value in values:
            parse_value(value, COLUMNS[name])
    except ValueError:
        return False
    return True
