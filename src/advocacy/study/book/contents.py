"""What the book can show of a study, and why it cannot show the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from advocacy.estimation import Estimates
from advocacy.estimation.estimands import ESTIMANDS
from advocacy.estimation.pooling.tables import TABLE_NAME
from advocacy.estimation.segments import SEGMENTS, count_levels
from advocacy.report.figures.pooled_frames import FAILED
from advocacy.report.wording import ENGLISH
from advocacy.responses import Responses
from advocacy.study.book.abridged import Contents
from advocacy.study.book.exhibits.captions import base_of, rests_on
from advocacy.study.book.making import has_something
from advocacy.study.book.shown import FURTHER, shown_by_file
from advocacy.study.protocol import Protocol
from advocacy.study.robustness.shown import WITHOUT
from advocacy.study.sources import AREA, FIT, sources

# What the kinds of tables hold, in words.
_THINGS = {
    "rates": "rates",
    "pairs": "differences",
    "lift": "lifts",
    "standardisation": "differences at a common mix",
    "equivalence": "tests of one in two",
    "curve": "curves",
    "curve_tests": "tests of curves",
    "ladder": "rungs beside each other",
    "stated_likelihood": "what scores state beside what was done",
    "over_time": "rates over time",
    "attrition": "answers that allow for those who left",
    "robustness": "rates under what may be wrong",
    "misreport": "rates corrected by records",
    "recall": "the months in which it was",
    "participation": "outcomes of invitations",
    "specifications": "all analyses that others might have made",
    "multiverse_test": "a joint test of all analyses",
}
# What is of the multilevel model beside its tables: files, and first parts of identifiers.
_OF_MODEL = (FIT, AREA, "checks", "pooled", "expect")
_NOT_POOLED = "the protocol does not pool programmes"


@dataclass(frozen=True)
class Facts:
    """What reasons rest on: it changes with the data and the tables, never with a chapter.

    Parameters
    ----------
    kind
        Kind of evidence of the study's data.
    levels
        How many levels the data have of each segment.
    empty
        Why there is no number in what the book is made of, for each where there is none.
    bases
        Which ratings each table is of, in words, where all of it is of the same.
    interviewed
        First and last day of the interviews that count, as ISO 8601; empty where none has a day.
    """

    kind: str
    levels: Mapping[str, int]
    empty: Mapping[str, str]
    bases: Mapping[str, str] = field(default_factory=dict)
    interviewed: Sequence[str] = ()


def facts(study: Protocol, responses: Responses) -> Facts:
    """Return what reasons rest on, once all tables of the study are written."""
    read = {name: source.read(source.path) for name, source in sources(study).items()}
    bases = {name: base_of(one) for name, one in read.items() if isinstance(one, Estimates)}
    return Facts(
        responses.source_kind, count_levels(responses), _empty(read),
        {name: base for name, base in bases.items() if base}, _interviewed(responses),
    )  # fmt: skip


def _interviewed(responses: Responses) -> tuple[str, ...]:
    if not responses.has("interviewed_on"):
        return ()
    days = responses.fetch(
        f"SELECT min(interviewed_on), max(interviewed_on) FROM {responses.relation} "
        f"WHERE {responses.counted}"
    )
    return tuple(day.isoformat() for day in days if day)


def contents(
    study: Protocol,
    given: Facts,
    ledger: Mapping[str, Mapping[str, Any]],
    named: Iterable[str],
) -> Contents:
    """Return what the book can show, once all that it shows is written.

    Parameters
    ----------
    study
        The protocol.
    given
        What `facts` returns.
    ledger
        The numbers.
    named
        The files and numbers that chapters name.
    """
    why = Why(study, given.levels, given.empty, _blank(study))
    reasons = {name: why.no(name) for name in named if name not in ledger}
    return Contents(
        kind=given.kind,
        numbers={name: (entry["text"], entry.get("source_kind")) for name, entry in ledger.items()},
        shown=_kinds_by_file(study, given.kind),
        made=_made_by_file(study, given.bases),
        absent={name: reason for name, reason in reasons.items() if reason},
    )


def _kinds_by_file(study: Protocol, own: str) -> dict[str, list[str]]:
    """Return the kinds of evidence behind each figure and page, by its file."""
    kinds = {name: source.kind or own for name, source in sources(study).items()}
    return {
        file: sorted({kinds[name] for name in shown.names if name in kinds})
        for file, shown in shown_by_file(study).items()
    }


def _made_by_file(study: Protocol, bases: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what makes each figure, and on what it rests, by its file; of pages what makes them.

    What a page rests on stands in it.
    """
    return {
        file: (shown.made_by, rests_on(study, bases, shown.names) if file.endswith(".svg") else "")
        for file, shown in shown_by_file(study).items()
    }


