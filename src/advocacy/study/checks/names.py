"""What a protocol may say, whatever the data: sections, entries, kinds of values and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, get_args

from advocacy.errors import AdvocacyError, UsageError
from advocacy.estimation.comparisons.pairwise import ADJUSTMENTS
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimands import ESTIMANDS, find_intent
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses.dataset.eligibility import Repeat
from advocacy.study.checks.lines import Text, written
from advocacy.study.checks.problems import meant
from advocacy.survey.design import LonelyPSU, Scaling, Target
from advocacy.survey.intervals import INTERVALS

# What sections hold that are no kind of table; all of it has to be there, but for `_DEFAULTS`.
_ENTRIES: dict[str, tuple[str, ...]] = {
    "sources": ("folder",),
    "eligibility": ("repeat", "repeat_window_days"),
    "simulation": ("responses", "seed"),
    "estimation": (
        "estimands", "intent", "targets", "weight_scaling", "interval", "conf_level",
        "lonely_psu", "threads",
    ),
    "pooling": ("draws", "seed", "conf_level", "answers"),
    "disclosure": tuple(field.name for field in fields(DisclosureRules)),
}  # fmt: skip
_OPTIONAL = ("pooling",)
_DEFAULTS = ("disclosure",)
# Kinds of tables that set scores against one another.
_OVER_SCORES = (
    "lift", "curve", "curve_tests", "ladder", "stated_likelihood", "robustness", "participation",
)  # fmt: skip
# Arguments of estimators that a section does not give.
_GIVEN = ("responses", "estimand", "design", "engine")

# Names that there are, of entries that are one or a list of them.
_KNOWN: dict[str, Iterable[str]] = {
    "estimands": ESTIMANDS,
    "targets": get_args(Target),
    "weight_scaling": [name for name in get_args(Scaling) if name != "none"],
    "lonely_psu": get_args(LonelyPSU),
    "interval": INTERVALS,
    "repeat": get_args(Repeat),
    "adjust": ADJUSTMENTS,
    **dict.fromkeys(("crossings", "finer", "between", "mix"), SEGMENTS),
}
_WORDS = {
    "estimands": "estimand", "targets": "target", "weight_scaling": "weight scaling",
    "lonely_psu": "rule for lonely PSUs", "interval": "interval",
    "repeat": "rule for repeated answers", "adjust": "rule for several comparisons",
}  # fmt: skip


# A value of each entry, whose form others must have.
_EXAMPLES: dict[str, Any] = {
    "folder": "data/raw/mine", "repeat": "first", "repeat_window_days": 365,
    "responses": 500_000, "seed": 1, "estimands": ["recommended_past_12m"], "intent": "score_10",
    "targets": ["these_programmes"], "weight_scaling": "respondents",
    "interval": "korn_graubard", "conf_level": 0.95, "lonely_psu": "fail", "threads": 1,
    "crossings": [[], ["score"]], "finer": [["sector", "score"]], "between": ["sector"],
    "mix": ["country"], "quantity": "difference", "adjust": "holm", "margin": 0.05,
    "choices": "analysis/multiverse.toml",
    "draws": 3000, "answers": 200, "smallest_n": 10, "smallest_count": 3, "fewest_suppliers": 3,
}  # fmt: skip
_FROM_0 = ("seed", "smallest_n", "smallest_count", "fewest_suppliers")
_NEVER_EMPTY = ("estimands", "targets", "mix")


def unknown(
    protocol: Text, estimators: Mapping[str, Callable[..., Any]], deliveries: Path
) -> Iterator[AdvocacyError]:
    """Yield what a protocol says that cannot be in any study, section by section.

    Parameters
    ----------
    protocol
        What is written.
    estimators
        What makes the tables of each section that is none of `_ENTRIES`.
    deliveries
        The folder of sources that [simulation] makes.
    """
    sections = (*_ENTRIES, *estimators)
    for name in protocol.content:
        if name not in sections:
            yield UsageError(
                f"[{name}] is no section of a protocol.",
                where=protocol.where(name),
                remedy=meant(name, sections),
            )
    for name in _ENTRIES:
        if name not in protocol.content and _is_needed(name, protocol, deliveries):
            yield UsageError(
                f"The protocol lacks the section [{name}].",
                where=str(protocol.path),
                remedy=f"Write [{name}], and in it {', '.join(_ENTRIES[name])}.",
            )
    for name in sections:
        if name in protocol.content:
            yield from _of_section(protocol, name, estimators)


def _is_needed(section: str, protocol: Text, deliveries: Path) -> bool:
    if section == "simulation":
        sources = protocol.content.get("sources")
        return isinstance(sources, dict) and sources.get("folder") == deliveries.as_posix()
    return section not in _OPTIONAL


def _of_section(
    protocol: Text, section: str, estimators: Mapping[str, Callable[..., Any]]
) -> Iterator[AdvocacyError]:
    content = protocol.content[section]
    if not isinstance(content, dict):
        yield UsageError(
            f"{section} is a section of a protocol, not an entry.",
            where=protocol.where("", section),
            remedy=f"Write [{section}] in a line of its own, and its entries below it.",
        )
        return
    if section in _ENTRIES:
        allowed = _ENTRIES[section]
        needed = () if section in _DEFAULTS else allowed
    else:
        allowed, needed = _taken(section, estimators[section])
    for entry in needed:
        if entry not in content:
            yield UsageError(
                f"[{section}] lacks {entry}.",
                where=protocol.where(section),
                remedy=_such_as(entry),
            )
    for entry, value in content.items():
        if entry not in allowed:
            yield UsageError(
                f"[{section}] has no entry {entry}.",
                where=protocol.where(section, entry),
                remedy=meant(entry, allowed),
            )
        elif wrong := _wrong(entry, value):
            yield UsageError(
                f"{entry} of [{section}] has to be {wrong}.",
                where=protocol.where(section, entry),
                remedy=_such_as(entry),
            )
        else:
            yield from _names(protocol, section, entry, value)
            yield from _crossed(protocol, section, entry, value)


def _taken(section: str, estimator: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the entries that a section of tables may have, and those that it must have."""
    every = signature(estimator).parameters
    takes = {n: p for n, p in every.items() if n not in _GIVEN}
    lists = ("between",) if "between" in takes else ("crossings",) if "by" in takes else ()
    others = [name for name in takes if name not in ("by", "between")]
    finer = ("finer",) if section == "rates" else ()
    needed = [name for name in others if takes[name].default is Parameter.empty]
    about = ("estimands",) if section != "rates" and "estimand" in every else ()
    return (*lists, *finer, *about, *others), (*lists, *needed)


