"""The part of the import page on the lines of the crosswalk that nobody has confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from advocacy.report.contents.parts import table
from advocacy.report.document import Alert, Block, Column, Heading
from advocacy.report.wording import ENGLISH, counted
from advocacy.responses.crosswalk.crosswalk import ANY, GUESS

# In place of a value that identifies a person.
_HIDDEN = "a value that is not shown"


def guesses_section(manifest: Mapping[str, Any]) -> tuple[Block, ...]:
    """Return which lines are still marked as a guess, a row a variable; empty without any."""
    lines = _guesses(manifest)
    if not lines:
        return ()
    marked = counted(len(lines), "line that was used is", "lines that were used are")
    columns = (
        Column("lines", "right"),
        Column("variable", code=True),
        Column("column", code=True),
        Column("value → what it becomes"),
        Column("why"),
    )
    return (
        Heading(f"Crosswalk lines to confirm: {ENGLISH.count(len(lines))}", 2),
        Alert(
            f"{marked} still marked {GUESS}. Compare each with the questionnaire, correct it, take "
            f"the word {GUESS} out of its note, and import again."
        ),
        table(columns, _rows(lines)),
    )


def _guesses(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the guesses that the dataset rests on; files of a source share their crosswalk."""
    used = {line["line"]: line for file in manifest["files"] for line in file["guesses"]}
    return sorted(used.values(), key=itemgetter("line"))


def _rows(lines: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, ...]]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in lines:
        groups.setdefault((line["variable"], line["column"]), []).append(line)
    for (variable, column), own in groups.items():
        meant = "; ".join(_meant(line) for line in own)
        yield _numbers([line["line"] for line in own]), variable, column, meant, own[0]["note"]


def _meant(line: Mapping[str, Any]) -> str:
    value = {ANY: "as it stands", "": "missing", None: _HIDDEN}.get(
        line["canonical_value"], line["canonical_value"]
    )
    raw = {ANY: "any", "": "every row", None: _HIDDEN}.get(line["raw_value"], line["raw_value"])
    return f"{raw} → {value}"


def _numbers(numbers: list[int]) -> str:
    """Return line numbers; those that follow each other as a range."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
