"""What the pages of an import have in common: their face, and facts on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from advocacy.report.contents.parts import simulated
from advocacy.report.document import Block, Facts, Heading, Note, Paragraph
from advocacy.report.wording import ENGLISH
from advocacy.responses.schema import SOURCE_KINDS


def face(manifest: Mapping[str, Any], what: str, about: str) -> tuple[Block, ...]:
    """Return the top of a page; simulated data are named as such before all else.

    Parameters
    ----------
    manifest
        Of the partition.
    what
        What the page is: the beginning of its title.
    about
        A sentence on what stands on it.
    """
    kind = manifest["kind"]
    return (
        *simulated([{"source_kind": kind}], ENGLISH),
        Heading(f"{what}: {manifest['title'] or manifest['source']}"),
        Paragraph(about),
        Note(f"Kind of evidence: {kind}, {dict(SOURCE_KINDS)[kind]}."),
    )


def stated(pairs: Iterable[tuple[str, str]]) -> tuple[Facts, ...]:
    """Return the facts that are not empty; nothing where all are."""
    known = tuple((name, fact) for name, fact in pairs if fact)
    return (Facts(known),) if known else ()
