"""Responses in which every rating says under which choices it counts, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from advocacy.errors import DataError, UsageError
from advocacy.estimation.estimands import find_intent
from advocacy.responses import Responses
from advocacy.responses.crosswalk.placement import ROW, problem
from advocacy.responses.dataset.eligibility import (
    CONTACT_RULE,
    EXCLUDED,
    EligibilityRules,
    exclusions_sql,
    set_aside_as_repeated,
)
from advocacy.robustness.multiverse.choices import ALL_COUNTRIES, MONTHS, Choices, codes_of
from advocacy.sql import identifier, literal
from advocacy.survey.cells.statement import Domain, Ratio
from advocacy.survey.engines import engine_for

# What choices and designs may use of a rating; read once, as much of it as there is.
_USED = (
    *("score", "recommended_past_12m", "months_since_recommended", "country", "programme"),
    *("supplier", "account", "respondent_id", "interviewed_on", "source_kind", EXCLUDED),
    *("weight", "stratum", "psu", "ssu", "fpc", "fpc_ssu"),
)
# The answer of a rating: a yes by the shortest window that it lies in, a no, or none.
NO, NONE = 0, -1
_RULES = ("first", "last")
_ROWS = "rows_of_multiverse"


def in_memory(responses: Responses, also: Sequence[str] = ()) -> Responses:
    """Return responses with what a multiverse may use of them, read once: some 150 bytes a rating.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    also
        Further columns to read.

    Raises
    ------
    UsageError
        The responses are in another database.
    """
    if responses.home is not None:
        raise UsageError(
            "A multiverse runs on files and datasets, and these responses are in a database.",
            where=responses.name,
            remedy="Export them to a file first.",
        )
    names = tuple(n for n in dict.fromkeys((*_USED, *also)) if n in responses.columns)
    read = [_key(responses), *map(identifier, names)]
    for name in names:
        if name in responses.checkable:
            # Of values to refuse also how the file has them, for the message.
            raw, wrong = identifier(f"{name}.raw"), problem(name)
            read += [wrong, f"CASE WHEN {wrong} IS NOT NULL THEN {raw} END AS {raw}"]
    if responses.is_dataset:
        read.append("source")
    rows = responses.run(
        f"SELECT {', '.join(read)} FROM {responses.relation}", engine_for(responses, None)
    )
    return replace(responses, relation=_ROWS, columns=names, tables={_ROWS: rows})


def flagged(responses: Responses, choices: Choices) -> Responses:
    """Return responses that count wherever a choice lets them, with a flag for each.

    ``responses`` are in memory. Raises where they lack what a choice needs.
    """
    _refuse_lacking(responses, choices)
    lifted, columns = _without_contact_rule(responses)
    key = _key(responses)
    aside = {
        rule: _set_aside(responses, lifted, columns, rule, key)
        for rule in _RULES
        if rule in choices.repeat
    }
    counts = [
        f"{rule}.aside IS NULL AND ratings.{EXCLUDED} IS NULL AS counts_{rule}" for rule in aside
    ]
    if "all" in choices.repeat:
        counts.append(f"ratings.{EXCLUDED} IS NULL AS counts_all")
    joins = "".join(f" LEFT JOIN aside_{rule} AS {rule} USING ({key})" for rule in aside)
    every = f"SELECT {', '.join(['ratings.*', *counts])} FROM {lifted} AS ratings{joins}"
    anywhere = " OR ".join(f"counts_{rule}" for rule in choices.repeat)
    relation = (
        f"(SELECT * EXCLUDE ({EXCLUDED}), CASE WHEN {anywhere} THEN NULL "
        f"ELSE coalesce({EXCLUDED}, {literal(CONTACT_RULE)}) END AS {EXCLUDED} FROM ({every}))"
    )
    tables = {f"aside_{rule}": table for rule, table in aside.items()}
    return replace(
        responses, relation=relation, columns=columns, tables={**responses.tables, **tables}
    )


def _without_contact_rule(responses: Responses) -> tuple[str, tuple[str, ...]]:
    """Return the relation in which what the contact rule set aside counts, and its columns."""
    asked = f"{_asks(responses)} AS asked"
    if EXCLUDED not in responses.columns:
        return (
            f"(SELECT *, NULL::VARCHAR AS {EXCLUDED}, TRUE AS counts_as_imported, {asked} "
            f"FROM {responses.relation})",
            (*responses.columns, EXCLUDED),
        )
    repeated = f"CASE WHEN NOT {set_aside_as_repeated(EXCLUDED)} THEN {EXCLUDED} END"
    return (
        f"(SELECT * EXCLUDE ({EXCLUDED}), {repeated} AS {EXCLUDED}, "
        f"{EXCLUDED} IS NULL AS counts_as_imported, {asked} FROM {responses.relation})",
        responses.columns,
    )


def _key(responses: Responses) -> str:
    return "rating_id" if responses.is_dataset else ROW


def _set_aside(
    responses: Responses, relation: str, columns: tuple[str, ...], rule: str, key: str
) -> pa.Table:
    """Return the ratings that one contact rule sets aside, found once, by their key.

    A respondent is one within a source alone, as at the import.
    """
    if responses.is_dataset and "respondent_id" in columns:
        own = "source || ' ' || respondent_id AS respondent_id"
        relation = f"(SELECT * REPLACE ({own}) FROM {relation})"
    rules = EligibilityRules(repeat=rule)  # type: ignore[arg-type]  # of _RULES
    sql = exclusions_sql(rules, relation, columns, key=key)
    return responses.run(f"SELECT {key}, TRUE AS aside FROM ({sql})", engine_for(responses, None))


def _asks(responses: Responses) -> str:
    """Return whether a rating's programme asks who recommended; one that does not has no noes."""
    if "programme" not in responses.columns:
        return "TRUE"
    (silent,) = responses.fetch(
        "SELECT list(programme) FROM (SELECT coalesce(programme, '') AS programme "
        f"FROM {responses.relation} GROUP BY ALL HAVING count(recommended_past_12m) = 0)"
    )
    listed = ", ".join(map(literal, silent or ()))
    return f"coalesce(programme, '') NOT IN ({listed})" if silent else "TRUE"


