"""Tables, sentences and numbers of partial pooling for the book.

Of a fit that misses its diagnostics the first alone is there, which says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.remarks import from_json
from advocacy.report.contents.parts import first_row
from advocacy.report.figures.pooled_frames import joined, sizes
from advocacy.report.media.markdown import markdown_table
from advocacy.report.wording import ENGLISH, NONE, SIMULATED
from advocacy.study.pooling import NO_TRUTH, beside_truth, error_of
from advocacy.study.pooling_numbers import rank_of, stem_of, whole
from advocacy.study.truth import Truth

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
Numbers = dict[str, dict[str, Any]]


# How the fit did


def fit_notice(fit: Mapping[str, Any]) -> str:
    """Return what stands at the top of the chapters: passed, or why nothing is published."""
    if not fit["problems"]:
        told = " ".join(map(ENGLISH.said, from_json(fit["warnings"])))
        return f"The fit passes its diagnostics.{' ' + told if told else ''}\n"
    problems = "; ".join(map(ENGLISH.said, from_json(fit["problems"])))
    return (
        ":::{admonition} Not published\n:class: error\n"
        f"The fit of the model misses its diagnostics: {problems}. No result of it is shown.\n:::\n"
    )


def fit_table(fit: Mapping[str, Any]) -> str:
    """Return the diagnostics as a Markdown table, with what they must reach."""
    limits = fit["limits"]
    rhat = "–" if fit["rhat"] is None else f"{fit['rhat']:.3f}"
    rows = [
        ["largest R-hat", rhat, f"below {limits['rhat']}", fit["worst"][0]],
        [
            "smallest bulk ESS",
            ENGLISH.count(fit["ess_bulk"]),
            f"above {limits['ess']}",
            fit["worst"][1],
        ],
        [
            "smallest tail ESS",
            ENGLISH.count(fit["ess_tail"]),
            f"above {limits['ess']}",
            fit["worst"][2],
        ],
        ["transitions that diverged", ENGLISH.count(fit["divergences"]), "0", ""],
    ]
    shown = [[*row[:3], ENGLISH.term(row[3]).replace(":", ", ")] for row in rows]
    chains, each = (ENGLISH.count(fit[name]) for name in ("chains", "draws"))
    draws = f"{chains} chains of {each} draws, after tuning."
    table = markdown_table(["diagnostic", "found", "must be", "parameter"], "lrrl", shown)
    return f"{table}\n*{draws}{_face(fit['source_kind'])}*\n"


def checks_table(fit: Mapping[str, Any]) -> str:
    """Return Markdown tables of what the model would have given, beside what was counted."""
    checks = fit["checks"]
    level = ENGLISH.confidence(checks["level"])
    rates = [
        [words, ENGLISH.count(checks[part]["rates"]), ENGLISH.percent(checks[part]["outside"])]
        for part, words in (
            ("programmes", "a programme's, by score"),
            ("cells", "a cell's, by score"),
        )
    ]
    bands = [
        [_band(row), *(ENGLISH.count(row[part]) for part in ("observed", "replicated")),
         f"{row['p_value']:.2f}"]
        for row in checks["bands"]
    ]  # fmt: skip
    first = markdown_table(["rate", "rates", f"outside {level} of those drawn, %"], "lrr", rates)
    second = markdown_table(["score", "discrepancy, counted", "drawn", "p"], "lrrr", bands)
    return f"{first}\n{second}\n*{_face(fit['source_kind']).strip()}*\n"


def _band(row: Row) -> str:
    return ENGLISH.level("score_band", row["score_band"])


# Small cells


def cells_table(direct: Estimates, area: Estimates, rates: Estimates) -> str:
    """Return a Markdown table of all cells: direct, area-level and pooled rates."""
    others = [_by_key(table) for table in (direct, area)]
    rows = []
    for row in rates.table.to_pylist():
        beside = [own.get(_key(row, rates.by), {}) for own in others]
        cells = [
            f"{_said(ENGLISH.percent(one.get('estimate')), stem, 'rate')}{_error(one)}"
            for one, stem in zip((*beside, row), _stems(row, rates.by), strict=True)
        ]
        pooled = stem_of("pooled", row, rates.by)
        limits = _said(ENGLISH.interval(row["conf_low"], row["conf_high"]), pooled, "interval")
        behind = (
            _said(ENGLISH.count(row["n_programmes"]), pooled, "programmes"),
            ENGLISH.count(row["n"]),
        )
        rows.append([*_names(row, rates.by), *cells, limits, *behind])
    last = f"{ENGLISH.confidence(first_row(rates)['conf_level'])} interval"
    headings = [*rates.by, "direct, %", "area level", "pooled", last, "programmes", "n"]
    return _labelled(rates, markdown_table(headings, "lllrrrrrr", rows))


def extremes(direct: Estimates, rates: Estimates) -> str:
    """Return sentences on the cells with the highest and the lowest direct rate."""
    frame = joined(direct, pooled=rates)
    if frame.empty:
        return "*The direct rates of all cells are withheld.*\n"
    frame = frame.sort_values(["estimate_direct", *rates.by])
    parts = [
        f"The {which} direct rate, {_number('sector_industry_country', row, rates.by, 'rate')}, "
        f"is of {_words(row)}, where {_number('pooled', row, rates.by, 'programmes')} programmes "
        f"were surveyed; pooled, the rate is {_number('pooled', row, rates.by, 'rate')}."
        for which, row in (("highest", frame.iloc[-1]), ("lowest", frame.iloc[0]))
    ]
    return " ".join(parts) + "\n"


def places_table(*tables: Estimates) -> str:
    """Return a Markdown table of the levels of segments, pooled beside direct.

    Parameters
    ----------
    tables
        For each segment the direct and the pooled rates, one after the other.
    """
    rows = []
    for direct, rates in zip(tables[::2], tables[1::2], strict=True):
        own = _by_key(direct)
        for row in rates.table.to_pylist():
            both = (own.get(_key(row, rates.by), {}), row)
            table = "_".join(rates.by)
            stems = [stem_of(name, row, rates.by) for name in (table, f"pooled_{table}")]
            cells = [
                f"{_said(ENGLISH.percent(one.get('estimate')), stem, 'rate')}{_error(one)}"
                for one, stem in zip(both, stems, strict=True)
            ]
            rows.append([*_names(row, rates.by), *cells])
    return _labelled(tables[1], markdown_table(["", "direct, %", "pooled, %"], "lrr", rows))


def errors_table(
    direct: Estimates, area: Estimates, rates: Estimates, *, truth: Truth | None
) -> str:
    """Return a Markdown table of how far the methods are from the truth, by size of cell."""
    frame = beside_truth(joined(direct, area=area, pooled=rates), truth)
    if frame is None:
        return f"*{NO_TRUTH}.*\n"
    rows = [_errors(words, own) for words, own in {**sizes(frame), "all": frame}.items()]
    last = f"{ENGLISH.confidence(first_row(rates)['conf_level'])} pooled intervals that hold it"
    headings = ["programmes", "cells", "direct", "area level", "pooled", last]
    return _labelled(rates, markdown_table(headings, "lrrrrr", rows))


def _errors(words: str, rows: pd.DataFrame) -> list[str]:
    off = [f"{100 * error_of(rows, method):.1f}" for method in ("direct", "area", "pooled")]
    held = rows.truth.between(rows.conf_low_pooled, rows.conf_high_pooled)
    return [
        words,
        ENGLISH.count(len(rows)),
        *off,
        f"{ENGLISH.count(held.sum())} of {ENGLISH.count(len(rows))}",
    ]


def ranks_table(*ranked: Estimates) -> str:
    """Return a Markdown table of the ranks of each segment's levels."""
    rows = [
        [
            *_names(row, table.by),
            _said(f"{row['estimate']:.1f}", rank_of(row, table.by), "mean_rank"),
            _said(whole(row), rank_of(row, table.by), "mean_rank_interval"),
        ]
        for table in ranked
        for row in sorted(table.table.to_pylist(), key=lambda row: row["estimate"])
    ]
    last = f"{ENGLISH.confidence(first_row(ranked[0])['conf_level'])} interval"
    return _labelled(ranked[0], markdown_table(["", "mean rank", last], "lrr", rows))


