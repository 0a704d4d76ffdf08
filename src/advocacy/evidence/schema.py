"""What a row of published figures may hold, as rules: which column breaks which, and the remedy.

A row is one figure of one source. Nothing that was not seen is filled in: a cell is then empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

# Of these alone a figure may be drawn beside others, and only beside those of the same.
QUANTITIES = {
    "acted_given_intended": "P(acted | intended)",
    "acted": "P(acted)",
    "acted_per_intended": "P(acted) / P(intended), an upper bound of P(acted | intended)",
    "intended_given_acted": "P(intended | acted)",
}
OTHER = "other"
PER_CENT = "percent"
UNITS = (PER_CENT, "change", "count", "correlation")
RECOMMENDING = "recommending"
BEHAVIOURS = (RECOMMENDING, "another")
POOL, PLOT, CONTEXT = "pool", "plot", "context"
INCLUSIONS = (POOL, PLOT, CONTEXT)

WORDS = (
    "id", "label", "source", "sector", "industry", "country", "quantity", "behaviour", "what",
    "base", "intent_definition", "behaviour_definition", "unit", "n_note", "seen", "doi",
    "address", "include", "why",
)  # fmt: skip
WHOLE = ("year", "n")
NUMBERS = ("window_months", "low", "high", "interval_low", "interval_high")
COLUMNS = (
    "id", "label", "source", "year", "sector", "industry", "country", "quantity", "behaviour",
    "what", "base", "intent_definition", "behaviour_definition", "window_months", "unit", "low",
    "high", "n", "n_note", "interval_low", "interval_high", "seen", "doi", "address", "include",
    "why",
)  # fmt: skip

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True)
class Rule:
    """What a row must not be.

    Parameters
    ----------
    column
        The column that breaks it.
    broken
        Whether a row does.
    what
        What is wrong, with the row's columns to put in.
    remedy
        What to do about it.
    """

    column: str
    broken: Callable[[Row], bool]
    what: str
    remedy: str


def lacks(column: str, what: str, remedy: str) -> Rule:
    """Return the rule that a column has something."""
    return Rule(column, lambda row: not row[column], what, remedy)


def one_of(column: str, known: Iterable[str]) -> Rule:
    """Return the rule that a column has one of some values."""
    known = tuple(known)
    return Rule(
        column,
        lambda row: row[column] not in known,
        f"{{{column}!r}} is no known {column}.",
        f"Use one of: {', '.join(known)}.",
    )


def names(thing: str) -> Rule:
    """Return the rule that the identifier can name a thing."""
    return Rule(
        "id",
        lambda row: not _NAME.fullmatch(row["id"] or ""),
        f"{{id!r}} cannot name {thing}.",
        "Use small letters, digits and _, with a letter in front.",
    )


def _outside(column: str) -> Rule:
    return Rule(
        column,
        lambda row: row["unit"] == PER_CENT and row[column] is not None
        and not 0 <= row[column] <= 100,
        f"A share of {{{column}:g}} per cent lies outside 0 to 100.",
        "Correct the value; what is no share has another unit: a change, count or correlation.",
    )  # fmt: skip


def is_point(row: Row) -> bool:
    """Tell whether a row is known as one value, and not as a range."""
    return bool(row["low"] is not None and row["low"] == row["high"])


def _interval_is_odd(row: Row) -> bool:
    low, high = row["interval_low"], row["interval_high"]
    if low is None and high is None:
        return False
    return low is None or high is None or not is_point(row) or not low <= row["low"] <= high


RULES = (
    names("a figure"),
    lacks("source", "The figure has no source.", "Give the key of its source, else leave it out."),
    lacks("label", "The figure has no label.", "Say in a few words whose figure it is."),
    lacks("what", "The figure does not say what it is a share of.", "Say what they did or are."),
    lacks("base", "The figure has no base.", "Say of whom it is; of whom is not seen: say so."),
    lacks("seen", "The figure does not say how it was seen.", "Say what was read."),
    Rule(
        "address",
        lambda row: not (row["address"] or row["doi"]),
        "The figure has neither a DOI nor an address.",
        "Give where it was read.",
    ),
    Rule(
        "doi",
        lambda row: bool(row["doi"]) and not _DOI.fullmatch(row["doi"]),
        "{doi!r} is no DOI.",
        "A DOI is 10., four digits or more, a slash and a name; a web address goes into address.",
    ),
    one_of("quantity", (*QUANTITIES, OTHER)),
    one_of("behaviour", BEHAVIOURS),
    one_of("unit", UNITS),
    one_of("include", INCLUSIONS),
    lacks("why", "It is not said why the figure is included so.", "Give the reason."),
    Rule(
        "unit",
        lambda row: row["quantity"] != OTHER and row["unit"] != PER_CENT,
        "A figure of {quantity} is a share, not a {unit}.",
        "Give it in percent, or take it to other.",
    ),
    Rule(
        "low",
        lambda row: (row["low"] is None) != (row["high"] is None),
        "Of low and high one is missing.",
        "Give both: the same twice for one value, 100 or 0 for a threshold.",
    ),
    Rule(
        "low",
        lambda row: row["low"] is None and (row["quantity"] != OTHER or row["include"] != CONTEXT),
        "The figure has no value.",
        "Without a value it is other and context: a finding in words.",
    ),
    _outside("low"),
    _outside("high"),
    Rule(
        "low",
        lambda row: row["low"] is not None and row["low"] > row["high"],
        "The range begins at {low:g} and ends at {high:g}.",
        "Put the lower value first.",
    ),
    Rule("n", lambda row: row["n"] is not None and row["n"] < 1, "n is {n}.", "Give 1 or more."),
    Rule(
        "window_months",
        lambda row: row["window_months"] is not None and row["window_months"] <= 0,
        "A window of {window_months:g} months has no meaning.",
        "Leave it empty where it was not seen.",
    ),
    Rule(
        "interval_low",
        _interval_is_odd,
        "The interval is not one around the value.",
        "Give both limits, below and above one value, or neither.",
    ),
    Rule(
        "include",
        lambda row: row["include"] == PLOT and row["unit"] != PER_CENT,
        "A {unit} cannot be drawn among shares.",
        "Include it as context.",
    ),
    Rule(
        "include",
        lambda row: row["include"] == POOL
        and (row["quantity"] == OTHER or row["behaviour"] != RECOMMENDING),
        "Figures of other quantities, or of another behaviour, are not pooled.",
        "Include it as context, or draw it: plot.",
    ),
    Rule(
        "low",
        lambda row: row["include"] == POOL and not is_point(row),
        "A range cannot be pooled: its base is ambiguous, or its value not known.",
        "Draw it: plot.",
    ),
    Rule(
        "n",
        lambda row: row["include"] == POOL and row["n"] is None,
        "A figure cannot be pooled without the n of its base.",
        "Draw it: plot.",
    ),
)  # fmt: skip
