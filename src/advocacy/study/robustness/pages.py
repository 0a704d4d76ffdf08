"""Tables of the chapters on how wrong the headline could be, with the numbers of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.contents.robustness.multiverse import named
from advocacy.report.contents.robustness.scenarios import assumption
from advocacy.report.media.markdown import markdown_table
from advocacy.report.multiverse_numbers import option_stem
from advocacy.report.numbers import number_of
from advocacy.report.wording import ENGLISH, NONE, PERCENT, Row
from advocacy.robustness.multiverse.summary import moved, options, varied, verdicts
from advocacy.study.robustness.truth import holds, true_rate

Known = Mapping[str, Any] | None
# The rows of the summary, each a threat in its plainest form.
SUMMARY = ("reported", "validated", "stated_range", "item_bounds", "bounds_observed", "proxy",
           "window")  # fmt: skip
_SUMMARY_PARAMETERS = {"proxy": 1.0, "window": 6.0}
_SAID = ("below", "above", "undecided")
ANALYSES = "specifications"


def in_summary(row: Row, rows: Sequence[Row]) -> bool:
    """Tell whether a row stands in the summary; without a response rate the least that is tried."""
    if row["low"] is None:
        return False
    if row["assumption"] == "bounds_stated":
        observed = any(one["assumption"] == "bounds_observed" for one in rows)
        tried = [r["response_rate"] for r in rows if r["assumption"] == "bounds_stated"]
        return not observed and row["response_rate"] == min(tried)
    wanted = _SUMMARY_PARAMETERS.get(row["assumption"])
    return row["assumption"] in SUMMARY and (wanted is None or row["parameter"] == wanted)


def summary_page(
    robustness: Estimates, analyses: Estimates | None = None, known: Known = None
) -> str:
    """Return the headline under every threat: a row each, and last all analyses together."""
    every = robustness.table.to_pylist()
    rows = [row for row in every if in_summary(row, every)]
    shown = [_cells(row, robustness, known) for row in rows]
    if analyses is not None:
        shown.append(_of_analyses(analyses, known))
    return _table(shown, rows[0], known) if shown else ""


def threats_page(robustness: Estimates, threat: str, known: Known = None) -> str:
    """Return all rows of a threat, below what is reported."""
    rows = [
        row
        for row in robustness.table.to_pylist()
        if row["threat"] in ("reported", threat) and row["low"] is not None
    ]
    if all(row["threat"] == "reported" for row in rows):
        return ""
    # Rows of a domain lie apart where several analyses are put together.
    domains = list(dict.fromkeys(tuple(row[name] for name in robustness.by) for row in rows))
    rows.sort(key=lambda row: domains.index(tuple(row[name] for name in robustness.by)))
    levels = [[ENGLISH.level(name, row[name]) for name in robustness.by] for row in rows]
    cells = [_cells(row, robustness, known) for row in rows]
    both = [[*level, *own] for level, own in zip(levels, cells, strict=True)]
    return _table(both, rows[0], known, by=robustness.by)


def _table(shown: Sequence[Sequence[str]], first: Row, known: Known, by: Sequence[str] = ()) -> str:
    line = f"{ENGLISH.shortest(100 * first['line'])}{PERCENT}"
    side = "on its side of" if by else first["side"]
    headings = [
        *(ENGLISH.heading(name).lower() for name in by),
        "what is supposed", "rate, or between what it lies, %",
        f"{ENGLISH.confidence(first['conf_level'])} interval",
        f"{side} {line}?", "on the line at",
        *(["truth, %", "in it"] if known else []),
    ]  # fmt: skip
    align = "l" * len(by) + "lrrll" + ("rl" if known else "")
    return markdown_table(headings, align, shown)


def _cells(row: Row, table: Estimates, known: Known) -> list[str]:
    one = row["low"] == row["high"]
    rate = ENGLISH.percent(row["low"]) if one else ENGLISH.interval(row["low"], row["high"])
    stem = row["stem"]
    cells = [
        _words(row),
        _number(rate, f"{stem}:{'rate' if one else 'range'}"),
        _interval(row, stem),
        _number(ENGLISH(f"robustness.verdict.{row['verdict']}"), f"{stem}:verdict"),
        _fails_at(row, stem),
    ]
    if known:
        true = true_rate(row, table.by, known)
        inside = holds(row, true)
        cells += [
            NONE if true is None else _number(ENGLISH.percent(true), f"truth:{stem}:truth"),
            NONE if inside is None else "yes" if inside else "no",
        ]
    return cells


def _words(row: Row) -> str:
    return assumption(row, ENGLISH)


def _interval(row: Row, stem: str) -> str:
    if row["conf_low"] is None:
        return NONE
    return _number(ENGLISH.interval(row["conf_low"], row["conf_high"]), f"{stem}:interval")


def _fails_at(row: Row, stem: str) -> str:
    if row["fails_at"] is None:
        return NONE
    odds = row["fails_of"] == "odds_ratio"
    value = ENGLISH.ratio(row["fails_at"]) if odds else ENGLISH.percent(row["fails_at"])
    words = ENGLISH(f"robustness.at.{row['fails_of']}", value="{}")
    before, _, after = words.partition("{}")
    return f"{before}{_number(value, f'{stem}:fails_at')}{after}"


def _number(text: str, identifier: str) -> str:
    return f"{{number}}`{text} <{identifier}>`"


def _of_analyses(analyses: Estimates, known: Known) -> list[str]:
    rate = analyses.table.column("estimate").to_numpy().astype(float)
    said = verdicts(analyses)
    between = ENGLISH.between(
        _number(ENGLISH.percent(float(np.nanmin(rate))), f"{ANALYSES}:least:rate"),
        _number(ENGLISH.percent(float(np.nanmax(rate))), f"{ANALYSES}:most:rate"),
    )
    return [
        f"another of {_number(ENGLISH.count(len(analyses)), f'{ANALYSES}:analyses')} analyses",
        between,
        NONE,
        "; ".join(
            _number(ENGLISH.percent(float(np.mean(said == name))), f"{ANALYSES}:{name}:share")
            + f"{PERCENT} {ENGLISH(f'multiverse.said.{name}')}"
            for name in _SAID
        ),
        NONE,
        *([NONE, NONE] if known else []),
    ]


def moves_page(analyses: Estimates) -> str:
    """Return which choice moves the rate, a row a choice."""
    shown = [
        [
            ENGLISH(f"multiverse.choices.{one.choice}"),
            *(
                NONE
                if np.isnan(value)
                else _number(ENGLISH.percent(value), f"{ANALYSES}:{one.choice}:{part}")
                for part, value in (("alone", one.alone), ("with_others", one.with_others))
            ),
        ]
        for one in moved(analyses)
    ]
    headings = [ENGLISH(f"multiverse.{name}") for name in ("choice", "alone", "with_others")]
    return markdown_table(headings, "lrr", shown) if shown else ""


def options_page(analyses: Estimates) -> str:
    """Return what the analyses with each option say, a row an option."""
    rate, said = analyses.table.column("estimate").to_numpy().astype(float), verdicts(analyses)
    shown = []
    for name in varied(analyses):
        chosen = np.array(analyses.table.column(name).to_pylist())
        for option in options(analyses, name):
            own, stem = chosen == option, option_stem(ANALYSES, name, option)
            if np.isnan(rate[own]).all():
                continue
            of = {
                "analyses": ENGLISH.count(int(own.sum())),
                "mean": ENGLISH.percent(float(np.nanmean(rate[own]))),
                "least": ENGLISH.percent(float(np.nanmin(rate[own]))),
                "most": ENGLISH.percent(float(np.nanmax(rate[own]))),
                **{one: ENGLISH.percent(float(np.mean(said[own] == one))) for one in _SAID},
            }
            shown.append(
                [
                    ENGLISH(f"multiverse.choices.{name}"),
                    named(name, option, ENGLISH),
                    *(_number(text, f"{stem}:{part}") for part, text in of.items()),
                ]
            )
    names = ("choice", "which", "analyses", "mean", "least", "most", *_SAID)
    headings = [ENGLISH(f"multiverse.{name}") for name in names]
    return markdown_table(headings, "ll" + "r" * 7, shown) if shown else ""


def test_page(test: Estimates) -> str:
    """Return the joint test of all analyses, a row a statistic."""
    shown = []
    for row in test.table.to_pylist():
        if row["estimate"] is None:
            return ""
        signed = row["quantity"] != "same_sign"
        text = (
            ENGLISH.signed(row["estimate"], 1, 100) if signed else ENGLISH.percent(row["estimate"])
        )
        shown.append(
            [
                ENGLISH(f"multiverse.test.{row['quantity']}"),
                _number(text, number_of(row, "estimate")),
                _number(ENGLISH.p_value(row["p_value"]), number_of(row, "p")),
            ]
        )
    headings = [ENGLISH("multiverse.test.statistic"), ENGLISH("multiverse.test.value"), "p"]
    return markdown_table(headings, "lrr", shown)


def participation_page(rates: Estimates) -> str:
    """Return outcome rates of invitations, a row a rate and domain, with what each counts."""
    shown = [
        [
            *(ENGLISH.level(name, row[name]) for name in rates.by),
            row["outcome"],
            _number(ENGLISH.percent(row["estimate"]), f"{row['stem']}:rate"),
            f"`{row['counts']}`",
            _number(ENGLISH.count(row["numerator"]), f"{row['stem']}:numerator"),
            _number(ENGLISH.count(row["denominator"]), f"{row['stem']}:denominator"),
        ]
        for row in rates.table.to_pylist()
        if row["estimate"] is not None
    ]
    headings = [
        *(ENGLISH.heading(name).lower() for name in rates.by), "rate", "%", "counts",
        ENGLISH("participation.top"), ENGLISH("participation.base"),
    ]  # fmt: skip
    return markdown_table(headings, "l" * len(rates.by) + "lrlrr", shown) if shown else ""


def profile_page(recall: Estimates) -> str:
    """Return in which months they say that they recommended, a row a month."""
    shown = [
        [
            ENGLISH.count(row["parameter"]),
            _number(ENGLISH.percent(row["estimate"]), f"{row['stem']}:rate"),
            _number(ENGLISH.count(row["n_numerator"]), f"{row['stem']}:n"),
        ]
        for row in recall.table.to_pylist()
        if row["assumption"] == "profile" and row["estimate"] is not None
    ]
    headings = [ENGLISH(f"robustness.{name}") for name in ("month", "of_those")] + ["n"]
    return markdown_table(headings, "rrr", shown) if shown else ""