def variance_table(shares: Estimates) -> str:
    """Return a Markdown table of what rates differ between."""
    rows = [
        [
            ENGLISH.term(row["term"]),
            _said(ENGLISH.percent(row["estimate"]), f"variance:{row['term']}", "share"),
            _said(
                ENGLISH.interval(row["conf_low"], row["conf_high"]),
                f"variance:{row['term']}",
                "share_interval",
            ),
        ]
        for row in shares.table.to_pylist()
    ]
    last = f"{ENGLISH.confidence(first_row(shares)['conf_level'])} interval"
    return _labelled(shares, markdown_table(["between", "share, %", last], "lrr", rows))


# The next programme


def quotation(rates: Estimates, following: Estimates, observed: Estimates) -> str:
    """Return how to quote what the next programme should expect, of the cell with most ratings."""
    rows = rates.table.to_pylist()
    row = max(rows, key=lambda one: one["n"] or 0)
    place, industry = (
        ENGLISH.level("country", row["country"]),
        ENGLISH.level("industry", row["industry"]),
    )
    kind = f" ({SIMULATED.lower()})" if row["source_kind"] == "simulated" else ""
    mean, limits = (_number("pooled", row, rates.by, part) for part in ("rate", "interval"))
    return (
        f"> A {row['sector']} client in {place} ({industry}) should expect "
        f"{_number('expect', row, rates.by, 'range')} of its customers who score 10 to say that "
        f"they had recommended it in the 12 months before: {ENGLISH.confidence(row['conf_level'])} "
        f"prediction interval for the next programme{kind}. *Advocacy*, version 0.1.0, "
        f"`{stem_of('expect', row, rates.by)}:range`.\n\n"
        f"The mean of all such programmes is {mean} ({limits}), a far narrower statement about "
        "something else. What the client will see in its own data is "
        f"{_number('expect', row, rates.by, 'answers')} with {{number}}`next:answers` "
        "effective answers.\n"
    )


