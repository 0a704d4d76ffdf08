"""The same threats for another behaviour, of which the truth is known: published counts of voters.

What follows from the counts is worked out here; they themselves are published figures, by their
identifiers in `data/raw/published/figures.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.media.markdown import markdown_table
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, PERCENT
from advocacy.robustness.nonresponse import bounds

# Who definitely intended to vote and, of all and of those who were asked again, voted by the
# record; and who of these said so.
RECORD, AGAIN, SAID = "ces18_record", "ces18_said_record", "ces18_said"
_PREFIX = "another"


def another_numbers(published: Estimates) -> Numbers:
    """Return what the published counts let one say of attrition and of misreports.

    ``another:response:rate`` of the intenders were asked again; ``another:bounds:range`` is
    between what the share who voted lies if nothing is supposed of the others; and
    ``another:misreport:specificity`` is who denied it of those who did not vote, if all who voted
    say so.
    """
    rows = {row["id"]: row for row in published.table.to_pylist()}
    if not {RECORD, AGAIN, SAID} <= rows.keys():
        return {}
    every, again = rows[RECORD]["n"], rows[AGAIN]["n"]
    voted, said = (rows[name]["low"] / 100 for name in (AGAIN, SAID))
    hits = round(voted * again)
    masses = np.array([hits, again - hits, 0, 0, 0, 0, 0], dtype=float)
    low, high = bounds(masses, (every - again) / again).tolist()
    specificity = 1 - (said - voted) / (1 - voted)
    found: dict[str, tuple[str, Any]] = {
        "response:rate": (_percent(again / every), again / every),
        "bounds:range": (f"{ENGLISH.interval(low, high)}{PERCENT}", (low, high)),
        "misreport:specificity": (_percent(specificity), specificity),
        "misreport:difference": (ENGLISH.signed(said - voted, 1, 100), said - voted),
    }
    return {
        f"{_PREFIX}:{name}": {
            "text": text, "value": value, "part": name.partition(":")[2],
            "source_kind": "published",
        }
        for name, (text, value) in found.items()
    }  # fmt: skip


def another_page(published: Estimates) -> str:
    """Return the ladder of threats for voters, a row a step, as a Markdown table."""
    numbers = another_numbers(published)
    if not numbers:
        return ""
    rows = {row["id"]: row for row in published.table.to_pylist()}
    steps = [
        ("all who intended, by the record: the truth", *_published(rows, RECORD)),
        ("of them, asked again", *_own(numbers, "response:rate", rows[AGAIN]["n"], AGAIN)),
        ("asked again, by the record", *_published(rows, AGAIN)),
        ("all who intended, if nothing is supposed of the others",
         *_own(numbers, "bounds:range", rows[RECORD]["n"], RECORD)),
        ("asked again, by what they say", *_published(rows, SAID)),
        ("of those who did not vote, denied it, if all who voted said so",
         *_own(numbers, "misreport:specificity", rows[SAID]["n"], SAID)),
    ]  # fmt: skip
    return markdown_table(["definite intenders to vote", "%", "n"], "lrr", steps)


def _published(rows: Mapping[str, Mapping[str, Any]], name: str) -> tuple[str, str]:
    row = rows[name]
    rate = f"{{number}}`{ENGLISH.percent(row['low'] / 100)} <published:{name}>`"
    return rate, f"{{number}}`{ENGLISH.count(row['n'])} <published:{name}:n>`"


def _own(numbers: Numbers, part: str, n: int, of: str) -> tuple[str, str]:
    text = numbers[f"{_PREFIX}:{part}"]["text"].removesuffix(PERCENT)
    behind = f"{{number}}`{ENGLISH.count(n)} <published:{of}:n>`"
    return f"{{number}}`{text} <{_PREFIX}:{part}>`", behind


def _percent(value: float) -> str:
    return f"{ENGLISH.percent(value)}{PERCENT}"