def _such_as(entry: str) -> str:
    return f"Write, for instance: {written(entry, _EXAMPLES[entry])}"


def _wrong(entry: str, value: Any) -> str:
    """Return what the value of an entry has to be and is not; empty where it is, or may be all."""
    example = _EXAMPLES.get(entry)
    least = 0 if entry in _FROM_0 else 1
    match example:
        case str():
            return "" if isinstance(value, str) else "a text"
        case float():
            share = isinstance(value, float) and 0 < value < 1
            return "" if share else "a number between 0 and 1"
        case int():
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= least
            return "" if whole else f"a whole number from {least}"
        case [[*_], *_]:
            return "" if _are(_is_texts, value) else "a list of lists of names"
        case [*_]:
            some = bool(value) or entry not in _NEVER_EMPTY
            return "" if _is_texts(value) and some else "a list of names"
    return ""


def _is_texts(value: Any) -> bool:
    return _are(lambda one: isinstance(one, str), value)


def _are(fits: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, list) and all(map(fits, value))


def _names(protocol: Text, section: str, entry: str, value: Any) -> Iterator[AdvocacyError]:
    """Yield the names of an entry that there are not."""
    if entry == "intent":
        try:
            find_intent(value)
        except UsageError as error:
            where = protocol.where(section, entry)
            yield UsageError(error.what, where=where, remedy=error.remedy)
    known = _KNOWN.get(entry)
    if known is None:
        return
    for name in dict.fromkeys(_flat(value)):
        if name not in known:
            yield UsageError(
                f"{name!r} is no {_WORDS.get(entry, 'segment')}.",
                where=protocol.where(section, entry, name),
                remedy=meant(name, known),
            )


def _crossed(protocol: Text, section: str, entry: str, value: Any) -> Iterator[AdvocacyError]:
    """Yield the segments of an entry that cannot be crossed with what they stand beside."""
    crossings = value if entry in ("crossings", "finer") else [value] if entry == "mix" else []
    beside = protocol.entries(section, "between") if entry == "mix" else []
    for crossing in crossings:
        for name in sorted({name for name in crossing if [*crossing, *beside].count(name) > 1}):
            yield UsageError(
                f"{entry} of [{section}] crosses {name} with itself.",
                where=protocol.where(section, entry, name),
                remedy="Name it once.",
            )
        for name in crossing:
            if section in _OVER_SCORES and name in SEGMENTS and SEGMENTS[name].replaces_intent:
                yield UsageError(
                    f"[{section}] is over the scores already, and {entry} crosses it with {name}.",
                    where=protocol.where(section, entry, name),
                    remedy=f"Take {name} out of {entry}.",
                )


def _flat(value: Any) -> Iterator[str]:
    """Yield the texts of a text, a list of texts, or a list of lists of them."""
    if isinstance(value, str):
        yield value
    else:
        for part in value:
            yield from _flat(part)
