"""The part of the import page on which ratings count: rules, what they excluded and could not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from advocacy.report.contents.parts import count, number_columns, table
from advocacy.report.document import Alert, Block, Column, Entry, Heading, Paragraph
from advocacy.report.imports.record import filled_columns
from advocacy.report.wording import ENGLISH, NONE, counted
from advocacy.responses.dataset.accounts import EXCLUDED_FILE
from advocacy.responses.dataset.eligibility import (
    CONTACT_RULE,
    SHORTEST,
    WINDOW,
    EligibilityRules,
    reasons,
)

_CONTACT = ("respondent_id", "interviewed_on")  # what the contact rule needs of the file
_KEPT = (
    "Ratings that do not count stay in the dataset, so that the design is not cut short, and are "
    f"in the base of no estimate. {EXCLUDED_FILE} lists them."
)


def ratings_section(
    manifest: Mapping[str, Any], excluded: Sequence[tuple[str, int]]
) -> tuple[Block, ...]:
    """Return the rules on which ratings count, and how many each excluded or could not judge.

    Parameters
    ----------
    manifest
        Of the partition.
    excluded
        Each reason why ratings do not count, with their number; most first.
    """
    rules = _rules(manifest["eligibility"]["rules"])
    columns = (
        Column("rule"),
        Column("as applied"),
        *number_columns(("do not count", "not judged")),
    )
    return (
        Heading("Which ratings count", 2),
        table(columns, _judged(manifest, rules, excluded)),
        *((Paragraph(_KEPT),) if excluded else ()),
        *_unjudged(manifest),
    )


def _rules(described: Mapping[str, Any]) -> EligibilityRules:
    """Return the rules as the manifest describes them."""
    ends = {
        name: date.fromisoformat(described[name]) if described[name] else None
        for name in ("interviewed_from", "interviewed_to")
    }
    return EligibilityRules(**{**described, **ends})


def _judged(
    manifest: Mapping[str, Any], rules: EligibilityRules, excluded: Sequence[tuple[str, int]]
) -> list[tuple[str | Entry, ...]]:
    """Return a row a rule that was applied, and one a reason that is of none of them."""
    ruled = reasons(rules)
    without, unjudged = Counter[str](), Counter[str]()
    for reason, ratings in excluded:
        without[ruled.get(reason, reason)] += ratings
    for row in manifest["eligibility"]["unjudged"]:
        unjudged[row["rule"]] += row["ratings"]
    applied = _applied(rules)
    return [
        (rule, how, count(without[rule], ENGLISH), count(unjudged[rule], ENGLISH))
        if how
        else (rule, "not applied", NONE, NONE)
        for rule, how in applied.items()
    ] + [
        (reason, "", count(ratings, ENGLISH), "")
        for reason, ratings in without.items()
        if reason not in applied
    ]


def _applied(rules: EligibilityRules) -> dict[str, str]:
    """Say how each rule was applied; nothing where it was not."""
    contact = (
        "of a respondent's answers about a supplier, one in "
        f"{ENGLISH.count(rules.repeat_window_days)} days: the {rules.repeat}"
    )
    first, last = rules.interviewed_from, rules.interviewed_to
    window = [f"from {first}"] * bool(first) + [f"to {last}"] * bool(last)
    shortest = rules.shortest_interview_seconds
    return {
        CONTACT_RULE: "" if rules.repeat == "all" else contact,
        WINDOW: " ".join(window),
        SHORTEST: "" if shortest is None else f"{ENGLISH.shortest(shortest)} seconds or more",
    }


def _unjudged(manifest: Mapping[str, Any]) -> tuple[Alert, ...]:
    """Warn of ratings that count because a rule could not judge them."""
    absent = [name for name in _CONTACT if name not in filled_columns(manifest)]
    sentences = []
    for row in manifest["eligibility"]["unjudged"]:
        contact = row["rule"] == CONTACT_RULE
        if contact and absent:
            said = f"The contact rule could judge no rating: there is no {' and no '.join(absent)}."
        else:
            ratings = counted(row["ratings"], "rating counts", "ratings count")
            said = f"{ratings} unjudged by the {row['rule']}, for want of {row['missing']}."
        sentences.append(f"{said} {_REPEATED}" if contact else said)
    return tuple(map(Alert, dict.fromkeys(sentences)))


_REPEATED = "If a respondent answered several times, each answer counts."
