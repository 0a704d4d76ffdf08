"""Comparisons: all pairs of levels, lift, the same mix, and one in two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.report.contents import parts
from advocacy.report.contents.untested import untested
from advocacy.report.document import Block, Column, Document, Entry, Note, Table
from advocacy.report.wording import ENGLISH, MINUS, PERCENT, Row, Words

_ADJUSTED = ("holm", "bh")
_LEVELS_OF = {
    "raw_all": "rate_all",
    "raw_common": "rate_common",
    "rate_part": "rate_standardised",
}


def pairs(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return the rates of each level with their letters, and the comparison of every pair."""
    rates, differences = _sides(result)
    body = [
        *_levels(result, rates, words),
        *_differences(result, differences, words),
        *_homogeneity(result, rates, words),
    ]
    return _labelled(result, words.question(rates[0]), body, words)


def pair_levels(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return the rates alone, with their letters and whether they differ at all."""
    rates, _ = _sides(result)
    body = [*_levels(result, rates, words), *_homogeneity(result, rates, words)]
    return _labelled(result, words.question(rates[0]), body, words)


def pair_differences(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return the comparison of every pair alone."""
    rates, differences = _sides(result)
    body = _differences(result, differences, words)
    return _labelled(result, words.question(rates[0]), body, words)


def lift(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return the rates of each intent set, and what lies between them."""
    rows = parts.rows_of(result)
    question = words.question({**rows[0], "intent": None})
    return _labelled(result, question, _lift(result, rows, words), words)


def standardisation(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return the parts of each difference that a common mix leaves and takes away."""
    rows = parts.rows_of(result)
    body: list[Block] = []
    for start in range(0, len(rows), 10):
        body += _decomposition(result.compares, rows[start : start + 10], words)
    body.append(Note(words("standardisation.note")))
    body += untested((row for row in rows if row["reference"] is not None), words)
    return _labelled(result, words.question(rows[0]), body, words)


def equivalence(result: Comparison, words: Words = ENGLISH) -> Document:
    """Return rates, and whether each is one in two."""
    rows = parts.rows_of(result)
    return _labelled(result, words.question(rows[0]), _equivalence(result, rows, words), words)


def _labelled(result: Comparison, question: str, body: Sequence[Block], words: Words) -> Document:
    return parts.document(
        result, question, parts.label(parts.first_row(result), words), body, words
    )


# All pairs


def _sides(result: Comparison) -> tuple[list[Row], list[Row]]:
    """Return the rows of rates, and those that compare two."""
    rows = parts.rows_of(result)
    rates = [row for row in rows if row["reference"] is None]
    return rates, [row for row in rows if row["reference"] is not None]


def _levels(result: Comparison, rates: list[Row], words: Words) -> list[Block]:
    intervals = _interval_note(rates[0], words)
    alpha = words.shortest(1 - rates[0]["conf_level"])
    letters = words("pairs.letters", alpha=alpha, intervals=intervals)
    return [_rates(result, rates, words), Note(letters if _lettered(rates) else intervals)]


def _lettered(rates: Sequence[Row]) -> bool:
    """Tell whether levels are compared with each other, and so have letters."""
    return rates[0].get("letter") is not None  # those held against the rest have no such column


def _differences(result: Comparison, differences: list[Row], words: Words) -> list[Block]:
    return [
        _pairs(result, differences, words),
        Note(_pairs_note(differences, words)),
        *untested(differences, words),
    ]


def _rates(result: Comparison, rates: list[Row], words: Words) -> Table:
    lettered = _lettered(rates)
    columns = [
        *parts.segment_columns(result.within, words),
        *([Column("")] if lettered else []),
        Column(words.heading(result.compares)),
        *_rate_columns(rates[0], words),
        *([Column(words("pairs.exceeds"))] if lettered else []),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.within, words),
            *([_letters(row, "letter", result)] if lettered else []),
            *parts.level_entries(row, [result.compares], words),
            *_rate_entries(row, words),
            *([_letters(row, "exceeds", result)] if lettered else []),
            parts.note(row, words),
        ]
        for row in rates
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _letters(row: Row, name: str, result: Comparison) -> Entry:
    return Entry(parts.column_letters(row[name], result.compares))


def _pairs(result: Comparison, compared: list[Row], words: Words) -> Table:
    first = compared[0]
    with_effect = first["cohens_h"] is not None
    columns = [
        *parts.segment_columns([*result.within, result.compares], words),
        *parts.number_columns(
            [
                words(f"comparison.{first['quantity']}"),
                parts.interval_heading(first, words),
                _tested(first, words),
                *([words("pairs.h")] if with_effect else []),
            ]
        ),
        Column(words("heading.note")),
    ]
    shown = []
    for row in compared:
        effect = Entry(words.signed(row["cohens_h"], 2), row["cohens_h"])
        shown.append(
            [
                *parts.level_entries(row, result.within, words),
                Entry(_pair(row, result.compares, words)),
                *parts.compared(row, words),
                parts.p_value(row, words, adjusted=True),
                *([effect] if with_effect else []),
                parts.note(row, words),
            ]
        )
    return parts.without_empty(columns, shown, words("heading.note"))


def _tested(row: Row, words: Words) -> str:
    if row["adjust"] in _ADJUSTED:
        return words("pairs.p", rule=words(f"pairs.{row['adjust']}"))
    return words("heading.p")


def _pairs_note(compared: list[Row], words: Words) -> str:
    first = compared[0]
    tests = sum(row["p_value"] is not None for row in compared)
    sentences = [_contrast_note(first, words)]
    if first["adjust"] not in _ADJUSTED:
        sentences.append(words("pairs.unadjusted"))
    elif tests > 1:
        sentences.append(words("pairs.adjusted", tests=tests))
    if first["cohens_h"] is not None:
        sentences.append(words("pairs.effect"))
    return " ".join(sentences)


def _contrast_note(row: Row, words: Words) -> str:
    """Say what a column of comparisons is, and how it was tested."""
    return words(f"comparison.{row['quantity']}_note", points=words.points(row))


def _homogeneity(result: Comparison, rates: list[Row], words: Words) -> list[Block]:
    """Say whether three levels or more differ at all; of two, the comparison itself says it."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rates:
        groups.setdefault(tuple(row[name] for name in result.within), []).append(row)
    tests = [
        _homogeneity_test(result, row, words)
        for row, *others in groups.values()
        if len(others) > 1 and row["homogeneity_f"] is not None
    ]
    if not tests:
        return []
    key = "pairs.homogeneities" if len(tests) > 1 else "pairs.homogeneity"
    return [Note(words(key, segment=words.heading(result.compares), tests="; ".join(tests)))]


def _homogeneity_test(result: Comparison, row: Row, words: Words) -> str:
    test = words(
        "pairs.test",
        ndf=words.number(row["homogeneity_ndf"], 1),
        ddf=words.number(row["homogeneity_ddf"], 1),
        f=words.number(row["homogeneity_f"], 2),
        p=words.p_equals(row["homogeneity_p"]),
    )
    if not result.within:
        return test
    within = " × ".join(words.level(name, row[name]) for name in result.within)
    return words("pairs.test_within", within=within, test=test)


# Lift


def _lift(result: Comparison, rows: list[Row], words: Words) -> list[Block]:
    rates = [row for row in rows if row["reference"] is None]
    rates.sort(key=lambda row: [_place(rows, row, name) for name in result.by])
    columns = [
        *parts.segment_columns(result.by, words),
        Column(words("lift.score")),
        *_rate_columns(rates[0], words),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            Entry(words.scores(row["intent"])),
            *_rate_entries(row, words),
            parts.note(row, words),
        ]
        for row in rates
    ]
    table = parts.without_empty(columns, shown, words("heading.note"))
    body: list[Block] = [table, Note(_interval_note(rates[0], words))]
    ratios = [row for row in rows if row["quantity"] == "ratio"]
    differences = [row for row in rows if row["quantity"] == "difference"]
    if ratios:
        body += [
            _lifts(result, differences, ratios, words),
            Note(words("lift.note")),
            *untested(differences, words),
        ]
    return body


def _lifts(result: Comparison, differences: list[Row], ratios: list[Row], words: Words) -> Table:
    columns = [
        *parts.segment_columns(result.by, words),
        Column(words("lift.against", scores=words.scores(ratios[0]["intent"]))),
        *parts.number_columns(
            [
                words("comparison.difference"),
                parts.interval_heading(differences[0], words),
                words("lift.lift"),
                parts.interval_heading(ratios[0], words),
            ]
        ),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(ratio, result.by, words),
            Entry(words.scores(ratio["reference"])),
            *parts.compared(difference, words),
            *parts.compared(ratio, words),
            parts.note(ratio, words),
        ]
        for difference, ratio in zip(differences, ratios, strict=True)
    ]
    return parts.without_empty(columns, shown, words("heading.note"))


def _place(rows: list[Row], row: Row, name: str) -> int:
    return [other[name] for other in rows].index(row[name])


# The same mix


def _decomposition(compares: str, rows: list[Row], words: Words) -> list[Block]:
    """Return the table of one pair of levels: their rates, and what lies between them."""
    levels = [row[compares] for row in rows[:2]]
    rates = {(row["quantity"], row[compares]): parts.estimate(row, words) for row in rows[:6]}
    sides = [words.level(compares, name) for name in levels]
    last = [parts.interval_heading(rows[-1], words), words("heading.p")]
    columns = [
        Column(""),
        *parts.number_columns([*sides, words("comparison.difference"), *last]),
        Column(words("heading.note")),
    ]
    shown = []
    for row in rows[6:]:
        side = _LEVELS_OF.get(row["quantity"])
        shown.append(
            [
                Entry(words(f"standardisation.{row['quantity']}")),
                *[rates[side, name] if side else Entry("") for name in levels],
                *parts.compared(row, words),
                parts.p_value(row, words),
                parts.note(row, words),
            ]
        )
    table = parts.without_empty(columns, shown, words("heading.note"))
    return [Note(_support(rows, sides, words)), table, Note(_parts_note(rows, words))]


def _support(rows: list[Row], sides: list[str], words: Words) -> str:
    """Say how much of each level lies outside the common support."""
    outside = [
        words(
            "standardisation.outside",
            side=side,
            share=f"{words.percent(row['excluded'])}{PERCENT}",
            n=words.count(row["n"]),
        )
        for side, row in zip(sides, rows, strict=False)
    ]
    return words(
        "standardisation.support",
        sides=f" {MINUS} ".join(sides),
        mix=words.term(rows[0]["mix"]),
        outside=", ".join(outside),
    )


def _parts_note(rows: list[Row], words: Words) -> str:
    every, common = words.count(rows[6]["df"]), words.count(rows[7]["df"])
    df = every if every == common else words("standardisation.both_df", all=every, common=common)
    return words(
        "standardisation.units", rates=words.unit(rows[0]), points=words.points(rows[0]), df=df
    )


# One in two


def _equivalence(result: Comparison, rows: list[Row], words: Words) -> list[Block]:
    first = rows[0]
    columns = [
        *parts.segment_columns(result.by, words),
        *_rate_columns(first, words),
        Column(words("equivalence.outcome")),
        Column(words("equivalence.p")),
        Column(words("heading.note")),
    ]
    shown = [
        [
            *parts.level_entries(row, result.by, words),
            *_rate_entries(row, words),
            Entry("" if row["outcome"] is None else words(f"equivalence.{row['outcome']}")),
            parts.p_value(row, words),
            parts.note(row, words),
        ]
        for row in rows
    ]
    note = words(
        "equivalence.note",
        level=words.confidence(first["conf_level"]),
        interval=words(f"interval.{first['interval']}"),
        low=words.amount(first, "margin_low"),
        high=words.amount(first, "margin_high"),
    )
    table = parts.without_empty(columns, shown, words("heading.note"))
    return [table, Note(note), *untested(rows, words)]


# Their parts


def _rate_columns(row: Row, words: Words) -> list[Column]:
    last = [words("heading.n"), words("heading.df")]
    return parts.number_columns([words.unit(row), parts.interval_heading(row, words), *last])


def _rate_entries(row: Row, words: Words) -> list[Entry]:
    numbers = [parts.behind(row, name, words) for name in ("n", "df")]
    return [parts.estimate(row, words), parts.limits(row, words), *numbers]


def _interval_note(row: Row, words: Words) -> str:
    return words("comparison.intervals", interval=words(f"interval.{row['interval']}"))


def _pair(row: Row, compares: str, words: Words) -> str:
    sign = MINUS if row["quantity"] == "difference" else "/"
    sides = [words.level(compares, row[name]) for name in (compares, "reference")]
    return f" {sign} ".join(sides)