def width_parts(rates: Estimates, following: Estimates) -> str:
    """Return a sentence on what the interval's width is made of."""
    return (
        "In the median cell, with {number}`next:answers` effective answers, "
        "{number}`expect:width:programmes` of the variance is that programmes differ, "
        "{number}`expect:width:answers` that answers are a sample, and "
        "{number}`expect:width:mean` that the mean is not known exactly.\n"
    )


def lookup(rates: Estimates, following: Estimates, observed: Estimates) -> str:
    """Return what the next programme should expect, a table a country to unfold."""
    others = [_by_key(table) for table in (following, observed)]
    found: dict[str, list[list[str]]] = {}
    for row in rates.table.to_pylist():
        own = [one[_key(row, rates.by)] for one in others]
        pooled, expect = (stem_of(name, row, rates.by) for name in ("pooled", "expect"))
        named = ((pooled, "interval"), (expect, "range"), (expect, "answers"))
        limits = [
            _said(ENGLISH.interval(one["conf_low"], one["conf_high"]), *name)
            for one, name in zip((row, *own), named, strict=True)
        ]
        cells = [
            row["sector"],
            ENGLISH.level("industry", row["industry"]),
            _said(ENGLISH.percent(row["estimate"]), pooled, "rate"),
        ]
        country = ENGLISH.level("country", row["country"])
        programmes = _said(ENGLISH.count(row["n_programmes"]), pooled, "programmes")
        found.setdefault(country, []).append([*cells, *limits, programmes])
    headings = ["sector", "industry", "mean, %", "its interval", "next programme", "its answers",
                "programmes"]  # fmt: skip
    shown = {
        country: _labelled(rates, markdown_table(headings, "llrrrrr", rows))
        for country, rows in sorted(found.items())
    }
    return "\n".join(f":::{{dropdown}} {country}\n{table}:::\n" for country, table in shown.items())


# Their parts


def _key(row: Mapping[str, Any], by: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in by)


def _by_key(estimates: Estimates) -> dict[tuple[Any, ...], Row]:
    return {_key(row, estimates.by): row for row in estimates.table.to_pylist()}


def _error(row: Mapping[str, Any]) -> str:
    """Write a standard error behind a rate; nothing where there is none."""
    error = row.get("std_error")
    return "" if error is None else f" ± {ENGLISH.percent(error)}"


def _names(row: Mapping[str, Any], by: Sequence[str]) -> list[str]:
    return [ENGLISH.level(name, row[name]) for name in by]


def _stems(row: Any, by: Sequence[str]) -> tuple[str, str, str]:
    """Return the beginnings of the identifiers of a cell's rates: direct, area level, pooled."""
    direct, area, pooled = (
        stem_of(prefix, row, by) for prefix in ("sector_industry_country", "area", "pooled")
    )
    return direct, area, pooled


def _said(text: str, stem: str, part: str) -> str:
    """Return the cell of a table as the role ``number`` reads it; its text where there is none."""
    return text if text == NONE else f"{{number}}`{text} <{stem}:{part}>`"


def _number(prefix: str, row: Any, by: Sequence[str], part: str) -> str:
    """Return the role that puts a number of the ledger in the text."""
    return f"{{number}}`{stem_of(prefix, row, by)}:{part}`"


def _words(row: Any) -> str:
    industry, country = (
        ENGLISH.level("industry", row["industry"]),
        ENGLISH.level("country", row["country"]),
    )
    return f"{row['sector']}, {industry}, {country}"


def _face(source_kind: str) -> str:
    return f" {SIMULATED}." if source_kind == "simulated" else ""


def _labelled(estimates: Estimates, table: str) -> str:
    face = _face(first_row(estimates)["source_kind"]).strip()
    return f"{table}\n*{face}*\n" if face else table
