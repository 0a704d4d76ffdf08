"""What a reader must know beside the numbers: a key and values, which `report` puts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Value = str | int | float | Sequence[str]


@dataclass(frozen=True)
class Remark:
    """A remark on a result or a file.

    Parameters
    ----------
    key
        Its key in the section ``remark`` of the catalogue, such as ``fit.rhat``.
    values
        What its words name. ``segment`` is the name of a segment, ``level`` and ``levels`` are
        of it; whole numbers are counts.
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


def as_json(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    """Return remarks as JSON can hold them."""
    return [asdict(remark) for remark in remarks]


def from_json(remarks: Sequence[Mapping[str, Any]]) -> tuple[Remark, ...]:
    """Return remarks that `as_json` gave."""
    return tuple(Remark(remark["key"], remark["values"]) for remark in remarks)
