"""Curves over the scores 0 to 10, and what tests of them find."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.contents import parts
from advocacy.report.document import Block, Column, Document, Entry, Heading, Paragraph, Table
from advocacy.report.numbers import number_of
from advocacy.report.wording import ENGLISH, PERCENT, Row, Words

# Shares of bootstrap replicates below this are not named.
_RARE = 0.005
# Falls below this are written as under 0.1 points.
_LEAST = 0.0005


def curves(result: Estimates, words: Words = ENGLISH) -> Document:
    """Return a table for each curve, and what its tests found.

    Parameters
    ----------
    result
        Rows of `curve`, of `curve_tests`, or of both.
    words
        The language.
    """
    rows = parts.rows_of(result)
    segments = [name for name in result.by if name != "score"]
    body: list[Block] = []
    for key, group in groupby(_by_curve(rows, segments), lambda row: _key(row, segments)):
        of_curve = list(group)
        rates = [row for row in of_curve if row["fit"]]
        if segments:
            names = zip(segments, key, strict=True)
            body.append(Heading(" · ".join(words.level(*pair) for pair in names), level=2))
        body += [_rates(rates, words)] if rates else []
        tests = [row for row in of_curve if row["fit"] is None]
        body += [Paragraph(finding) for finding in _findings(tests, words)]
    first = rows[0]
    label = parts.label(first, words, _measure(rows, words))
    return parts.document(result, words.question(first), label, body, words)


def _by_curve(rows: list[Row], segments: list[str]) -> list[Row]:
    """Return rows with those of a curve together, curves in the order in which they come."""
    order = list(dict.fromkeys(_key(row, segments) for row in rows))
    return sorted(rows, key=lambda row: order.index(_key(row, segments)))


def _key(row: Row, segments: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in segments)


def _measure(rows: list[Row], words: Words) -> str:
    """Return level and kind of the intervals of the direct rates, or of what there is."""
    return words.intervals(next((row for row in rows if row["fit"] == "direct"), rows[0]))


def _rates(rows: list[Row], words: Words) -> Table:
    """Return the rates of a curve, a row a score; limits of the first fit that is shown."""
    first_fit, *other_fits = dict.fromkeys(row["fit"] for row in rows)
    by_fit = {(row["fit"], row["score"]): row for row in rows}
    headings = [
        words("heading.score"),
        words("heading.n"),
        words("curve.first", fit=words(f"curve.{first_fit}")),
        words("curve.interval"),
        words("curve.band"),
        *(words(f"curve.{fit}") for fit in other_fits),
    ]
    columns = [*parts.number_columns(headings), Column(words("heading.note"))]
    shown = []
    for score in dict.fromkeys(row["score"] for row in rows):
        first = by_fit[first_fit, score]
        shown.append(
            [
                Entry(str(score), float(score), "score"),
                parts.behind(first, "n", words),
                _rate(first, words),
                _limits_of(first, "conf", "interval", words),
                _limits_of(first, "band", "band", words),
                *(_rate(by_fit[fit, score], words) for fit in other_fits),
                parts.note(first, words),
            ]
        )
    return parts.without_empty(columns, shown, words("heading.note"))


def _rate(row: Row, words: Words) -> Entry:
    return parts.proportion(row["estimate"], words, number_of(row, "estimate"))


def _limits_of(row: Row, columns: str, part: str, words: Words) -> Entry:
    low, high = row[f"{columns}_low"], row[f"{columns}_high"]
    return parts.proportion_limits(low, high, words, number_of(row, part))


def _findings(rows: list[Row], words: Words) -> list[str]:
    """Return a sentence for each finding about a curve."""
    findings = [_nine(row, words) for row in rows if row["quantity"] == "difference"]
    for row in rows:
        if row["quantity"] == "auc":
            limits = _limits(row, 1, 2, words)
            findings.append(words("curve.auc", auc=words.number(row["estimate"], 2), limits=limits))
        if row["quantity"] == "best_cut":
            findings.append(_best_cut(row, rows, words))
        if row["quantity"] == "largest_fall":
            findings.append(_largest_fall(row, words))
    return findings


def _nine(row: Row, words: Words) -> str:
    tested = row["p_value"] is not None
    p = words("curve.nine_p", p=words.p_equals(row["p_value"])) if tested else ""
    return words(
        "curve.nine" if row["reference"] == "10" else "curve.nine_of_others",
        estimate=words.number(100 * row["estimate"], 1),
        limits=_limits(row, 100, 1, words),
        p=p or words("curve.nine_untested"),
    )


def _best_cut(row: Row, rows: list[Row], words: Words) -> str:
    shares = [
        words("curve.share", cut=other["score"], share=f"{100 * other['estimate']:.0f}{PERCENT}")
        for other in rows
        if other["quantity"] == "best_cut_share" and other["estimate"] >= _RARE
    ]
    return words(
        f"curve.{_is_promoter(row, rows)}", cut=f"{row['estimate']:.0f}", shares=", ".join(shares)
    )


def _is_promoter(best: Row, rows: list[Row]) -> str:
    """Tell whether 9 lies above the cut: where the interval and a test of 9 and 10 allow it."""
    own = [row for row in rows if row["quantity"] == "difference" and row["reference"] == "10"]
    if not own or own[0]["p_value"] is None or best["conf_low"] is None:
        return "unsettled"
    if best["conf_high"] <= 9:
        return "promoter"
    return "no_promoter" if best["conf_low"] > 9 else "unsettled"


def _largest_fall(row: Row, words: Words) -> str:
    if row["estimate"] <= 0:
        return words("curve.no_fall")
    points = words.number(100 * row["estimate"], 1)
    return words(
        "curve.fall",
        **{"from": row["score"], "to": row["reference"]},
        points=words("curve.under", points=words.number(0.1, 1))
        if row["estimate"] < _LEAST
        else points,
        p=words.p_equals(row["p_value"]),
    )


def _limits(row: Row, scale: float, decimals: int, words: Words) -> str:
    if row["conf_low"] is None:
        return ""
    low, high = (words.number(scale * row[end], decimals) for end in ("conf_low", "conf_high"))
    return words("curve.limits", low=low, high=high)
