"""What became of invitations: the AAPOR final disposition code that a label or a code is."""

from __future__ import annotations

import re
from functools import cache

from advocacy.responses.proposal.wordings import fold, without_code, wordings

# 1.1, 2.11, 3.3 for 3.30; without the point it has three digits or more, as 110 or 2112.
_CODE = re.compile(
    r"(1)\.?(10?|20?)|(2)\.?([1-3]\d{0,2})|(3)\.?([1-49]\d{0,2})|(4)\.?([1-9]\d{0,2})"
)


@cache
def disposition(text: str) -> str:
    """Return the AAPOR final disposition code that a label or a code is, or nothing.

    Source: AAPOR, Standard Definitions, 7th edition, 2011, table 4.
    """
    first = text.strip().split(" ", 1)[0].rstrip(":-")
    return _code(text.strip()) or _code(first) or _labelled(fold(without_code(text)))


def _code(text: str) -> str:
    match = _CODE.fullmatch(text)
    if not match or not ("." in text or len(text) > 2):
        return ""
    group, rest = (part for part in match.groups() if part)
    # Interviews are 1.1 and 1.2; all others have two digits or more.
    return f"{group}.{rest[0] if group == '1' else rest.ljust(2, '0')}"


@cache
def _labelled(text: str) -> str:
    labels, starts = _known()
    if code := labels.get(text):
        return code
    if not f"{text} ".startswith(tuple(starts)):
        return ""
    return next(code for start, code in starts.items() if f"{text} ".startswith(start))


@cache
def _known() -> tuple[dict[str, str], dict[str, str]]:
    """Return the code of each folded label, and of what labels begin with; the first one's."""
    found: tuple[dict[str, str], dict[str, str]] = {}, {}
    for code, entry in wordings()["dispositions"].items():
        if code != "source":
            for texts, of in zip((entry["labels"], entry["starts"]), found, strict=True):
                for text in map(fold, texts):
                    of.setdefault(text, str(code))
    return found
