"""Canonical rows of one programme in its own names and codes, with the crosswalk that undoes it.

Each encoder returns the raw values together with their crosswalk lines, so that the two
cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.arrays import Floats
from advocacy.simulation import wordings
from advocacy.simulation.dialects import Dialect
from advocacy.simulation.population import DRIVERS

CONSTANTS = ("supplier", "programme", "sector", "industry")

_NO_YES_NO = 9  # "don't know" of yes/no questions


class Rule(NamedTuple):
    """A crosswalk line of one variable; empty ``canonical`` is missing, ``*`` as it stands."""

    raw: str
    canonical: str
    note: str = ""


_AS_IT_STANDS = (Rule("*", "*"),)


@dataclass(frozen=True)
class RawVariable:
    """One variable as delivered.

    Parameters
    ----------
    column
        The canonical column that it holds.
    values
        Shape (n,): floats with NaN for missing, texts, or days.
    rules
        Crosswalk lines that turn the values into canonical ones.
    missing
        Codes declared user-missing.
    measure, format
        As SPSS names them.
    """

    name: str
    column: str
    values: npt.NDArray[Any]
    rules: tuple[Rule, ...]
    measure: str
    format: str
    label: str = ""
    value_labels: Mapping[float, str] = field(default_factory=dict)
    missing: tuple[float, ...] = ()


def encode(responses: pa.Table, dialect: Dialect) -> list[RawVariable]:
    """Return the variables of one programme's file; a column without any value has none.

    Parameters
    ----------
    responses
        Canonical rows of one programme: ratings, follow-ups or contacts.
    """
    supplier = responses["supplier"][0].as_py()
    variables = []
    for column in responses.column_names:
        values = responses[column].combine_chunks()
        if column in CONSTANTS or values.null_count == len(values):
            continue
        variables.append(_ENCODERS[column](_Question(column, supplier, dialect), values))
    return variables


@dataclass(frozen=True)
class _Question:
    """What an encoder knows beside the values."""

    column: str
    supplier: str
    dialect: Dialect

    def variable(
        self,
        values: npt.NDArray[Any],
        rules: tuple[Rule, ...],
        measure: str,
        format: str,
        **labels: Any,
    ) -> RawVariable:
        """Return the variable with the question's name and wording."""
        dialect = self.dialect
        text = wordings.question(self.column, dialect.language, self.supplier, dialect.wording)
        name = dialect.names[self.column]
        return RawVariable(name, self.column, values, rules, measure, format, text, **labels)


def _score(question: _Question, values: pa.Array) -> RawVariable:
    dialect = question.dialect
    if dialect.first_code == 0:
        return _rated(question, _numbers(values), (0, 10))
    rules = tuple(Rule(str(score + 1), str(score)) for score in range(11))
    labels = {score + 1.0: str(score) for score in range(11)}
    return _with_dont_know(question, _numbers(values) + 1, rules, labels, dialect.dont_know)


def _driver(question: _Question, values: pa.Array) -> RawVariable:
    numbers = _numbers(values)
    if DRIVERS[question.column].asked < 1:
        # Not asked and "don't know" look alike in the canonical rows; here none says why.
        low, high = question.dialect.scale
        labels = _end_labels(question, low, high)
        rules = (Rule(f"{low}..{high}", "*"),)
        return question.variable(numbers, rules, "ordinal", "F2.0", value_labels=labels)
    return _rated(question, numbers, question.dialect.scale)


def _rated(question: _Question, numbers: Floats, scale: tuple[int, int]) -> RawVariable:
    """Encode answers whose codes are the points of a scale with labelled ends."""
    low, high = scale
    labels = _end_labels(question, low, high)
    rules = (Rule(f"{low}..{high}", "*"),)
    return _with_dont_know(question, numbers, rules, labels, question.dialect.dont_know)


def _end_labels(question: _Question, low: int, high: int) -> dict[float, str]:
    lowest, highest = wordings.ends(question.column, question.dialect.language)
    return {float(low): lowest, float(high): highest}


def _yes_no(question: _Question, values: pa.Array) -> RawVariable:
    dialect = question.dialect
    yes, no = dialect.yes_no
    answers = _numbers(values)
    codes = np.where(np.isnan(answers), np.nan, np.where(answers == 1, yes, no))
    labels = {
        float(yes): wordings.answer("yes", dialect.language),
        float(no): wordings.answer("no", dialect.language),
    }
    rules = (Rule(str(yes), "true", "yes"), Rule(str(no), "false", "no"))
    return _with_dont_know(question, codes, rules, labels, _NO_YES_NO, "nominal")


