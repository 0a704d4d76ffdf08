"""What a reader must know beside the numbers: a key and values, which `report` puts in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A remark on a result or a file.

    Parameters
    ----------
    key
        Its key in the section ``remark`` of the catalogue, such as ``fit.rhat``.
    values
        What its words name. ``segment`` is the name of a segment, ``level`` and ``levels`` are
        of it; whole numbers are counts; a remark is put in words itself.
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value = str | int | float | Sequence[str] | Remark


def as_json(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    """Return remarks as JSON can hold them."""
    return [asdict(remark) for remark in remarks]


def from_json(remarks: Sequence[Mapping[str, Any] | str]) -> tuple[Remark, ...]:
    """Return remarks that `as_json` gave; sentences, which earlier versions wrote, as they are."""
    return tuple(map(_remark, remarks))


def _remark(written: Mapping[str, Any] | str) -> Remark:
    if isinstance(written, str):
        return Remark("sentence", {"sentence": written})
    values = written["values"]
    inside = {name: _remark(value) for name, value in values.items() if isinstance(value, Mapping)}
    return Remark(written["key"], values | inside)
