"""The rule by which each kind of table of the layer `robustness` is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.comparisons.comparison import Comparison
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.responses import Responses
from advocacy.study.robustness.analyses import published_analyses, published_test
from advocacy.study.robustness.disclosure import (
    SCENARIOS,
    Behind,
    published_participation,
    published_scenarios,
)

# Kinds without a row that is a rate of a domain's own ratings.
WITHOUT_RATES = ("participation", "specifications", "multiverse_test")
KINDS = (*SCENARIOS, *WITHOUT_RATES)


def published_robustness(
    table: Estimates,
    hidden: Callable[[Mapping[str, Any]], bool],
    rules: DisclosureRules,
    responses: Responses,
) -> Estimates:
    """Return a table of one of `KINDS` as it may be published.

    Parameters
    ----------
    table
        The table.
    hidden
        Tells whether the rate of a row's own domain is withheld.
    rules
        The limits.
    responses
        Those from which it was estimated.
    """
    behind = Behind(responses)
    if table.kind in SCENARIOS:
        return published_scenarios(table, hidden, rules, behind)
    if table.kind == "participation":
        return published_participation(table, rules, behind)
    if isinstance(table, Comparison):
        return published_test(table, table.compares, rules, behind)
    own = table.table.select(["estimand", "intent"]).slice(0, 1).to_pylist()[0]
    return published_analyses(table, rules, responses, withheld=hidden(own))
