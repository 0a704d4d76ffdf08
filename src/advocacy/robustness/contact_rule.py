"""The contact rule over sources: what it cannot see where a supplier's programmes lie in several.

It is applied as each source is imported, to what was answered there. A respondent's number means
something within a source alone, so that who answered for a supplier in two counts in both.
"""

from __future__ import annotations

from advocacy.remarks import Remark
from advocacy.responses import Responses
from advocacy.responses.dataset.eligibility import EligibilityRules, exclusions_sql


def over_sources(responses: Responses) -> list[Remark]:
    """Return what the contact rule missed between sources; nothing where each supplier has one.

    Suppliers in several sources, and of the ratings that count those of them. Where such a
    supplier has the same number of a respondent in several sources: the ratings that the rule
    would set aside were they one person.
    """
    if len(responses.sources) < 2 or "supplier" not in responses.columns:
        return []
    counted = f"(SELECT * FROM {responses.relation} WHERE {responses.counted})"
    spread = (
        f"SELECT supplier FROM {counted} WHERE supplier IS NOT NULL "
        "GROUP BY supplier HAVING count(DISTINCT source) > 1"
    )
    suppliers, ratings = responses.fetch(
        f"SELECT count(DISTINCT supplier), count(*) FROM {counted} WHERE supplier IN ({spread})"
    )
    if not suppliers:
        return []
    values = {"suppliers": suppliers, "ratings": ratings}
    repeated = _repeated(responses, f"(SELECT * FROM {counted} WHERE supplier IN ({spread}))")
    if repeated:
        return [Remark("robustness.rule_over_sources", values | {"repeated": repeated})]
    return [Remark("robustness.rule_within_sources", values)]


def _repeated(responses: Responses, relation: str) -> int:
    """Return the ratings that the rule would set aside if numbers meant the same everywhere."""
    if not {"respondent_id", "interviewed_on"} <= set(responses.columns):
        return 0
    rules = EligibilityRules()
    # Between sources alone: what repeats within one had its turn at the import.
    within = f"(SELECT * REPLACE (source || ' ' || respondent_id AS respondent_id) FROM {relation})"
    across, own = (
        int(responses.fetch(f"SELECT count(*) FROM ({sql})")[0])
        for sql in (
            exclusions_sql(rules, relation, responses.columns),
            exclusions_sql(rules, within, responses.columns),
        )
    )
    return across - own