def _empty(read: Mapping[str, Any]) -> dict[str, str]:
    """Return why there is no number in what the book is made of, for each where there is none."""
    return {name: _why_empty(name, one) for name, one in read.items() if not has_something(one)}


def _blank(study: Protocol) -> set[str]:
    """Return the figures and pages of which nothing could be made, by file."""
    there = {file: study.shown / file for file in shown_by_file(study)}
    return {file for file, path in there.items() if path.exists() and not path.stat().st_size}


def _why_empty(name: str, table: Estimates | None) -> str:
    flags = {FAILED} if table is None else set(table.table["reliability"].to_pylist())
    if FAILED in flags:
        return "the fit of the model misses its diagnostics"
    things = _things(name)
    if "withheld" in flags or not flags:
        return f"{things} are withheld, since they could give single suppliers or customers away"
    return f"the answers are too few for {things}"


@dataclass(frozen=True)
class Why:
    """Why something is not in the book.

    Parameters
    ----------
    study
        The protocol.
    levels
        How many levels the data have of each segment.
    empty
        Why there is no number in what the book is made of, where there is none.
    blank
        Figures and pages of which nothing could be made, by file.
    """

    study: Protocol
    levels: Mapping[str, int]
    empty: Mapping[str, str]
    blank: Collection[str] = ()

    def no(self, name: str) -> str | None:
        """Return why there is no file or number of a name; ``None`` where it means nothing.

        It is ``None`` too for a file that is there.
        """
        return self._no_file(name) if name.endswith((".svg", ".md")) else self._no_number(name)

    def _no_file(self, name: str) -> str | None:
        shown = shown_by_file(self.study).get(name)
        if shown is None:
            table = PurePath(name).stem.removesuffix("-all")
            if table.startswith("truth-"):
                return self._no_table("truth")
            return self._no_table(":".join(table.rsplit("-", 1)))
        if shown.withheld_too:
            return None
        reasons = [self._nothing_of(table) for table in shown.names]
        needed = reasons[: len(shown.tables)]
        if any(needed) or (reasons and all(reasons)):
            return next(filter(None, reasons))
        if name not in self.blank:
            return None
        return WITHOUT.get(PurePath(name).stem, "too little of it is published")

    def _nothing_of(self, table: str) -> str | None:
        if table in sources(self.study):
            return self.empty.get(table)
        return self._no_table(table)

    def _no_table(self, name: str) -> str | None:
        """Return why the study has no table of a name."""
        if _is_of_model(name):
            return self.empty.get("rates") if self.study.pooling else _NOT_POOLED
        if name == FURTHER:
            return "the protocol does not ask for more"
        if name == "truth" and not self.study.simulation:
            return "the truth behind these data is not known"
        *prefix, own = name.split(":")
        parsed = _parsed(own)
        if parsed is None:
            return None
        for segment in parsed[1]:
            if self.levels[segment] < 2:
                number = "one" if self.levels[segment] else "no"
                return f"the data have {number} {ENGLISH.heading(segment).lower()}"
        if prefix and prefix[0] not in ESTIMANDS and len(self.study.targets) == 1:
            return f"the study is of {ENGLISH(f'target.{self.study.targets[0]}')} alone"
        return f"the protocol does not ask for {_things(name)}"

    def _no_number(self, name: str) -> str | None:
        parts = name.split(":")
        for length in (2, 1):
            table = ":".join(parts[:length])
            if table in self.study.tables:
                some = f"some {_things(table)} are withheld, or there is too little for them"
                return self.empty.get(table, some)
            reason = self._no_table(table)
            if reason:
                return reason
        return None


def _is_of_model(name: str) -> bool:
    return name in _OF_MODEL or bool(TABLE_NAME.fullmatch(name))


def _things(name: str) -> str:
    """Return what a table holds in words, such as rates by sector and score."""
    kind, segments = _parsed(name.split(":")[-1]) or ("rates", [])
    by = " and ".join(ENGLISH.heading(segment).lower() for segment in segments)
    return f"{_THINGS[kind]} by {by}" if by else f"{_THINGS[kind]} of all ratings together"


def _parsed(own: str) -> tuple[str, list[str]] | None:
    """Return kind and segments that the name of a table has; ``None`` where it is none's name."""
    kinds = [kind for kind in _THINGS if own == kind or own.startswith(f"{kind}_")]
    kind = max(kinds, key=len, default="rates")
    rest = own.removeprefix(kind).strip("_") if kinds else own.removeprefix("overall")
    segments: list[str] = []
    while rest:
        found = [one for one in SEGMENTS if rest == one or rest.startswith(f"{one}_")]
        if not found:
            return None
        segments.append(max(found, key=len))
        rest = rest[len(segments[-1]) :].strip("_")
    return (kind, segments) if segments or kinds or own == "overall" else None
