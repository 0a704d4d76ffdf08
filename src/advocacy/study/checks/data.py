"""What a protocol asks of the data and they do not have, before anything is estimated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from advocacy.errors import AdvocacyError, DataError, DesignError, MissingColumnError
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.pooling.layout import FEWEST_PROGRAMMES
from advocacy.estimation.segments import SEGMENTS
from advocacy.responses import Responses
from advocacy.robustness.invited import has_contacts
from advocacy.robustness.recall import COLUMN
from advocacy.robustness.validated import VALIDATION
from advocacy.study.checks.lines import Text, written
from advocacy.study.protocol import ESTIMATORS, POOLED_CELLS, usual_estimand

# Entries that name segments.
_SEGMENTS = ("crossings", "finer", "between", "mix")
# Columns without which there is no table of a kind.
_NEEDED = {"recall": (COLUMN,), "misreport": VALIDATION}
# How many levels a kind of table can compare.
_LEVELS = {"pairs": (2, None), "standardisation": (2, 2)}


def allowed(responses: Responses) -> dict[str, list[str]]:
    """Return the segments, estimands and targets that responses have what is needed for."""
    targets = {
        "these_programmes": True,
        "programmes_like_these": responses.programmes > 1,
        "as_given": len(responses.sources) == 1,
    }
    return {
        "segments": [n for n, segment in SEGMENTS.items() if not _absent(responses, segment.needs)],
        "estimands": [n for n, one in ESTIMANDS.items() if not _absent(responses, one.needs)],
        "targets": [name for name, there in targets.items() if there],
    }


def lacking(protocol: Text, responses: Responses) -> Iterator[AdvocacyError]:
    """Yield what a protocol asks for and responses do not allow, each with the line to write.

    Parameters
    ----------
    protocol
        What is asked; `unknown` has found nothing in it.
    responses
        What was imported.
    """
    there = allowed(responses)
    yield from _estimands(protocol, responses, there["estimands"])
    yield from _targets(protocol, responses, there["targets"])
    for section, content in protocol.content.items():
        if section not in ESTIMATORS:
            continue
        for entry in _SEGMENTS:
            if entry in content:
                yield from _segments(protocol, responses, section, entry, there["segments"])
        yield from _levels(protocol, responses, section, there["segments"])
        yield from _about(protocol, responses, section, there["estimands"])
        yield from _of_robustness(protocol, responses, section)
    if "pooling" in protocol.content:
        yield from _pooling(protocol, responses, there["segments"])


def _absent(responses: Responses, columns: Sequence[str]) -> list[str]:
    return [name for name in columns if not responses.has(name)]


def _estimands(
    protocol: Text, responses: Responses, there: Sequence[str]
) -> Iterator[AdvocacyError]:
    asked = protocol.content["estimation"]["estimands"]
    wrong = [name for name in asked if name not in there]
    left = [name for name in asked if name in there]
    for name in wrong:
        absent = _absent(responses, ESTIMANDS[name].needs)
        without = f"Write {written('estimands', left)}. " if left and name != asked[0] else ""
        yield MissingColumnError(
            f"The estimand {name} needs {_columns(absent)}, which no source has.",
            where=protocol.where("estimation", "estimands", name),
            remedy=f"{without}Or map the question in a crosswalk.csv. The data have columns for: "
            f"{', '.join(there) or 'no estimand'}.",
        )


def _about(
    protocol: Text, responses: Responses, section: str, there: Sequence[str]
) -> Iterator[AdvocacyError]:
    """Yield what a section is about and no source has; the headline's is told of once."""
    named = protocol.entries(section, "estimands")
    asked = named or [usual_estimand(section)]
    headline = protocol.content["estimation"]["estimands"]
    wrong = [name for name in asked if name and name not in there and name not in headline]
    left = [name for name in named if name in there]
    for name in wrong:
        yield MissingColumnError(
            f"[{section}] is about {name}, which needs "
            f"{_columns(_absent(responses, ESTIMANDS[name].needs))}, which no source has.",
            where=protocol.where(section, "estimands", name) if named else protocol.where(section),
            remedy=_without(section, "estimands", left),
        )


