"""What may be published of all analyses of a multiverse.

Two analyses that differ by one choice differ by the ratings that one of them has and the other has
not: their rates together tell the rate of those. So these are none, or keep the rules by
themselves; an option of which this does not hold is left out with all its analyses. More analyses
together could tell of the ratings where several choices meet. Those keep the rules too, or are
fewer than the rounding hides: rates are published to a tenth of a point, and nothing else is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from advocacy.arrays import Floats
from advocacy.estimation import Estimates
from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.estimates import COLUMNS
from advocacy.estimation.tabulation import nullable
from advocacy.responses import Responses
from advocacy.robustness.multiverse.choices import Choices
from advocacy.robustness.multiverse.flagged import NONE, domains, flagged
from advocacy.robustness.multiverse.selections import OF_RATINGS, Selections, selections
from advocacy.robustness.multiverse.summary import CHOICES
from advocacy.robustness.multiverse.summary import options as options_of
from advocacy.study.robustness.disclosure import Behind, few
from advocacy.survey.engines import engine_for

# Decimals of a proportion that are published, and how far off rounding to them may be.
_DECIMALS, _OFF = 3, 0.0005
_SHOWN = ("estimate", "conf_low", "conf_high")
_KEPT = (
    "estimand", "rung", "intent", "target", "reference", "method", "interval", "conf_level",
    "source_kind",
)  # fmt: skip
_Marks = npt.NDArray[np.bool_]


def published_analyses(
    table: Estimates, rules: DisclosureRules, responses: Responses, *, withheld: bool
) -> Estimates:
    """Return the analyses that may be published: whole options, as precise as they are shown.

    Parameters
    ----------
    table
        Of the kind ``specifications``.
    rules
        The limits.
    responses
        Those from which it was estimated.
    withheld
        The study's own rate is.
    """
    choices = _choices_of(table)
    left = None if withheld else allowed(choices, rules, responses)
    if left is None:
        return _rounded(table, nothing=True)
    kept = np.ones(len(table), dtype=bool)
    for name, own in left.options().items():
        named = [str(option) for option in own]
        kept &= np.isin(table.table.column(name).to_pylist(), named)
    return _rounded(replace(table, table=table.table.filter(pa.array(kept))), nothing=False)


def published_test(
    table: Estimates, segment: str, rules: DisclosureRules, behind: Behind
) -> Estimates:
    """Return a joint test of all analyses between two levels; blank where one has too few."""
    intent = table.table.column("intent")[0].as_py()
    return _rounded(table, nothing=behind.breaks_between(segment, intent, rules), p_value=True)


def allowed(choices: Choices, rules: DisclosureRules, responses: Responses) -> Choices | None:
    """Return the choices with the options of which analyses may be published.

    The study's own, the first of each, is left in any case; ``None`` where the ratings behind it
    are too few by themselves.
    """
    table, suppliers = _counted(choices, responses)
    left = choices
    while True:
        chosen = selections(table, left)
        sets = _Sets.of(chosen, table, suppliers)
        if sets.few(sets.base[0], rules):
            return None
        wrong = next(sets.apart(left, rules), None)
        if wrong is None and sets.meet(left, rules):
            wrong = _last(left)
        if wrong is None:
            return left
        left = _without(left, *wrong)


@dataclass(frozen=True)
class _Sets:
    """Selections as sets of domains, and whose ratings these have.

    Parameters
    ----------
    options
        The options of each selection.
    base, yes
        Which domains are in the base of each, and which of them are a yes; (selections, domains).
    n
        Ratings by domain and supplier, shape (domains, suppliers).
    names
        The suppliers; ``None`` for one that is not known.
    answered
        Whether the ratings of each domain have an answer, shape (domains,).
    """

    options: tuple[dict[str, Any], ...]
    base: _Marks
    yes: _Marks
    n: Floats
    names: tuple[str | None, ...]
    answered: _Marks

    @staticmethod
    def of(chosen: Selections, table: pa.Table, suppliers: list[Counter[Any]]) -> _Sets:
        names = tuple(sorted({name for own in suppliers for name in own}, key=str))
        n = np.array([[own[name] for name in names] for own in suppliers], dtype=np.float64)
        base = np.zeros((chosen.groups.size, len(suppliers)), dtype=bool)
        base[chosen.groups.group, chosen.groups.domain] = True
        yes = base.copy()
        yes[chosen.groups.group, chosen.groups.domain] = chosen.hit
        answered = np.array([own not in (None, NONE) for own in table.column("answer").to_pylist()])
        return _Sets(chosen.options, base, yes, n, names, answered)

    def few(self, which: _Marks, rules: DisclosureRules) -> bool:
        """Tell whether the ratings of some domains are some, but too few or of few suppliers."""
        numbers = self.n[which].sum(axis=0)
        return few(dict(zip(self.names, numbers.astype(int).tolist(), strict=True)), rules)

    def apart(self, choices: Choices, rules: DisclosureRules) -> Iterator[tuple[str, Any]]:
        """Yield options that differ from others of their choice by too few ratings."""
        place = {tuple(own.values()): at for at, own in enumerate(self.options)}
        for name in OF_RATINGS:
            for first, second in combinations(getattr(choices, name), 2):
                for at, own in enumerate(self.options):
                    if own[name] == first:
                        other = place[tuple((own | {name: second}).values())]
                        if self._differ_by_few(at, other, rules):
                            yield name, second
                            break

    def _differ_by_few(self, one: int, other: int, rules: DisclosureRules) -> bool:
        for this, that in ((one, other), (other, one)):
            more = self.base[this] & ~self.base[that]
            both = self.base[this] & self.base[that]
            if self.few(more, rules) or self.few(both & self.yes[this] & ~self.yes[that], rules):
                return True
            if self._one_sided(this, more, rules):
                return True
        return False

    def _one_sided(self, one: int, which: _Marks, rules: DisclosureRules) -> bool:
        """Tell whether nearly all who answer say the same, among ratings of which some answer."""
        answers = float(self.n[which & self.answered].sum())
        yes = float(self.n[which & self.yes[one]].sum())
        return bool(answers) and min(yes, answers - yes) < rules.smallest_count

    def meet(self, choices: Choices, rules: DisclosureRules) -> bool:
        """Tell whether where several choices meet are few ratings, and more than rounding hides."""
        if sum(len(getattr(choices, name)) > 1 for name in OF_RATINGS) < 2:
            return False
        smallest = min(float(self.n[own].sum()) for own in self.base)
        hidden = 2 * _OFF * smallest
        # Ratings that no analysis tells apart are of one place.
        everywhere = np.vstack([self.base, self.yes])
        _, place = np.unique(everywhere, axis=1, return_inverse=True)
        place = place.ravel()
        somewhere = self.base.any(axis=0)
        for own in np.unique(place[somewhere]):
            which = place == own
            if self.n[which].sum() > hidden and self.few(which, rules):
                return True
        return False


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())


def _counted(choices: Choices, responses: Responses) -> tuple[pa.Table, list[Counter[Any]]]:
    """Return the domains of a multiverse, a row each, and the ratings of each by supplier."""
    ready = flagged(responses, choices)
    named = domains(choices)
    chosen = [f'({one.expression}) AS "{one.name}"' for one in named]
    supplier = "supplier" if ready.has("supplier") else "NULL"
    found = ready.run(
        f"SELECT {', '.join(chosen)}, {supplier} AS supplier, count(*) AS n FROM {ready.relation} "
        f"WHERE {ready.counted} AND score IS NOT NULL AND asked GROUP BY ALL ORDER BY ALL",
        engine_for(ready, None),
    )
    keys = found.select([one.name for one in named]).to_pylist()
    place = {key: at for at, key in enumerate(dict.fromkeys(map(_key, keys)))}
    suppliers: list[Counter[Any]] = [Counter() for _ in place]
    first: dict[int, int] = {}
    whose, numbers = (found.column(name).to_pylist() for name in ("supplier", "n"))
    for row, key in enumerate(map(_key, keys)):
        suppliers[place[key]][whose[row]] += numbers[row]
        first.setdefault(place[key], row)
    rows = pa.array([first[at] for at in range(len(place))])
    return found.select([one.name for one in named]).take(rows), suppliers


def _choices_of(table: Estimates) -> Choices:
    """Return the choices that the rows of a multiverse are of."""
    found: dict[str, tuple[Any, ...]] = {name: tuple(options_of(table, name)) for name in CHOICES}
    found["window"] = tuple(map(int, found["window"]))
    return Choices(**found)


def _last(choices: Choices) -> tuple[str, Any]:
    """Return the option of ratings that was registered last; of each the first is the study's."""
    varied = [name for name in OF_RATINGS if len(getattr(choices, name)) > 1]
    return varied[-1], getattr(choices, varied[-1])[-1]


