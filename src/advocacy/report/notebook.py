"""Estimates as a notebook shows them: question, label and the columns that say something."""

from __future__ import annotations

from html import escape
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.wording import SIMULATED, label, question

# Columns that the lines above the table already state, or that only programs need.
_STATED = ("estimand", "rung", "target", "conf_level", "interval", "method", "source_kind")
_DIGITS = 4


def html_table(estimates: Estimates) -> str:
    """Return estimates as HTML; above the table question, label and kind of evidence.

    Columns that are empty throughout are left out; `Estimates.table` has all of them, in full
    precision.
    """
    if not len(estimates):
        return "<p>No estimates.</p>"
    table = estimates.table
    names = [
        name
        for name in table.column_names
        if name not in _STATED and table.column(name).null_count < len(estimates)
    ]
    first = table.slice(0, 1).to_pylist()[0]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(_row([row[name] for name in names]) for row in table.select(names).to_pylist())
    simulated = first["source_kind"] == "simulated"
    return (
        (f"<p><strong>{SIMULATED}.</strong></p>" if simulated else "")
        + f"<p><strong>{escape(question(first))}</strong><br>{escape(label(first))}</p>"
        + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(values: list[Any]) -> str:
    return f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in values)}</tr>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else escape(str(value))