def _of_robustness(protocol: Text, responses: Responses, section: str) -> Iterator[AdvocacyError]:
    """Yield what a section on how wrong the headline could be needs, and no source has."""
    absent = _absent(responses, _NEEDED.get(section, ()))
    if absent:
        yield MissingColumnError(
            f"[{section}] needs {_columns(absent)}, which no source has.",
            where=protocol.where(section),
            remedy=_without(section, "crossings", []),
        )
    if section == "participation" and not has_contacts(responses):
        yield MissingColumnError(
            "[participation] needs contacts: who was invited, and what became of it.",
            where=protocol.where(section),
            remedy=_without(section, "crossings", []),
        )


def _targets(protocol: Text, responses: Responses, there: Sequence[str]) -> Iterator[AdvocacyError]:
    asked = protocol.content["estimation"]["targets"]
    left = [name for name in asked if name in there] or ["these_programmes"]
    why = {
        "programmes_like_these": "needs two programmes, and the data have one",
        "as_given": f"is of one source, and there are {len(responses.sources)}",
    }
    for name in asked:
        if name not in there:
            yield DesignError(
                f"The target {name} {why[name]}.",
                where=protocol.where("estimation", "targets", name),
                remedy=f"Write {written('targets', left)}.",
            )


def _segments(
    protocol: Text, responses: Responses, section: str, entry: str, there: Sequence[str]
) -> Iterator[AdvocacyError]:
    """Yield the segments of an entry that no source has, with the entry as it can be."""
    value = protocol.content[section][entry]
    wrong = [name for name in SEGMENTS if name in _flat(value) and name not in there]
    if not wrong:
        return
    columns = {c for name in wrong for c in _absent(responses, SEGMENTS[name].needs)}
    left = [one for one in value if not set(_flat(one)) & set(wrong)]
    yield MissingColumnError(
        f"{entry} of [{section}] names {', '.join(wrong)}, which no source has: "
        f"{_columns(sorted(columns))} {'is' if len(columns) == 1 else 'are'} not there or empty.",
        where=protocol.where(section, entry, *wrong),
        remedy=f"{_without(section, entry, left)} Segments that are there: {', '.join(there)}.",
    )


def _without(section: str, entry: str, left: Sequence[Any]) -> str:
    """Return what to write in place of an entry, of which these values can stay."""
    if left or entry == "finer":
        return f"Write {written(entry, left)}."
    return f"Take [{section}] out, with all below it."


def _levels(
    protocol: Text, responses: Responses, section: str, there: Sequence[str]
) -> Iterator[AdvocacyError]:
    """Yield the segments between whose levels a section cannot compare."""
    if section not in _LEVELS:
        return
    least, most = _LEVELS[section]
    content = protocol.content[section]
    found = {name: _number(responses, name) for name in content["between"] if name in there}
    most = None if "reference" in content else most
    wrong = {n for n, levels in found.items() if levels < least or (most and levels > most)}
    left = [name for name in content["between"] if name in found and name not in wrong]
    for name in sorted(wrong):
        levels = "one level" if found[name] == 1 else f"{found[name]} levels"
        yield DataError(
            f"[{section}] compares the levels of {name}, which has {levels} in the data and "
            f"needs {'two' if most else 'two or more'}.",
            where=protocol.where(section, "between", name),
            remedy=_without(section, "between", left),
        )


def _number(responses: Responses, segment: str) -> int:
    """Return how many levels a segment has among the ratings that count."""
    levels = f"count(DISTINCT {SEGMENTS[segment].expression})"
    sql = f"SELECT {levels} FROM {responses.relation} WHERE {responses.counted}"
    return int(responses.fetch(sql)[0])


def _pooling(protocol: Text, responses: Responses, there: Sequence[str]) -> Iterator[AdvocacyError]:
    lacks = [name for name in POOLED_CELLS.split("_") if name not in there]
    few = responses.programmes < FEWEST_PROGRAMMES
    if not (lacks or few):
        return
    why = [
        *([f"{FEWEST_PROGRAMMES} programmes, and the data have {responses.programmes}"] * few),
        *([f"{_and(lacks)}, which no source has"] if lacks else []),
    ]
    yield DataError(
        f"The multilevel model of [pooling] needs {'; and '.join(why)}.",
        where=protocol.where("pooling"),
        remedy="Take [pooling] out, with all below it.",
    )


def _columns(names: Sequence[str]) -> str:
    return f"the column{'s' * (len(names) > 1)} {_and(names)}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _flat(value: Any) -> list[str]:
    """Return the names in a name, a list of names, or a list of lists of them."""
    return [value] if isinstance(value, str) else [name for part in value for name in _flat(part)]