def _without(choices: Choices, name: str, option: Any) -> Choices:
    kept = tuple(own for own in getattr(choices, name) if own != option)
    return replace(choices, **{name: kept})


def _rounded(table: Estimates, *, nothing: bool, p_value: bool = False) -> Estimates:
    """Return a table with its labels and rounded rates alone, or without these."""
    own: pa.Table = table.table
    kept = {*table.by, *_KEPT, "quantity"} | ({"p_value"} if p_value else set())
    for field in COLUMNS:
        if field.name in kept and not (nothing and field.name == "p_value"):
            continue
        values = pa.nulls(len(own), field.type)
        if field.name in _SHOWN and not nothing:
            values = nullable(_to_tenths(own, field.name))
        if field.name == "reliability":
            values = pa.array(["withheld" if nothing else "ok"] * len(own))
        position = own.column_names.index(field.name)
        own = own.set_column(position, own.schema.field(position), values.cast(field.type))
    return replace(table, table=own, quantities=None)


def _to_tenths(table: pa.Table, name: str) -> Floats:
    """Return proportions to a tenth of a point; none is rounded onto what it is held against."""
    values = table.column(name).to_numpy().astype(np.float64)
    found: Floats = np.round(values, _DECIMALS)
    reference = table.column("reference")[0].as_py()
    try:
        line = float(reference)
    except ValueError:
        return found  # a test between two levels is against none
    beside = np.copysign(10.0**-_DECIMALS, values - line)
    return np.where((found == np.round(line, _DECIMALS)) & (values != line), found + beside, found)
