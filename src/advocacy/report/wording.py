"""How numbers and names are written for people. The one place where anything is rounded.

The words of results stand in a catalogue, `words/<language>.toml`, and are looked up by key; a
new language is a new catalogue.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from advocacy.errors import AdvocacyError, UsageError
from advocacy.estimation.estimand import Unit
from advocacy.estimation.estimands import ESTIMANDS, INTENTS, find_intent
from advocacy.remarks import Remark, Value
from advocacy.responses.schema import (
    CUSTOMER_STATUSES,
    INDUSTRIES,
    SEGMENT_PREFIX,
    is_own_segment,
)

MINUS = "\N{MINUS SIGN}"
PERCENT = "\N{NARROW NO-BREAK SPACE}%"  # stays with its number at the end of a line
NONE = "–"  # in place of a number that there is not
_NEARLY_ONE = 0.9995  # p-values above it would be written as 1

# A row of a table of estimates.
Row = Mapping[str, Any]

# Keys of the catalogue for the units of estimands.
_UNITS = {
    Unit.PER_CENT: "per_cent",
    Unit.PERCENTAGE_POINTS: "percentage_points",
    Unit.POINTS: "points",
    Unit.SCORE: "score_unit",
}
_INDUSTRIES = dict(INDUSTRIES)


class WordsError(AdvocacyError, KeyError):
    """A catalogue lacks a key, or the values that a text of it names."""

    __str__ = AdvocacyError.__str__


@dataclass(frozen=True)
class Words:
    """The words of a language, and how it writes numbers.

    Parameters
    ----------
    language
        Code of the language: en, nb, sv or da.
    texts
        Text, or texts for one and for many, by key.
    """

    language: str
    texts: Mapping[str, Any]

    def __call__(self, key: str, **values: Any) -> str:
        """Return the text of a key with its values put in.

        Raises
        ------
        WordsError
            The catalogue has no such key, or its text names a value that is not given.
        """
        try:
            text: str = self.texts[key]
            return text.format(**values)
        except KeyError as error:
            raise WordsError(
                f"The catalogue {self.language}.toml lacks "
                f"{key if key not in self.texts else f'a value of {key}'} ({error}).",
                remedy=f"Add it to report/words/{self.language}.toml, as en.toml has it.",
            ) from error

    def coded(self, section: str, name: str, english: str, **values: Any) -> str:
        """Return the text of something whose English stands in the code, such as a title."""
        if self.language == "en":
            return english.format(**values)
        return self(f"{section}.{name}", **values)

    def counted(self, things: str, number: int) -> str:
        """Write a number of things, such as 1 rating or 2 ratings."""
        one, many = self.texts[f"count.{things}"]
        return str((one if number == 1 else many).format(n=self.count(number)))

    def said(self, remark: Remark) -> str:
        """Return a remark in words."""
        values = dict(remark.values)
        if "segment" in values:
            segment = str(values["segment"])
            for name in ("level", "levels", "other"):
                if name in values:
                    values[name] = self._named(segment, values[name])
            values["segment"] = self.heading(segment)
        if f"outcome.{values.get('estimand')}" in self.texts:
            outcome = self(f"outcome.{values['estimand']}")
            values["estimand"] = outcome[:1].upper() + outcome[1:]
        if "term" in values:
            values["term"] = self.term(str(values["term"]))
        written = {name: self._written(value) for name, value in values.items()}
        return self(f"remark.{remark.key}", **written)

    def _named(self, segment: str, value: Value) -> Value:
        """Return a level of a segment, or several, by their names."""
        if isinstance(value, str):
            return self.level(segment, value)
        return (
            [self.level(segment, name) for name in value] if isinstance(value, Sequence) else value
        )

    def _written(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Remark):
            return self.said(value)
        if isinstance(value, Sequence):
            return ", ".join(value)
        return self.count(value) if isinstance(value, int) else self.shortest(value)

    # Numbers

    def number(self, value: float | None, decimals: int, *, sign: bool = False) -> str:
        """Write a number with so many decimals; a dash where there is none."""
        if value is None:
            return NONE
        written = f"{value:{'+' if sign else ''}.{decimals}f}"
        return written.replace("-", MINUS).replace(".", self("number.decimal"))

    def shortest(self, value: float) -> str:
        """Write a number with as many decimals as it has."""
        return f"{value:g}".replace(".", self("number.decimal"))

    def percent(self, value: float | None) -> str:
        """Write a proportion as a percentage with one decimal."""
        return NONE if value is None else self.number(100 * value, 1)

    def interval(self, low: float | None, high: float | None) -> str:
        """Write the limits of a proportion in per cent."""
        return (
            NONE if low is None or high is None else self.between(*map(self.percent, (low, high)))
        )

    def amount(self, row: Row, part: str) -> str:
        """Write a value of an estimate in its unit with one decimal."""
        value = row[part]
        return NONE if value is None else self.number(scale_of(row) * value, 1)

    def limits(self, row: Row) -> str:
        """Write the limits of an estimate in its unit."""
        if row["conf_low"] is None:
            return NONE
        return self.between(self.amount(row, "conf_low"), self.amount(row, "conf_high"))

    def signed(self, value: float | None, decimals: int, scale: float = 1.0) -> str:
        """Write a difference with its sign, such as +4.5 or −4.5."""
        return NONE if value is None else self.number(scale * value, decimals, sign=True)

    def ratio(self, value: float | None) -> str:
        """Write a ratio with two decimals."""
        return self.number(value, 2)

    def p_value(self, value: float | None) -> str:
        """Write a p-value with three decimals, a very small one as < 0.001."""
        if value is None:
            return NONE
        return f"< {self.number(0.001, 3)}" if value < 0.001 else self.number(value, 3)

    def p_equals(self, value: float | None) -> str:
        """Write a p-value behind its letter, such as = 0.012 or < 0.001."""
        if value is not None and value > _NEARLY_ONE:
            return f"> {self.number(0.999, 3)}"
        text = self.p_value(value)
        return text if text.startswith("<") else f"= {text}"

    def count(self, value: float | None) -> str:
        """Write a whole number with a thin space between thousands, at which no line breaks."""
        if value is None:
            return NONE
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")

    def confidence(self, conf_level: float) -> str:
        """Write a confidence level, such as 95 %."""
        return f"{self.shortest(100 * conf_level)}{PERCENT}"

    def whole_per_cent(self, *values: float) -> str:
        """Write a proportion, or the limits of one, in whole per cent, such as 46–70 %."""
        return "–".join(f"{100 * value:.0f}" for value in values) + PERCENT

    def between(self, low: str, high: str) -> str:
        """Write two limits."""
        return self("comparison.between", low=low, high=high)

    # Names

    def question(self, row: Row) -> str:
        """Return the question that an estimate answers, with its intent in words."""
        intent = row["intent"]
        scores = self("question.as_shown") if intent is None else self.scores(intent)
        asks = ESTIMANDS[row["estimand"]].asks
        return self.coded("estimand", row["estimand"], asks, intent=scores)

    def scores(self, intent: str) -> str:
        """Return the scores of an intent set in words, such as 0 to 6."""
        found = find_intent(intent)
        if found.name in INTENTS:
            return self.coded("intent", found.name, found.words)
        return f" {self.coded('intent', 'or', 'or')} ".join(map(str, found.scores))

    def rung(self, row: Row) -> str:
        """Return the rung of the ladder that an estimate stands on."""
        return self(f"rung.{row['rung']}")

    def target(self, row: Row) -> str:
        """Return what an estimate is inferred to: a target, or a domain of it."""
        target = self("face.target", target=self(f"target.{row['target']}"))
        # A table of an earlier version has no such column.
        where = row.get("where")
        return self("face.domain", target=target, where=where) if where else target

    def kind(self, row: Row) -> str:
        """Return the kind of evidence of an estimate, such as simulated data."""
        return self("face.kind", kind=self(f"kind.{row['source_kind']}"))

    def intervals(self, row: Row) -> str:
        """Return level and kind of the intervals, such as 95 % logit intervals."""
        level = self.confidence(row["conf_level"])
        return self("face.intervals", level=level, interval=self(f"interval.{row['interval']}"))

    def reliability(self, row: Row) -> str:
        """Return the flag of an estimate; nothing where all is well."""
        return self(f"reliability.{row['reliability']}")

    def unit(self, row: Row) -> str:
        """Return the heading of a column of values."""
        return self(f"heading.{_UNITS[unit(row)]}")

    def points(self, row: Row) -> str:
        """Return the unit of a difference."""
        return self(f"points.{_UNITS[unit(row)]}")

    def heading(self, name: str) -> str:
        """Return the heading of a segment's column; its name where the catalogue has none."""
        own = name.removeprefix(SEGMENT_PREFIX).replace("_", " ") if is_own_segment(name) else name
        return str(self.texts.get(f"heading.{name}", own))

    def level(self, segment: str, value: Any) -> str:
        """Write a level of a segment for people, by its name where the schema lists the levels."""
        if segment == "industry" and value in _INDUSTRIES:
            return self.coded("industry", value, _INDUSTRIES[value])
        if segment == "country":
            return self.country(value)
        if segment == "customer_status" and value in CUSTOMER_STATUSES:
            return self.coded("customer_status", value, value)
        return str(value).replace("-", "–") if segment == "score_band" else str(value)

    def levels(self, row: Row, by: Sequence[str]) -> str:
        """Write the domain of a row, such as B2B · Norway; all ratings where there is none."""
        return " · ".join(self.level(name, row[name]) for name in by) or self("heading.all")

    def country(self, code: str) -> str:
        """Return the name of an ISO 3166-1 alpha-2 code; the code where there is none."""
        from babel import Locale

        return str(Locale(self.language).territories.get(code, code))

    def term(self, name: str) -> str:
        """Write a term of the multilevel model, or a parameter of it, such as year:scale."""
        whole, *of_it = name.split(":")
        names = [self.texts.get(f"term.{part}", self.heading(part)) for part in whole.split(" × ")]
        return ":".join([" × ".join(names), *of_it])


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number of things in a sentence whose English stands in the code, such as 2 rows."""
    return f"{ENGLISH.count(number)} {one if number == 1 else many or f'{one}s'}"


def unit(row: Row) -> Unit:
    """Return the unit of an estimate."""
    return ESTIMANDS[row["estimand"]].unit


def scale_of(row: Row) -> float:
    """Return what an estimate is multiplied by where it is shown."""
    return 1 if unit(row) is Unit.SCORE else 100


@cache
def words_of(language: str) -> Words:
    """Return the words of a language; what its catalogue lacks is said in English.

    Raises
    ------
    UsageError
        There is no catalogue of it.
    """
    folder = files("advocacy.report") / "words"
    known = sorted(path.name[:-5] for path in folder.iterdir() if path.name.endswith(".toml"))
    if language not in known:
        raise UsageError(
            f"There are no words in the language {language!r}.",
            remedy=f"Use one of: {', '.join(known)}.",
        )
    return Words(language, {**_catalogue("en"), **_catalogue(language)})


def _catalogue(language: str) -> dict[str, Any]:
    path = files("advocacy.report") / "words" / f"{language}.toml"
    return dict(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))


def _flat(content: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the texts of nested sections by their keys, joined by dots."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


ENGLISH = words_of("en")
# Stands on the face of everything that shows simulated data.
SIMULATED = ENGLISH("face.simulated")
