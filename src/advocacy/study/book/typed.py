"""Numbers that are typed into the prose of a chapter, where the ledger should put them.

In a chapter that shows results, a percentage, a decimal, or a count of three digits and more is a
result, a figure of others, or part of a definition. A result comes from the ledger. What is given,
by others or by a definition, says so by the role ``{given}`5 to 20 %` ``, or stands in a paragraph
that names its source by a citation or a DOI. Scores, months, and counts of one or two digits are
words of the study rather than its results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advocacy.study.book.abridged import named

_TYPED = re.compile(
    r"(?<![\w.,/-])[−-]?\d+(?:\.\d+)?[ \u202f\u00a0]?(?:%|per\s?cent\b)"
    r"|(?<![\w./-])\d+\.\d+(?![\w.])"
    r"|(?<![\w./-])\d{1,3}(?:[,\u202f\u00a0]\d{3})+"
    r"|(?<![\w./-])\d{3,}(?![\w./-])"
)
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
# What is no prose: code, roles, addresses, options of directives, formulas, what stands above all.
_APART = re.compile(
    r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)\s*$|\A---\n.*?\n---\n"
    r"|\{[\w:-]+\}`[^`]*`|`+[^`]*`+|\]\([^)]*\)|<[^>]*>|\$\$.*?\$\$|\$[^$\n]*\$"
    r"|^:[\w-]+:[^\n]*$|^:{3,}\{[^\n]*$|^%[^\n]*$",
    re.DOTALL | re.MULTILINE,
)
_SOURCED = re.compile(r"\{cite[\w:]*\}|doi[:.]|https?://", re.IGNORECASE)
# Code with code in it, such as a role that is shown and not used.
_EXAMPLE = re.compile(r"(?<!`)``(?!`).*?(?<!`)``(?!`)", re.DOTALL)
# Numbers of the protocol alone are no results.
_OF_PROTOCOL = ("study:", "next:")


def shows_results(text: str) -> bool:
    """Tell whether a chapter has numbers, tables or figures of the study."""
    return any(not name.startswith(_OF_PROTOCOL) for name in named(_EXAMPLE.sub("", text)))


def typed_numbers(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each number that the prose of a chapter of results types."""
    if not shows_results(text):
        return
    blank = _APART.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    start = 0
    for paragraph in re.split(r"(\n\s*\n)", text):
        if not _SOURCED.search(paragraph):
            own = blank[start : start + len(paragraph)]
            for match in _TYPED.finditer(own):
                if not _YEAR.fullmatch(match[0]):
                    yield text.count("\n", 0, start + match.start()) + 1, match[0]
        start += len(paragraph)
