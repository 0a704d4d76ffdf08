"""What may be published of how wrong the headline could be.

A row supposes something of ratings that no rate lists: who left out an answer, whose records were
searched, who recommended in which months, who was invited. A reader who subtracts learns how many
these are. So each of these sets is either empty or keeps the rules by itself, in every domain of a
table, those that lack a segment among them; else the table has the assumption nowhere. Then every
sum of sets keeps them too, whichever tables it is taken from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pyarrow as pa

from advocacy.estimation import Estimates
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimands import find_intent
from advocacy.estimation.segments import SEGMENTS, Segment
from advocacy.responses import Responses
from advocacy.robustness.invited import has_contacts, invitations
from advocacy.robustness.nonresponse import items_domain
from advocacy.robustness.participation import grouped
from advocacy.robustness.recall import when_domain
from advocacy.robustness.validated import found_domain, said_domain
from advocacy.survey.engines import engine_for

# Kinds whose rows are a rate under several assumptions.
SCENARIOS = ("robustness", "misreport", "nonresponse", "recall")
_LABELS = (
    "threat", "assumption", "parameter", "line", "side", "estimand", "rung", "intent", "target",
    "quantity", "method", "interval", "conf_level", "source_kind", "reliability",
)  # fmt: skip
# Which sets stand behind an assumption, beside the ratings of the reported rate.
_ITEMS, _MONTHS, _BANDS, _RECORDS, _INVITED = "items", "months", "bands", "records", "invited"
_BEHIND: dict[str, tuple[str, ...]] = {
    "item_bounds": (_ITEMS,),
    "bounds_stated": (_ITEMS,),
    "bounds_observed": (_ITEMS, _INVITED),
    "selection": (_ITEMS, _INVITED),
    "ipw": (_INVITED,),
    "proxy": (_INVITED,),
    "window": (_BANDS,),
    "profile": (_BANDS, _MONTHS),
    "validated": (_RECORDS,),
    "captured": (_RECORDS,),
    "on_record": (_RECORDS,),
}
# Those of the reported rate are judged with all rates.
_OF_RATE, _DID_NOT = ("in:yes", "in:no"), -1
_ALL_RATINGS = "TRUE"
# By domain and what tells a set apart: how many of each supplier, whose name may not be known.
Sets = dict[tuple[Any, ...], Counter[Any]]
T = TypeVar("T", bound=Estimates)


def published_scenarios(
    table: T, hidden: Callable[[Mapping[str, Any]], bool], rules: DisclosureRules, behind: Behind
) -> T:
    """Return a table of assumptions as it may be published.

    Parameters
    ----------
    table
        Of a kind in `SCENARIOS`.
    hidden
        Tells whether the rate of a row's domain is withheld.
    rules
        The limits.
    behind
        The responses, and what is counted in them.
    """
    rows = table.table.to_pylist()
    if not rows:
        return table
    intent = rows[0]["intent"]
    asked = dict.fromkeys(row["assumption"] for row in rows)
    sets = dict.fromkeys(own for name in asked for own in _BEHIND.get(name, ()))
    few_in = {own for own in sets if behind.breaks(own, table.by, intent, rules)}
    broken = {name for name in asked if few_in & {*_BEHIND.get(name, ())}}
    return blanked(table, [row["assumption"] in broken or hidden(row) for row in rows])


def published_participation(table: T, rules: DisclosureRules, behind: Behind) -> T:
    """Return outcome rates of invitations, all or none: each outcome is of enough suppliers."""
    broken = behind.breaks(_INVITED, table.by, None, rules)
    return blanked(table, [broken] * len(table))


@dataclass(frozen=True)
class Behind:
    """Counts the sets behind assumptions in the responses."""

    responses: Responses

    def breaks(
        self, sets: str, by: Sequence[str], intent: str | None, rules: DisclosureRules
    ) -> bool:
        """Tell whether a set is neither empty nor keeps the rules by itself, in any domain."""
        segments = [SEGMENTS[name] for name in by]
        if sets == _INVITED:
            return any(few(own, rules) for own in self._invited(segments).values())
        if sets == _RECORDS:
            return _records_break(self._records(segments, intent), rules)
        found = {_ITEMS: self._items, _MONTHS: self._months, _BANDS: self._bands}[sets]
        return any(few(own, rules) for own in found(segments, intent).values())

    def breaks_between(self, segment: str, intent: str, rules: DisclosureRules) -> bool:
        """Tell whether a level of a segment has too few ratings for a test between levels."""
        answered = f"({_condition(intent)}) AND recommended_past_12m IS NOT NULL"
        found = self._counted([SEGMENTS[segment]], [], answered)
        return any(few(own, rules) for own in found.values())

    def _items(self, segments: Sequence[Segment], intent: str | None) -> Sets:
        every = self._counted(segments, [items_domain(_condition(intent)).expression])
        return {key: own for key, own in every.items() if key[-1] not in _OF_RATE}

    def _months(self, segments: Sequence[Segment], intent: str | None) -> Sets:
        every = self._counted(segments, [when_domain().expression], _condition(intent))
        return {key: own for key, own in every.items() if key[-1] != _DID_NOT}

    def _bands(self, segments: Sequence[Segment], intent: str | None) -> Sets:
        month = when_domain().expression
        band = f"greatest(ceil(({month}) / 3.0), 1) * sign(({month}) + 0.5)"
        every = self._counted(segments, [band], _condition(intent))
        return {key: own for key, own in every.items() if key[-1] != _DID_NOT}

    def _records(self, segments: Sequence[Segment], intent: str | None) -> Sets:
        named = {segment.name for segment in segments}
        condition = _ALL_RATINGS if named & {"score", "score_band"} else _condition(intent)
        judged = [said_domain().expression, found_domain().expression]
        return self._counted(segments, judged, condition)

    def _counted(
        self, segments: Sequence[Segment], judged: Sequence[str], condition: str = _ALL_RATINGS
    ) -> Sets:
        """Count ratings that count by segments, what tells sets apart, and supplier."""
        supplier = "supplier" if self.responses.has("supplier") else "NULL"
        chosen = [*(segment.expression for segment in segments), *judged, supplier]
        table = self.responses.run(
            f"SELECT {', '.join(f'({own}) AS c{n}' for n, own in enumerate(chosen))}, "
            f"count(*) AS n FROM {self.responses.relation} "
            f"WHERE {self.responses.counted} AND ({condition}) GROUP BY ALL",
            engine_for(self.responses, None),
        )
        found: Sets = {}
        for *key, whose, n in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found.setdefault(tuple(key), Counter())[whose] += n
        return found

    def _invited(self, segments: Sequence[Segment]) -> Sets:
        """Return invitations by segments and what became of them."""
        if not has_contacts(self.responses):
            return {}
        counted = invitations(self.responses, [*segments, SEGMENTS["supplier"]])
        found: Sets = {}
        for (*key, whose), codes in counted.codes.items():
            for group, number in vars(grouped(codes)).items():
                if number:
                    found.setdefault((*key, group), Counter())[whose] += number
        return found


def few(suppliers: Mapping[Any, int], rules: DisclosureRules) -> bool:
    """Tell whether ratings, some by supplier, are too few or of too few suppliers; none are not."""
    n = sum(suppliers.values())
    return n > 0 and (n < rules.smallest_n or on_few_suppliers(suppliers, rules))


def on_few_suppliers(suppliers: Mapping[Any, int], rules: DisclosureRules) -> bool:
    """Tell whether ratings rest on too few suppliers; not where none is known."""
    known = {name: n for name, n in suppliers.items() if name is not None and n}
    if not known:
        return False
    return rules.on_few(len(known), max(known.values()) / sum(suppliers.values()))


def _records_break(found: Sets, rules: DisclosureRules) -> bool:
    """Tell whether a share found on record is of too few, or tells of too few found or not."""
    searched: dict[tuple[Any, ...], dict[bool, Counter[Any]]] = {}
    for (*domain, said, on_record), own in found.items():
        if on_record is None:
            if few(own, rules):
                return True
        elif said is not None:
            searched.setdefault((*domain, said), {})[on_record] = own
    for judged in searched.values():
        numbers = [sum(judged.get(side, Counter()).values()) for side in (True, False)]
        together = judged.get(True, Counter()) + judged.get(False, Counter())
        if min(numbers) < rules.smallest_count or few(together, rules):
            return True
    return False


def _condition(intent: str | None) -> str:
    return find_intent(intent).condition() if intent else _ALL_RATINGS


def blanked(table: T, hide: Sequence[bool]) -> T:
    """Blank and flag rows; what is supposed stays, but what was observed does not."""
    own: pa.Table = table.table
    kept = {*table.by, *_LABELS, "outcome", "counts"}
    for position, name in enumerate(own.column_names):
        column = own.column(position)
        values = column.to_pylist()
        if name == "reliability":
            new: Iterable[Any] = ("withheld" if h else v for v, h in zip(values, hide, strict=True))
        elif name == "response_rate":
            stated = [a == "bounds_stated" for a in own.column("assumption").to_pylist()]
            new = (None if h and not s else v for v, h, s in zip(values, hide, stated, strict=True))
        elif name in kept:
            continue
        else:
            new = (None if h else v for v, h in zip(values, hide, strict=True))
        field = own.schema.field(position)
        own = own.set_column(position, field, pa.array(list(new), field.type))
    return replace(table, table=own, quantities=None)
