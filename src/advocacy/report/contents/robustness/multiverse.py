"""What all analyses of a multiverse say together, and which choice moves the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from advocacy.arrays import Floats
from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Heading, Note, Paragraph, Table
from advocacy.report.wording import ENGLISH, NONE, PERCENT, Row, Words
from advocacy.robustness.multiverse.choices import ALL_COUNTRIES, codes_of
from advocacy.robustness.multiverse.summary import moved, options, varied, verdicts

_SAID = ("below", "above", "undecided")


def specifications(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the verdicts in sentences, then a table of the choices and one of their options."""
    rows = parts.rows_of(result)
    first, names = rows[0], varied(result)
    body: list[Block] = [Paragraph(_answer(result, words)), Paragraph(_rates(result, words))]
    lacking = int((verdicts(result) == "none").sum())
    if lacking:
        body.append(Paragraph(words("multiverse.none", number=words.count(lacking))))
    if names:
        body += [
            Heading(words("multiverse.moves"), level=2),
            _moves(result, words),
            Note(words("multiverse.moves_note")),
            Heading(words("multiverse.options"), level=2),
            _options(result, names, words),
            Note(words("multiverse.options_note")),
        ]
    question = words("multiverse.question", question=words.question(first))
    measure = words("multiverse.measure", level=words.confidence(first["conf_level"]))
    return parts.document(result, question, parts.label(first, words, measure), body, words)


def joint_test(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return the two statistics of the joint test, each with its p-value."""
    rows = parts.rows_of(result)
    first = rows[0]
    columns = [
        Column(words("multiverse.test.statistic")),
        *parts.number_columns([words("multiverse.test.value"), words("heading.p")]),
    ]
    shown = [
        [
            Entry(words(f"multiverse.test.{row['quantity']}")),
            _statistic(row, words),
            parts.p_value(row, words),
        ]
        for row in rows
    ]
    question = words("multiverse.test.question", question=words.question(first))
    measure = words("multiverse.test.measure", permutations=first["method"].split()[0])
    note = Note(words("multiverse.test.note", reference=first["reference"]))
    label = parts.label(first, words, measure)
    return parts.document(result, question, label, [parts.table(columns, shown), note], words)


def named(choice: str, option: str, words: Words) -> str:
    """Return an option of a choice for people."""
    if choice == "intent":
        return words.scores(option)
    if choice in ("target", "interval"):
        return words(f"{choice}.{option}")
    if choice == "window":
        return words("multiverse.option.months", months=option)
    if choice == "countries":
        return _countries(option, words)
    return words(f"multiverse.option.{'every' if option == 'all' else option}")


def _countries(option: str, words: Words) -> str:
    if option == ALL_COUNTRIES:
        return words("multiverse.option.all_countries")
    codes, without = codes_of(option)
    listed = ", ".join(map(words.country, codes))
    return words("multiverse.option.without", countries=listed) if without else listed


def _answer(result: Estimates, words: Words) -> str:
    said = verdicts(result)
    value = float(result.table.column("reference")[0].as_py())
    shares = {name: _share(said == name, words) for name in _SAID}
    return words(
        "multiverse.answer",
        number=words.count(len(result)),
        value=words.percent(value) + PERCENT,
        **shares,
    )


def _rates(result: Estimates, words: Words) -> str:
    rate = _floats(result, "estimate")
    rate = rate[~np.isnan(rate)]
    low, quarter, most, high = (
        words.percent(float(np.quantile(rate, at))) + PERCENT for at in (0, 0.25, 0.75, 1)
    )
    first = parts.first_row(result)
    own = NONE if first["estimate"] is None else words.percent(first["estimate"]) + PERCENT
    return words(
        "multiverse.rates",
        low=low,
        high=high,
        quarter=quarter,
        most=most,
        own=own,
        limits=words.interval(first["conf_low"], first["conf_high"]) + PERCENT,
    )


def _moves(result: Estimates, words: Words) -> Table:
    columns = [
        Column(words("multiverse.choice")),
        *parts.number_columns([words("multiverse.alone"), words("multiverse.with_others")]),
    ]
    shown = [
        [
            Entry(words(f"multiverse.choices.{one.choice}")),
            *(_part(value, words) for value in (one.alone, one.with_others)),
        ]
        for one in moved(result)
    ]
    return parts.table(columns, shown)


def _options(result: Estimates, names: list[str], words: Words) -> Table:
    headings = ("analyses", "mean", "least", "most", *_SAID)
    columns = [
        Column(words("multiverse.choice")),
        Column(words("multiverse.which")),
        *parts.number_columns([words(f"multiverse.{name}") for name in headings]),
    ]
    rate, said = _floats(result, "estimate"), verdicts(result)
    shown = []
    for name in names:
        chosen = np.array(result.table.column(name).to_pylist())
        for option in options(result, name):
            own = chosen == option
            first = words(f"multiverse.choices.{name}")
            cells = [Entry(first), Entry(named(name, option, words))]
            shown.append([*cells, *_of_option(rate[own], said[own], words)])
    return parts.table(columns, shown)


def _of_option(rate: Floats, said: npt.NDArray[np.str_], words: Words) -> list[Entry]:
    """Return what the analyses with one option say."""
    known = rate[~np.isnan(rate)]
    summary = [f(known) if len(known) else None for f in (np.mean, np.min, np.max)]
    return [
        parts.count(len(rate), words),
        *(parts.proportion(None if v is None else float(v), words) for v in summary),
        *(_part(float(np.mean(said == name)), words) for name in _SAID),
    ]


def _part(value: float, words: Words) -> Entry:
    return parts.proportion(None if np.isnan(value) else value, words)


def _share(said: npt.NDArray[np.bool_], words: Words) -> str:
    return words.percent(float(np.mean(said))) + PERCENT


def _statistic(row: Row, words: Words) -> Entry:
    value = row["estimate"]
    if row["quantity"] == "same_sign":
        return parts.proportion(value, words)
    return Entry(words.signed(value, 1, 100), value, "points")


def _floats(result: Estimates, name: str) -> Floats:
    values: Any = result.table.column(name).to_numpy().astype(np.float64)
    found: Floats = values
    return found
