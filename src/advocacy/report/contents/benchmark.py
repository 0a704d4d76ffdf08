"""Programmes beside a study, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.reference import Reference
from advocacy.report.contents.estimates import simulated_notice
from advocacy.report.contents.expectation import citation, not_seen
from advocacy.report.contents.pooled import columns, peers_label, peers_words
from advocacy.report.wording import RELIABILITY, level, question

if TYPE_CHECKING:
    from rich.console import Group

_NOTICE = (
    "The study that these programmes are held against is simulated. This shows how a comparison "
    "is made, and says nothing of how your rate lies among others."
)


def benchmark_table(result: Estimates, reference: Reference, counts: EffectiveCounts) -> Group:
    """Return a table of four rows a programme; below it who its peers are.

    Parameters
    ----------
    result
        Direct rates by programme, and what `beside` gave, sorted by programme.
    reference
        The study.
    counts
        What of the programmes was held against it.
    """
    from rich.console import Group
    from rich.text import Text

    rows = result.table.to_pylist()
    simulated = reference.posterior.labels["source_kind"] == "simulated"
    above = [
        *simulated_notice(result),
        *([Text(f"{_NOTICE}\n", style="bold")] if simulated else []),
        Text(question(rows[0]), style="bold"),
        Text(f"{peers_label(rows[0])}\n", style="dim"),
    ]
    below = f"\n{_peers(reference, counts)}\nCite: {citation(reference)}"
    return Group(
        *above, columns(result, peers_words(result), [_evidence(row) for row in rows]), Text(below)
    )


def _evidence(row: dict[str, Any]) -> str:
    """Say of what kind a row is, and of a direct rate how far it is to be relied on."""
    kind = str(row["source_kind"])
    said = "simulated: no finding" if kind == "simulated" else kind
    note = RELIABILITY[row["reliability"]]
    return f"{said}; {note}" if note else said


def _peers(reference: Reference, counts: EffectiveCounts) -> str:
    """Say which programmes are peers, and what the study does not know of these."""
    posterior, names = reference.posterior, counts.keys.column_names
    shared = [name for name in posterior.segments if name in names]
    said = [
        f"Peers: programmes of the same {', '.join(shared) or 'kind'}, as the study's model "
        "expects them."
    ]
    for name in posterior.segments:
        known = posterior.levels(name)
        if name not in names:
            said.append(f"The file has no {name}; the study's is {level(name, known[0])} alone.")
        elif unseen := set(counts.keys.column(name).to_pylist()) - set(known):
            said.append(not_seen(name, list(unseen)))
    return " ".join(said)
