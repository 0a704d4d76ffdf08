"""The first screen: the rate, what it rests on, and what it is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advocacy.estimation.overview import Overview
from advocacy.report.client.charts import rates_chart
from advocacy.report.client.subject import Subject
from advocacy.report.contents import parts
from advocacy.report.document import Alert, Block, Document, Entry, Heading, Key, Paragraph
from advocacy.report.wording import PERCENT, Row, Words

_TOP = "score_10"
# Scores fall from left to right and from top to bottom.
_ORDER = (_TOP, "passives", "detractors")


def first_screen(found: Overview, subject: Subject, words: Words) -> Document:
    """Return the client's own rate, its rung in words, and the lower scores beside it."""
    rows = parts.rows_of(found.rates) if found.rates else []
    rates = {row["intent"]: row for row in rows if row["reference"] is None}
    own = rates.get(_TOP)
    shown = (own, *parts.rows_of(found.intent)) if found.intent else (own,)
    first = next((row for row in shown if row is not None), None)
    body: list[Block] = []
    if own is not None and own["estimate"] is not None:
        body += [*_rate(own, words), *_lower(own, rates, rows, words)]
    else:
        body += _intent(found, words)
    title = words("client.title" if own else "client.title_without")
    label = [parts.label(first, words, words.intervals(first))] if first else []
    return Document(
        (*_simulated(first, words), Heading(title), *label, Paragraph(_of(subject, words)), *body)
    )


def _simulated(row: Row | None, words: Words) -> tuple[Alert, ...]:
    if row is None or row["source_kind"] != "simulated":
        return ()
    return (Alert(words("client.simulated_file")),)


def _of(subject: Subject, words: Words) -> str:
    answers = words.counted("answers", subject.counted)
    if not subject.is_file:
        return words("client.source_dataset", name=subject.name, answers=answers)
    rows = words.counted("rows", subject.rows("read"))
    return words("client.source", name=subject.name, answers=answers, rows=rows)


def _rate(row: Row, words: Words) -> Iterator[Block]:
    scores, answers = words.scores(row["intent"]), words.counted("answers", row["n"])
    yield _key(row, words("client.rate", scores=scores), words)
    yield Paragraph(words("client.base", answers=answers, scores=scores))
    if row["reliability"] != "ok":
        yield Paragraph(words(f"client.flag.{row['reliability']}"))
    yield Paragraph(words("client.rung", scores=scores))


def _key(row: Row, text: str, words: Words) -> Key:
    limits = ""
    if row["conf_low"] is not None:
        level, both = words.confidence(row["conf_level"]), words.limits(row) + PERCENT
        limits = words("client.interval", level=level, limits=both)
    number = Entry(words.percent(row["estimate"]) + PERCENT, row["estimate"], "per cent")
    return Key(number, text, limits)


def _lower(own: Row, rates: dict[str, Row], rows: Sequence[Row], words: Words) -> Iterator[Block]:
    """Yield the rates of lower scores, with differences and lift."""
    lower = [rates[name] for name in _ORDER[1:] if name in rates]
    if not lower:
        yield Paragraph(words("client.no_baseline"))
    for row in lower:
        yield Paragraph(_baseline(own, row, rows, words))
    shown = [rates[name] for name in _ORDER if name in rates]
    if len(shown) > 1:
        yield rates_chart(
            shown,
            lambda row: words.scores(row["intent"]),
            words("client.chart_title"),
            "client.chart_alternative",
            words("client.chart_series"),
            words,
        )


def _baseline(own: Row, row: Row, rows: Sequence[Row], words: Words) -> str:
    against = {other["quantity"]: other for other in rows if other["reference"] == row["intent"]}
    values = {
        "scores": words.scores(row["intent"]),
        "rate": words.percent(row["estimate"]),
        "limits": words.limits(row),
        "answers": words.counted("answers", row["n"]),
    }
    difference, ratio = against.get("difference"), against.get("ratio")
    tested = all(r is not None and r["conf_low"] is not None for r in (difference, ratio))
    if difference is None or ratio is None or not tested:
        return words("client.baseline_untested", **values)
    apart, apart_limits = (entry.text for entry in parts.compared(difference, words))
    lift, lift_limits = (entry.text for entry in parts.compared(ratio, words))
    return words(
        "client.baseline",
        **values,
        top=words.scores(own["intent"]),
        difference=apart,
        difference_limits=apart_limits,
        lift=lift,
        lift_limits=lift_limits,
    )


def _intent(found: Overview, words: Words) -> Iterator[Block]:
    """Yield what can be said without an answer on recommending."""
    if found.intent:
        (row,) = parts.rows_of(found.intent)
        scores = words.scores(row["intent"])
        yield _key(row, words("client.intent", scores=scores), words)
        yield Paragraph(words("client.intent_base", answers=words.counted("answers", row["n"])))
        yield Paragraph(words("client.rung_intent"))
    if found.responses.has("recommended_past_12m"):
        yield Alert(words("client.nothing_to_show", scores=words.scores(_TOP)))
    else:
        yield Alert(words("client.without_behaviour"))
        yield Paragraph(words("client.without_behaviour_text"))
