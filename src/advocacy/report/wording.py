"""How numbers and names are written for people. The one place where anything is rounded."""

from __future__ import annotations

from typing import Any

from advocacy.estimation.estimands import ESTIMANDS, Unit, find_intent
from advocacy.responses.schema import INDUSTRIES

# Stands on the face of everything that shows simulated data.
SIMULATED = "Simulated data: not a finding"

PERCENT = "\N{NARROW NO-BREAK SPACE}%"  # stays with its number at the end of a line

RUNGS = {
    "intent": "stated intent",
    "retrospective": "retrospective self-report",
    "prospective": "prospective, from a follow-up",
    "verified_past": "verified by past records",
    "verified_after": "verified by later records",
}

RELIABILITY = {
    "ok": "",
    "complement": "complement unreliable",
    "review": "review",
    "suppress": "unreliable",
    "no_interval": "no interval (df < 1)",
    "withheld": "withheld",
}

TARGETS = {
    "programmes_like_these": "programmes like these",
    "these_programmes": "these programmes",
    "as_given": "the population of the design as given",
}

INTERVALS = {
    "korn_graubard": "Korn–Graubard",
    "beta": "beta",
    "logit": "logit",
    "wilson": "Wilson",
    "wald": "Wald",
    "log": "log-scale",
    "posterior": "posterior",
    "prediction": "prediction",
}

# Short heading of a column of values; all but scores are shown as 100 times the value.
UNITS = {
    Unit.PER_CENT: "%",
    Unit.PERCENTAGE_POINTS: "points",
    Unit.POINTS: "points",
    Unit.SCORE: "score",
}

_INDUSTRIES = dict(INDUSTRIES)


def percent(value: float | None) -> str:
    """Write a proportion as a percentage with one decimal; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f}"


def interval(low: float | None, high: float | None) -> str:
    """Write the limits of a proportion in per cent."""
    return "–" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def unit(row: dict[str, Any]) -> Unit:
    """Return the unit of an estimate."""
    return ESTIMANDS[row["estimand"]].unit


def amount(row: dict[str, Any], part: str) -> str:
    """Write a value of an estimate in its unit with one decimal; a dash where there is none."""
    value = row[part]
    if value is None:
        return "–"
    written = f"{(1 if unit(row) is Unit.SCORE else 100) * value:.1f}"
    return written.replace("-", "\N{MINUS SIGN}")


def limits(row: dict[str, Any]) -> str:
    """Write the limits of an estimate in its unit."""
    if row["conf_low"] is None:
        return "–"
    return f"{amount(row, 'conf_low')} to {amount(row, 'conf_high')}"


def count(value: float | None) -> str:
    """Write a whole number with a thin space between thousands, at which no line breaks."""
    return "–" if value is None else f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(number: int, one: str, many: str = "") -> str:
    """Write a number of things, such as 1 row or 2 rows."""
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def confidence(conf_level: float) -> str:
    """Write a confidence level, such as 95 %."""
    return f"{100 * conf_level:g}{PERCENT}"


def label(row: dict[str, Any]) -> str:
    """Say in one line what an estimate rests on: rung, target, interval, kind of evidence."""
    kind = INTERVALS[row["interval"]]
    return (
        f"{RUNGS[row['rung']]} · target: {TARGETS[row['target']]} · "
        f"{confidence(row['conf_level'])} {kind} intervals · {row['source_kind']} data"
    )


def level(segment: str, value: Any) -> str:
    """Write a level of a segment for people: industry and country by their names."""
    if segment == "industry":
        return _INDUSTRIES.get(value, str(value))
    if segment == "country":
        return country(value)
    return str(value).replace("-", "–") if segment == "score_band" else str(value)


def country(code: str) -> str:
    """Return the English name of an ISO 3166-1 alpha-2 code; the code where there is none."""
    from babel import Locale

    return str(Locale("en").territories.get(code, code))


def question(row: dict[str, Any]) -> str:
    """Return the question that an estimate answers, with its intent in words."""
    intent = row["intent"]
    words = "as shown" if intent is None else find_intent(intent).words
    return ESTIMANDS[row["estimand"]].asks.format(intent=words)


def whole_per_cent(*values: float) -> str:
    """Write a proportion, or the limits of one, in whole per cent, such as 46–70 %."""
    return "–".join(f"{100 * value:.0f}" for value in values) + PERCENT


def term(name: str) -> str:
    """Write a term of the multilevel model for people."""
    return name.replace("score_band", "score").replace("programme", "programmes", 1)
