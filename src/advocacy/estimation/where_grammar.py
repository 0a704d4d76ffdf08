"""The grammar of a condition on ratings, such as ``ease >= 4 and country in (NO, SE)``.

It reads a text as a tree and knows nothing of what the names mean, which `where` does::

    condition  = and-part {"or" and-part}
    and-part   = part {"and" part}
    part       = "not" part | "(" condition ")" | comparison
    comparison = name sign value | name ["not"] "in" "(" value {"," value} ")"
               | name ["not"] "between" value "and" value | name "is" ["not"] "missing"

Signs are ``= != < <= > >=``. A value is a number, a word, or any text in quotes. Words of the
grammar are read by their place, so that `IN` is India where a value stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from advocacy.errors import UsageError

Sign = Literal["=", "!=", "<", "<=", ">", ">="]

# Longer and deeper than anyone writes, and short of what Python's own stack bears.
_LONGEST, _DEEPEST = 10_000, 50

_ALIKE: dict[str, Sign] = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_SIGNS: dict[str, Sign] = {"=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|“[^”]*”|‘[^’]*’"""
_TOKEN = re.compile(
    rf"(?P<quoted>{_QUOTED})|(?P<sign><=|>=|!=|<>|==|[=<>≤≥≠(),])|(?P<word>[\w.+\-:/]+)"
)
_BARE = re.compile(r"[\w.+\-:/]+")
_EXAMPLE = "Write it as in: ease >= 4 and country in (NO, SE)."


@dataclass(frozen=True)
class Comparison:
    """A name beside a value.

    Parameters
    ----------
    name
        What is compared, as it is written.
    sign
        How.
    value
        With what, as it is written but for quotes.
    """

    name: str
    sign: Sign
    value: str


@dataclass(frozen=True)
class OneOf:
    """A name is one of some values."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """A name is from ``low`` to ``high``, both included."""

    name: str
    low: str
    high: str


@dataclass(frozen=True)
class Missing:
    """A name has no value."""

    name: str


@dataclass(frozen=True)
class Not:
    """A condition does not hold."""

    part: Condition


@dataclass(frozen=True)
class Joined:
    """All of some conditions hold, or any of them."""

    word: Literal["and", "or"]
    parts: tuple[Condition, ...]


Condition = Comparison | OneOf | Between | Missing | Not | Joined


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def parsed(text: str) -> Condition:
    """Return the tree of a condition.

    Raises
    ------
    UsageError
        It does not follow the grammar; says what stands where something else should.
    """
    if len(text) > _LONGEST:
        raise UsageError(
            f"The condition has {len(text):,} characters; at most {_LONGEST:,} are read.",
            remedy="Make a segment of it when the file is imported.",
        )
    reader = _Reader(text, _tokens(text))
    found = reader.condition(0)
    reader.end()
    return found


def written(condition: Condition) -> str:
    """Write a condition in one form, whatever spaces, case and quotes it was typed with."""
    match condition:
        case Comparison(name, sign, value):
            return f"{name} {sign} {_value(value)}"
        case OneOf(name, values):
            return f"{name} in ({', '.join(map(_value, values))})"
        case Between(name, low, high):
            return f"{name} between {_value(low)} and {_value(high)}"
        case Missing(name):
            return f"{name} is missing"
        case Not(Missing(name)):
            return f"{name} is not missing"
        case Not(part):
            return f"not {_within(part)}"
        case Joined(word, parts):
            return f" {word} ".join(map(_within, parts))


def _within(part: Condition) -> str:
    return f"({written(part)})" if isinstance(part, Joined) else written(part)


def _value(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    quoted = text.replace("'", "''")
    return f"'{quoted}'"


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        # A label holds it: signs that move a screen's cursor have no place there.
        if match is None or not match[0].isprintable():
            open_ = text[at] in "'\"“‘" and match is None
            problem = "A quote is not closed" if open_ else f"{text[at]!r} has no meaning"
            raise UsageError(
                f"{problem} in the condition, at character {at + 1} of {text!r}.",
                remedy=f"Texts with other signs than . + - : / stand in quotes. {_EXAMPLE}",
            )
        found.append(_Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return found


class _Reader:
    """Goes through the tokens of a condition once, from the first to the last."""

    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self.text, self.tokens, self.next = text, tokens, 0

    def condition(self, depth: int) -> Condition:
        return self._joined("or", depth)

    def end(self) -> None:
        if self.next < len(self.tokens):
            self._refuse("and, or, or the end")

    def _joined(self, word: Literal["and", "or"], depth: int) -> Condition:
        parts = [self._part_of(word, depth)]
        while self._takes(word):
            parts.append(self._part_of(word, depth))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _part_of(self, word: Literal["and", "or"], depth: int) -> Condition:
        return self._joined("and", depth) if word == "or" else self._part(depth)

    def _part(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise UsageError(
                f"The condition is more than {_DEEPEST} parentheses and nots deep.",
                remedy=f"Write it with fewer. {_EXAMPLE}",
            )
        if self._takes("not"):
            return Not(self._part(depth + 1))
        if self._takes("("):
            found = self.condition(depth + 1)
            self._must_take(")")
            return found
        return self._comparison(self._word("the name of a column"))

    def _comparison(self, name: str) -> Condition:
        sign = self._sign()
        if sign:
            return Comparison(name, sign, self._a_value())
        if self._takes("is"):
            denied = self._takes("not")
            self._must_take("missing")
            return Not(Missing(name)) if denied else Missing(name)
        denied = self._takes("not")
        found = self._one_of_or_between(name)
        return Not(found) if denied else found

    def _one_of_or_between(self, name: str) -> Condition:
        if self._takes("in"):
            self._must_take("(")
            values = [self._a_value()]
            while self._takes(","):
                values.append(self._a_value())
            self._must_take(")")
            return OneOf(name, tuple(values))
        if self._takes("between"):
            low = self._a_value()
            self._must_take("and")
            return Between(name, low, self._a_value())
        self._refuse(f"one of {' '.join(_SIGNS)} in between is, behind {name},")

    def _ahead(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def _takes(self, text: str) -> bool:
        token = self._ahead()
        found = token is not None and token.kind != "quoted" and token.text.lower() == text
        self.next += found
        return found

    def _must_take(self, text: str) -> None:
        if not self._takes(text):
            self._refuse(text)

    def _sign(self) -> Sign | None:
        token = self._ahead()
        text = token.text if token else ""
        sign = _ALIKE.get(text) or _SIGNS.get(text)
        self.next += sign is not None
        return sign

    def _word(self, what: str) -> str:
        token = self._ahead()
        if token is None or token.kind != "word":
            self._refuse(what)
        self.next += 1
        return token.text

    def _a_value(self) -> str:
        token = self._ahead()
        if token is None or token.kind == "sign":
            self._refuse("a value")
        self.next += 1
        if token.kind == "word":
            return token.text
        mark = token.text[0]
        return token.text[1:-1].replace(2 * mark, mark)  # a quote within is doubled

    def _refuse(self, wanted: str) -> NoReturn:
        token = self._ahead()
        place = f"{token.text!r} at character {token.at + 1}" if token else "it ends"
        raise UsageError(
            f"The condition {self.text!r} cannot be read: {place}, where {wanted} should stand.",
            remedy=f"{_EXAMPLE} Texts of several words stand in quotes.",
        )
