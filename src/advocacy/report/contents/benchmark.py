"""Programmes of one's own beside a study."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.pooling.effective_counts import EffectiveCounts
from advocacy.estimation.pooling.reference import Reference
from advocacy.report.contents import parts
from advocacy.report.contents.expectation import citation, not_seen, place
from advocacy.report.contents.pooled import peer_names, peers_label, pooled_rows
from advocacy.report.document import Alert, Document, Heading, Paragraph
from advocacy.report.wording import ENGLISH, Row, Words


def benchmark(
    result: Estimates, reference: Reference, counts: EffectiveCounts, words: Words = ENGLISH
) -> Document:
    """Return a table of four rows a programme; below it who its peers are.

    Parameters
    ----------
    result
        Direct rates by programme, and what `beside` gave, sorted by programme.
    reference
        The study.
    counts
        What of the programmes was held against it.
    words
        The language.
    """
    rows = parts.rows_of(result)
    evidence = [_evidence(row, words) for row in rows]
    simulated = reference.posterior.labels["source_kind"] == "simulated"
    return Document(
        (
            *parts.simulated(rows, words),
            *([Alert(words("benchmark.notice"))] if simulated else []),
            Heading(words.question(rows[0])),
            peers_label(rows[0], words),
            pooled_rows(result, words, peer_names(result, words), evidence),
            *_groups(reference, counts, words),
            Paragraph(_peers(reference, counts, words)),
            Paragraph(words("benchmark.cite", citation=citation(reference))),
        )
    )


def _evidence(row: Row, words: Words) -> str:
    """Say of what kind a row is, and of a direct rate how far it is to be relied on."""
    kind = str(row["source_kind"])
    said = words("benchmark.simulated") if kind == "simulated" else words(f"kind.{kind}")
    return "; ".join(filter(None, [said, words.reliability(row)]))


def _groups(reference: Reference, counts: EffectiveCounts, words: Words) -> tuple[Paragraph, ...]:
    """Name in words what each group of peers has in common; nothing where that is not known."""
    names = [name for name in reference.posterior.segments if name in counts.keys.column_names]
    groups = {
        ", ".join(place(name, row[name], words) for name in names)
        for row in counts.keys.select(names).to_pylist()
    }
    if not names or not groups:
        return ()
    return (Paragraph(words("benchmark.groups", groups="; ".join(sorted(groups)))),)


def _peers(reference: Reference, counts: EffectiveCounts, words: Words) -> str:
    """Say which programmes are peers, and what the study does not know of these."""
    posterior, names = reference.posterior, counts.keys.column_names
    shared = ", ".join(words.heading(name) for name in posterior.segments if name in names)
    sentences = [words("benchmark.peers", segments=shared or words("benchmark.kind"))]
    for name in posterior.segments:
        known = posterior.levels(name)
        if name not in names:
            level = words.level(name, known[0])
            lacking = words("benchmark.lacking", segment=words.heading(name), level=level)
            sentences.append(lacking)
        elif unseen := set(counts.keys.column(name).to_pylist()) - set(known):
            sentences.append(not_seen(name, list(unseen), words))
    return " ".join(sentences)
