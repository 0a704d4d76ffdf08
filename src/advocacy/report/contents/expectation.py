"""What the next programme should expect, in words that can be quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import metadata
from textwrap import fill
from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimands import find_intent
from advocacy.estimation.pooling.effective_counts import SCORE
from advocacy.estimation.pooling.posterior import band_of
from advocacy.estimation.pooling.reference import POSTERIOR, Reference
from advocacy.provenance import sha256
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.wording import (
    RUNGS,
    SIMULATED,
    TARGETS,
    confidence,
    counted,
    level,
    question,
    whole_per_cent,
)

if TYPE_CHECKING:
    from rich.console import Group

Row = dict[str, Any]

_PLURAL = {"sector": "sectors", "industry": "industries", "country": "countries"}
_WITH_ARTICLE = {"AE", "GB", "NL", "PH", "US"}
_PARTS = {
    "programme": "because programmes differ",
    "mean": "because their mean is uncertain",
    "answers": "because the answers are a sample",
}
_LEAST = 0.01
_DIGITS = 12  # of a hash, which tell files apart


def expectation_text(
    result: Estimates,
    reference: Reference,
    where: Mapping[str, str],
    n: int | None,
    columns: int = 110,
) -> Group:
    """Return the answer with what it rests on, where its width comes from, and how to cite it.

    Parameters
    ----------
    result
        What `expectation` gave.
    reference
        The study that it gave it of.
    where, n
        As they were given to it.
    columns
        Of the terminal.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    rows = result.table.to_pylist()
    facts = Table.grid(padding=(0, 2, 0, 0))
    for heading, text in {
        "Rests on": rests_on(rows[0], reference, where),
        "Width": width(rows),
        "Cite": citation(reference),
    }.items():
        facts.add_row(Text(heading, style="bold"), _wrapped(text, columns - 12))
    label = f"{RUNGS[rows[0]['rung']]} · target: {TARGETS[rows[0]['target']]} · pooled"
    return Group(
        *simulated_notice(result),
        Text(question(rows[0]), style="bold"),
        Text(f"{label} · {rows[0]['source_kind']} data\n", style="dim"),
        Text(f"{_wrapped(answer(rows, reference, where, n), columns)}\n"),
        facts,
    )


def _wrapped(text: str, columns: int) -> str:
    # Unlike the terminal's own wrapping, it keeps a number and its % together.
    return fill(text, columns, break_long_words=False, break_on_hyphens=False)


def answer(rows: list[Row], reference: Reference, where: Mapping[str, str], n: int | None) -> str:
    """Return the sentence that can be quoted; that of simulated data says so."""
    prediction, mean = rows[:2]
    scores = find_intent(prediction["intent"]).words
    observed = "" if n is None else f" in {counted(n, 'answer')} of customers who score {scores}"
    label = f" {SIMULATED}." if prediction["source_kind"] == "simulated" else ""
    return (
        f"The next {_programme(where, reference)} should expect {_limits(prediction)}{observed} "
        f"({confidence(prediction['conf_level'])} prediction interval; the mean of such "
        f"programmes is {whole_per_cent(mean['estimate'])}, {_limits(mean)}).{label}"
    )


def _limits(row: Row) -> str:
    return whole_per_cent(row["conf_low"], row["conf_high"])


def _programme(where: Mapping[str, str], reference: Reference) -> str:
    """Name the kind of programme, such as B2B programme in Manufacturing (C) in Norway."""
    named = "".join(
        f" in {_place(name, where[name])}" for name in ("industry", "country") if name in where
    )
    free = [name for name in reference.posterior.segments if name not in where]
    sector = f"{where['sector']} " if "sector" in where else ""
    return f"{sector}programme{named}{f' of any {_joined(free)}' if free else ''}"


def _place(name: str, value: str) -> str:
    shown = level(name, value)
    if name == "industry":
        return f"{shown} ({value})"
    return f"the {shown}" if value in _WITH_ARTICLE else shown


def _joined(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def rests_on(row: Row, reference: Reference, where: Mapping[str, str]) -> str:
    """Say how many ratings and programmes of the study are of this kind, and their own rate."""
    posterior = reference.posterior
    unseen = [name for name in where if where[name] not in posterior.levels(name)]
    if unseen:
        return " ".join(not_seen(name, [where[name]]) for name in unseen)
    published = reference.published(where, row["intent"])
    if published:
        return (
            f"{counted(published['n'], 'rating')} of "
            f"{counted(published['n_programmes'], 'such programme')} in the study, whose own rate "
            f"is {whole_per_cent(published['estimate'])}."
        )
    return _counted_cells(row, reference, where)


def not_seen(name: str, values: Sequence[str]) -> str:
    """Say what is known of levels of a segment that the study has not seen."""
    places = ", ".join(sorted(_place(name, value) for value in values))
    return (
        f"The study has seen no such {name} ({places}): how far it may lie from others is taken "
        f"from how the study's {_PLURAL[name]} differ."
    )


def _counted_cells(row: Row, reference: Reference, where: Mapping[str, str]) -> str:
    """Say the same from the numbers that stand in the posterior."""
    posterior, band = reference.posterior, band_of(row["intent"])
    cells = [
        cell
        for cell in posterior.cells.to_pylist()
        if cell[SCORE] == band and all(cell[name] == value for name, value in where.items())
    ]
    if not cells:
        return "The study has no such programme: all is from those that share a part of this."
    known = [cell for cell in cells if cell["n"] is not None]
    if not known:
        return "Ratings of such programmes in the study, whose numbers are withheld."
    ratings = counted(sum(cell["n"] for cell in known), "rating")
    least = "at least " if len(known) < len(cells) else ""
    if len(cells) == 1:
        ratings += f" of {counted(cells[0]['n_programmes'], 'such programme')}"
    return f"{least}{ratings} in the study."


def width(rows: list[Row]) -> str:
    """Say where the width of the prediction comes from."""
    shares = sorted(
        (row for row in rows if row["quantity"] == "share"), key=lambda row: -row["estimate"]
    )
    parts = [f"{_share(row['estimate'])} {_PARTS[row['term']]}" for row in shares]
    return f"Of the variance, {', '.join(parts)}."


def _share(value: float) -> str:
    """Write a share of a whole, which is none of nothing and not all."""
    if value < _LEAST:
        return f"under {whole_per_cent(_LEAST)}"
    return f"over {whole_per_cent(1 - _LEAST)}" if value > 1 - _LEAST else whole_per_cent(value)


def citation(reference: Reference) -> str:
    """Return what to cite: the software, its version, and the very posterior."""
    package = metadata("advocacy")
    kind = reference.posterior.labels["source_kind"]
    digest = sha256(reference.folder / POSTERIOR)[:_DIGITS]
    place = "the study in the package" if reference.packaged else str(reference.folder)
    return (
        f"{package['Author']}, {package['Name']} {package['Version']}; {place}, {kind} data, "
        f"posterior {digest}."
    )