def _needed(choices: Choices) -> dict[str, list[str]]:
    """Return the columns that a multiverse needs, by what needs them."""
    needed = {"A multiverse": ["score", "recommended_past_12m"]}
    if choices.window != (MONTHS,):
        needed["The choice window"] = ["months_since_recommended"]
    if choices.countries != (ALL_COUNTRIES,):
        needed["The choice countries"] = ["country"]
    if set(choices.repeat) & {"first", "last"}:
        needed["The choice repeat"] = ["respondent_id", "supplier", "interviewed_on"]
    if "mean_of_programmes" in choices.estimator:
        needed["The choice estimator"] = ["programme"]
    if "unweighted" in choices.weights and len(choices.weights) > 1:
        needed["The choice weights"] = ["weight"]
    return needed


def _refuse_lacking(responses: Responses, choices: Choices) -> None:
    needed = _needed(choices)
    for what, columns in needed.items():
        responses.require(columns, what)
    responses.check(sorted({name for columns in needed.values() for name in columns}))
    if choices.countries != (ALL_COUNTRIES,):
        _refuse_absent_countries(responses, choices)


def _refuse_absent_countries(responses: Responses, choices: Choices) -> None:
    (present,) = responses.fetch(f"SELECT list(DISTINCT country) FROM {responses.relation}")
    absent = [code for code in _codes(choices) if code not in present]
    if absent:
        raise DataError(
            f"The choice countries names {', '.join(absent)}, of which there is no rating.",
            where=responses.name,
            remedy=f"Countries here: {', '.join(sorted(filter(None, present)))}.",
        )


def _codes(choices: Choices) -> list[str]:
    named = [option for option in choices.countries if option != ALL_COUNTRIES]
    return sorted({code for option in named for code in codes_of(option)[0]})


def domains(choices: Choices) -> list[Domain]:
    """Return what the one pass is by: the flags that tell ratings apart under some choice."""
    scores = {score for name in choices.intent for score in find_intent(name).scores}
    found = [
        Domain("score", f"CASE WHEN score IN ({_listed(scores)}) THEN score END"),
        Domain("answer", _answer(choices)),
    ]
    found += [Domain(f"counts_{rule}", f"counts_{rule}") for rule in choices.repeat]
    if choices.countries != (ALL_COUNTRIES,):
        named = ", ".join(map(literal, _codes(choices)))
        found.append(Domain("country", f"CASE WHEN country IN ({named}) THEN country ELSE '' END"))
    return found


def base() -> Ratio:
    """Return what the pass sums: ratings with a score, of a programme that asks.

    Their answer is among the domains, so that no numerator is needed.
    """
    return Ratio("0", "(score IS NOT NULL AND asked)::DOUBLE")


def _answer(choices: Choices) -> str:
    """Return the answer: none, no, or a yes by the shortest of the windows that holds it.

    A yes that says not when lies in the whole window alone.
    """
    within = "".join(
        f" WHEN recommended_past_12m AND months_since_recommended <= {months} THEN {months}"
        for months in sorted(set(choices.window) - {MONTHS})
    )
    return (
        f"CASE WHEN recommended_past_12m IS NULL THEN {NONE} "
        f"WHEN NOT recommended_past_12m THEN {NO}{within} ELSE {MONTHS} END"
    )


def _listed(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))
