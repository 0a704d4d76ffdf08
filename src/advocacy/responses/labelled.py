"""A survey file as it was received: values with everything that the file says about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import pyarrow as pa

from advocacy.errors import FileFormatError, MissingColumnError
from advocacy.remarks import Remark

_MOST_NAMES = 12  # that a message lists all
_NEAR = 3  # names that it offers of more


@dataclass(frozen=True)
class MissingRange:
    """User-missing codes from ``low`` to ``high``, both included; equal for a single code."""

    low: float | str
    high: float | str


@dataclass(frozen=True)
class Variable:
    """One variable of a file.

    Parameters
    ----------
    name
        Name in the file.
    label
        Question text or description; empty where the file has none.
    value_labels
        Label of each labelled code, in the file's order.
    user_missing
        Codes that the file declares missing. They stay values: only a crosswalk turns a
        code into missing.
    measure
        Declared level of measurement: nominal, ordinal, scale or unknown.
    format
        The file's own display format, such as ``F8.2``.
    """

    name: str
    label: str = ""
    value_labels: tuple[tuple[float | str, str], ...] = ()
    user_missing: tuple[MissingRange, ...] = ()
    measure: str = "unknown"
    format: str = ""


@dataclass(frozen=True)
class MultipleResponse:
    """Variables that together hold the answers to one question with several answers.

    Parameters
    ----------
    name
        Name of the set, without SPSS's dollar sign.
    label
        Question text; empty where the file has none.
    kind
        ``dichotomy``: a variable an answer, chosen where it holds ``counted_value``;
        ``category``: each variable holds the code of one of the chosen answers.
    counted_value
        Code that means chosen, as a text; empty for ``category``.
    variables
        Names of the variables, in the set's order.
    """

    name: str
    label: str
    kind: Literal["dichotomy", "category"]
    counted_value: str
    variables: tuple[str, ...]


@dataclass(frozen=True)
class LabelledTable:
    """Values and dictionary of one file.

    Parameters
    ----------
    path
        The file that it was read from.
    values
        Arrow table, shape (rows, variables): numbers as double, text, and SPSS dates as
        dates; system-missing is null, user-missing codes are values.
    variables
        One entry a column of ``values``, in the same order.
    encoding
        Code page that the text was decoded from.
    label, notes
        File label and document notes.
    weight
        Variable that the file's header declares as weight; empty for none.
    multiple_response
        Multiple-response sets that the file declares.
    assumptions
        Remarks: what the reader assumed, detected or lost.
    """

    path: Path
    values: pa.Table
    variables: tuple[Variable, ...]
    encoding: str = "utf-8"
    label: str = ""
    notes: tuple[str, ...] = ()
    weight: str = ""
    multiple_response: tuple[MultipleResponse, ...] = ()
    assumptions: tuple[Remark, ...] = ()

    def variable(self, name: str) -> Variable:
        """Return the variable with this name.

        Raises
        ------
        MissingColumnError
            The file has no such variable.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        raise MissingColumnError(
            f"The file has no variable {name!r}.",
            where=str(self.path),
            remedy=which_names(name, [v.name for v in self.variables]),
        )


def which_names(name: str, known: Sequence[str]) -> str:
    """Return what to name in place of a variable that a file does not have."""
    if len(known) <= _MOST_NAMES:
        return f"Name one of: {', '.join(known)}."
    folded = {other.casefold(): other for other in known}
    near = [folded[each] for each in get_close_matches(name.casefold(), folded, _NEAR, 0.5)]
    first = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{first}`advocacy inspect` lists the {len(known)} variables."


def written_code(code: float | str) -> str:
    """Write a code as a crosswalk does: a whole number without a decimal point."""
    return code if isinstance(code, str) else f"{code:.15g}"


def without_rows(path: Path) -> FileFormatError:
    """Return the error for a file that has a dictionary and no answers."""
    return FileFormatError(
        "The file has variables but no rows.",
        where=str(path),
        remedy="Export it again from its source, with its answers.",
    )