def _with_dont_know(
    question: _Question,
    codes: Floats,
    rules: tuple[Rule, ...],
    labels: Mapping[float, str],
    dont_know: int,
    measure: str = "ordinal",
) -> RawVariable:
    """Encode missing answers as "don't know", declared user-missing or not."""
    dialect = question.dialect
    return question.variable(
        np.where(np.isnan(codes), dont_know, codes),
        (*rules, Rule(str(dont_know), "", "don't know")),
        measure,
        "F2.0",
        value_labels={**labels, float(dont_know): wordings.answer("dont_know", dialect.language)},
        missing=(float(dont_know),) if dialect.declared else (),
    )


def _country(question: _Question, values: pa.Array) -> RawVariable:
    if question.dialect.country_codes:
        return _levels(question, values)
    return question.variable(_texts(values), _AS_IT_STANDS, "nominal", "A2")


def _levels(question: _Question, values: pa.Array) -> RawVariable:
    language = question.dialect.language
    return _coded(question, values, lambda value: wordings.level(question.column, value, language))


def _wave(question: _Question, values: pa.Array) -> RawVariable:
    dialect = question.dialect
    word = wordings.question("wave", dialect.language, question.supplier, dialect.wording)
    return _coded(question, values, lambda value: f"{word} {value}")


def _coded(question: _Question, values: pa.Array, label: Callable[[str], str]) -> RawVariable:
    """Encode texts as 1, 2, … in their order, each with its label."""
    levels = sorted(pc.unique(values).to_pylist())
    codes = _numbers(pc.index_in(values, pa.array(levels))) + 1
    labels = {code: label(level) for code, level in enumerate(levels, 1)}
    rules = tuple(Rule(str(code), level) for code, level in enumerate(levels, 1))
    floats = {float(code): text for code, text in labels.items()}
    return question.variable(codes, rules, "nominal", "F2.0", value_labels=floats)


def _identifier(question: _Question, values: pa.Array) -> RawVariable:
    if question.dialect.number_ids:
        numbers = _numbers(values.cast(pa.int64()))
        return question.variable(numbers, _AS_IT_STANDS, "nominal", "F12.0")
    return question.variable(_texts(values), _AS_IT_STANDS, "nominal", "A12")


def _disposition(question: _Question, values: pa.Array) -> RawVariable:
    """Encode final disposition codes as numbers, which lose a last zero, or as words."""
    codes = sorted(pc.unique(values).to_pylist())
    if question.dialect.outcome_codes:
        rules = tuple(Rule(f"{float(code):g}", code) for code in codes)
        return question.variable(_numbers(values), rules, "nominal", "F4.2")
    words = {code: wordings.disposition(code, question.dialect.language) for code in codes}
    texts = np.array([words[code] for code in values.to_pylist()], dtype=object)
    rules = tuple(Rule(word, code) for code, word in words.items())
    return question.variable(texts, rules, "nominal", "A20")


def _count(question: _Question, values: pa.Array) -> RawVariable:
    return question.variable(_numbers(values), _AS_IT_STANDS, "scale", "F3.0")


def _weight(question: _Question, values: pa.Array) -> RawVariable:
    return question.variable(_numbers(values), _AS_IT_STANDS, "scale", "F12.4")


def _date(question: _Question, values: pa.Array) -> RawVariable:
    days = values.to_numpy(zero_copy_only=False)
    return question.variable(days, _AS_IT_STANDS, "scale", question.dialect.date_format)


def _numbers(values: pa.Array) -> Floats:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _texts(values: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(values.to_numpy(zero_copy_only=False))


_ENCODERS: dict[str, Callable[[_Question, pa.Array], RawVariable]] = {
    "respondent_id": _identifier,
    "account": _identifier,
    "country": _country,
    "customer_status": _levels,
    "interviewed_on": _date,
    "wave": _wave,
    "channel": _levels,
    "journey_stage": _levels,
    "score": _score,
    "recommended_past_12m": _yes_no,
    "recommendations_past_12m": _count,
    "months_since_recommended": _count,
    "discouraged_past_12m": _yes_no,
    **dict.fromkeys(DRIVERS, _driver),
    "wow_moments": _count,
    "weight": _weight,
    "followed_up_on": _date,
    "recommended_since": _yes_no,
    "first_recommended_on": _date,
    "churned_on": _date,
    "verification_checked": _yes_no,
    "verified_recommended_on": _date,
    "contact_id": _identifier,
    "invited_on": _date,
    "disposition": _disposition,
}
