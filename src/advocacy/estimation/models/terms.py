"""The covariates of a model, as they are asked for: segments, numbers, and products of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advocacy.errors import UsageError
from advocacy.estimation.estimand import Estimand
from advocacy.estimation.segments import SEGMENTS, Segment, find_segments, is_segment
from advocacy.responses.schema import COLUMNS, Type, is_own_segment
from advocacy.sql import identifier
from advocacy.survey.cells.statement import Domain
from advocacy.survey.regression import INTERCEPT

_NUMERIC = (Type.INTEGER, Type.NUMBER, Type.BOOLEAN)
# Numbers that say how a rating was drawn, not what it is.
_DESIGN = ("weight", "fpc", "fpc_ssu")
NUMBERS = tuple(
    name for name, column in COLUMNS.items() if column.type in _NUMERIC and name not in _DESIGN
)
# What tables call the term that is no covariate.
CONSTANT = INTERCEPT
# What the covariate is called that says that a number is missing.
MISSING = "missing"


@dataclass(frozen=True)
class Term:
    """A covariate as it is asked for.

    Parameters
    ----------
    name
        What messages and tables call it.
    expression
        SQL of its value; NULL where a rating has none.
    needs
        Canonical columns without which it is refused.
    segment
        The segment that it is; ``None`` for a number.
    missing_of
        Name of the number whose absence it tells, as 1; empty for others.
    """

    name: str
    expression: str
    needs: tuple[str, ...]
    segment: Segment | None = None
    missing_of: str = ""

    @property
    def domain(self) -> Domain:
        """The covariate as the grouped pass wants it."""
        return Domain(self.name, self.expression)


@dataclass(frozen=True)
class Terms:
    """Covariates, and products of two of them by their positions."""

    alone: tuple[Term, ...]
    products: tuple[tuple[int, int], ...] = ()


def find_terms(
    on: Sequence[str | Term], estimand: Estimand, items: frozenset[str] = frozenset()
) -> Terms:
    """Return the covariates with these names; refuse what none can be.

    ``a*b`` is a, b and their product, ``a:b`` the product alone, which needs both beside it.
    Of ``items`` a segment of the file's own is taken as the number that its values are; a
    covariate may also be given as what it is.

    Raises
    ------
    UsageError
        No name, one that is unknown, repeated or part of the estimand; a product of more than
        two, of a covariate with itself, or without the two.
    """
    if not on:
        raise UsageError("No covariate is named.", remedy="Name some, such as sector or ease.")
    names: list[str] = []
    pairs: list[tuple[str, str]] = []
    given = {term.name: term for term in on if isinstance(term, Term)}
    for asked in on:
        own, crossed = ((asked.name,), None) if isinstance(asked, Term) else _read(asked)
        # Those of a*b may stand by themselves too.
        names += [name for name in own if crossed is None or name not in names]
        pairs += [crossed] if crossed else []
    for name in names:
        _refuse(name, names, estimand)
    for pair in pairs:
        _refuse_product(pair, pairs, names)
    products = tuple((names.index(a), names.index(b)) for a, b in pairs)
    return Terms(tuple(given.get(name) or _term(name, name in items) for name in names), products)


def _read(asked: str) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """Return the covariates that a name stands for, and the two whose product it has."""
    for sign in ("*", ":"):
        if sign in asked:
            parts = [part.strip() for part in asked.split(sign)]
            if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
                raise UsageError(
                    f"{asked!r} is no product of two covariates.",
                    remedy="Write it as sector*ease, or as sector:ease beside both.",
                )
            first, second = parts
            return (first, second) if sign == "*" else (), (first, second)
    return (asked,), None


def _refuse(name: str, names: Sequence[str], estimand: Estimand) -> None:
    if names.count(name) > 1:
        raise UsageError(f"The covariate {name!r} is named twice.", remedy="Name it once.")
    # The score is asked of its own base, but is what scores are made of.
    if name in estimand.needs and (name != "score" or estimand.rung == "intent"):
        raise UsageError(
            f"{name} is what the estimand {estimand.name} is made of, and cannot explain it.",
            remedy="Leave it out.",
        )


def _refuse_product(
    pair: tuple[str, str], pairs: Sequence[tuple[str, str]], names: Sequence[str]
) -> None:
    first, second = pair
    if sum(set(other) == set(pair) for other in pairs) > 1:
        raise UsageError(
            f"The product of {first} and {second} is named twice.", remedy="Name it once."
        )
    lacking = [name for name in pair if name not in names]
    if lacking:
        raise UsageError(
            f"{first}:{second} has no meaning without {lacking[0]} beside it.",
            remedy=f"Write {first}*{second}.",
        )


def _term(name: str, item: bool) -> Term:
    if name in NUMBERS or (item and is_own_segment(name)):
        return Term(name, f"({identifier(name)})::DOUBLE", (name,))
    if is_segment(name):
        (segment,) = find_segments((name,))
        return Term(name, f"({segment.expression})::VARCHAR", segment.needs, segment)
    raise UsageError(
        f"{name!r} is neither a segment nor a number.",
        remedy=f"Use some of: {', '.join(dict.fromkeys([*SEGMENTS, *NUMBERS]))}.",
    )
