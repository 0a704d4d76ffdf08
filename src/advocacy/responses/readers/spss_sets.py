"""Multiple-response sets as an SPSS system file has them.

Layout: https://www.gnu.org/software/pspp/pspp-dev/html_node/Multiple-Response-Sets-Records.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advocacy.remarks import Remark
from advocacy.responses.code_pages.encodings import decoded
from advocacy.responses.labelled import MultipleResponse, Variable

# A set begins with its name and kind. E is a dichotomy whose labels come from elsewhere; flag 11
# takes the set's label from its first variable that has one.
_HEAD = re.compile(rb"[\n\r\0 ]*(\$?[^=\n]+)=(C|D|E (?:11|1)) ?")
_LENGTH = re.compile(rb" *(\d+) ")
_LABEL_OF_VARIABLE = b"E 11"


@dataclass(frozen=True)
class DeclaredSet:
    """A multiple-response set as its record has it, undecoded.

    Parameters
    ----------
    name, kind, label
        Kind is C, D, or E with its flag.
    counted
        Value that means chosen; empty for kind C.
    variables
        Their names, short or long, in any case.
    """

    name: bytes
    kind: bytes
    counted: bytes
    label: bytes
    variables: tuple[bytes, ...]


def declared_sets(record: bytes) -> tuple[tuple[DeclaredSet, ...], int]:
    """Return the sets of a record, and the number of others that cannot be read.

    Texts are read by the lengths before them, so they may hold spaces, signs and line breaks.
    """
    found, at, broken = [], 0, 0
    while record[at:].strip(b"\n\r\0 "):
        try:
            one, at = _declared_set(record, at)
            found.append(one)
        except ValueError:
            broken += 1
            at = record.find(b"\n$", at)
            if at < 0:
                break
            at += 1
    return tuple(found), broken


def response_sets(
    records: Sequence[bytes],
    encoding: str,
    short_names: Sequence[bytes],
    variables: Sequence[Variable],
) -> tuple[tuple[MultipleResponse, ...], tuple[Remark, ...]]:
    """Return the sets that a file declares, and remarks on what had to be left out.

    Parameters
    ----------
    records
        Those of SPSS 11 and of SPSS 14, undecoded; a set in both is taken from the latter.
    short_names
        Short name of each variable, which the records name; some programs write the long one.
    """
    known = {variable.name.casefold(): variable for variable in variables}
    for short, variable in zip(short_names, variables, strict=True):
        known[decoded(short, encoding)[0].casefold()] = variable
    declared: dict[bytes, DeclaredSet] = {}
    broken = 0
    for record in records:
        found, unreadable = declared_sets(record)
        declared |= {one.name.upper(): one for one in found}
        broken += unreadable
    sets, remarks = [], [Remark("spss.sets_broken", {"sets": broken})] if broken else []
    for one in declared.values():
        kept, absent = _resolved(one, encoding, known)
        if absent:
            remarks.append(Remark("spss.set_absent", {"set": kept.name, "variables": absent}))
        if kept.variables:
            sets.append(kept)
        else:
            remarks.append(Remark("spss.set_empty", {"set": kept.name}))
    return tuple(sets), tuple(remarks)


def _declared_set(record: bytes, at: int) -> tuple[DeclaredSet, int]:
    """Return the set that begins at an offset, and where the next may.

    Raises ValueError where none begins there.
    """
    head = _HEAD.match(record, at)
    if not head:
        raise ValueError("no name and kind")
    name, kind = head.groups()
    counted, at = (b"", head.end()) if kind == b"C" else _counted_text(record, head.end())
    label, at = _counted_text(record, at)
    line, _, _ = record[at:].partition(b"\n")
    if line[:1].strip():
        raise ValueError("the label is longer than it says")
    names = tuple(line.strip(b"\0").split())
    return DeclaredSet(name.lstrip(b"$"), kind, counted, label, names), at + len(line) + 1


def _counted_text(record: bytes, at: int) -> tuple[bytes, int]:
    """Return a text that stands behind its length in bytes, and where it ends."""
    length = _LENGTH.match(record, at)
    end = length.end() + int(length.group(1)) if length else len(record) + 1
    if length is None or end > len(record):
        raise ValueError("a text is shorter than it says")
    return record[length.end() : end], end


def _resolved(
    declared: DeclaredSet, encoding: str, known: Mapping[str, Variable]
) -> tuple[MultipleResponse, list[str]]:
    """Return a set of variables that are there, and the names of those that are not."""
    names = [decoded(name, encoding)[0] for name in declared.variables]
    present = [known[name.casefold()] for name in names if name.casefold() in known]
    label = decoded(declared.label, encoding)[0]
    if declared.kind == _LABEL_OF_VARIABLE and not label:
        label = next((variable.label for variable in present if variable.label), "")
    one = MultipleResponse(
        name=decoded(declared.name, encoding)[0],
        label=label,
        kind="category" if declared.kind == b"C" else "dichotomy",
        counted_value=decoded(declared.counted, encoding)[0].strip(),
        variables=tuple(variable.name for variable in present),
    )
    return one, [name for name in names if name.casefold() not in known]
