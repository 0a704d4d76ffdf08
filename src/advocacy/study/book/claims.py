"""What the book shows of claims of documents: a table, with a link to what tests a claim.

Which chapters there are is known once all pages are written. So a claim whose chapter is left out
is ruled on again as its page is included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advocacy.evidence.claims import DOCUMENTS, NOT_TESTABLE, TESTED, Claim
from advocacy.report.media.markdown import markdown_table
from advocacy.study.book.abridged import Contents
from advocacy.study.book.making import Shown
from advocacy.study.sources import CLAIMS

_TESTED = re.compile(rf"{TESTED}: \[\]\((\w+)\.md\)")


def pages() -> dict[str, Shown]:
    """Return the tables by name."""
    return {"claims": Shown(claims_table, (CLAIMS,))}


def claims_table(claims: Sequence[Claim]) -> str:
    """Return claims by document, each with its ruling and the reason."""
    rows = [
        [DOCUMENTS[one.document], _escaped(one.claim), _ruling(one), _escaped(one.reason)]
        for document in DOCUMENTS
        for one in claims
        if one.document == document
    ]
    return markdown_table(["Document", "Claim", "Ruling", "Why"], "llll", rows)


def ruled_again(text: str, contents: Contents) -> str:
    """Return an included page, on which a claim is not testable whose chapter is left out."""

    def put(match: re.Match[str]) -> str:
        chapter = match[1]
        if chapter not in contents.left_out:
            return match[0]
        reason = contents.absent[f"{chapter}.md"]
        return f"{NOT_TESTABLE}: {contents.left_out[chapter]} is left out ({reason})"

    return _TESTED.sub(put, text)


def _ruling(claim: Claim) -> str:
    return f"{TESTED}: []({claim.where}.md)" if claim.ruling == TESTED else claim.ruling


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<|$])", r"\\\1", text)
