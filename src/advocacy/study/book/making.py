"""How a figure, a page or numbers of the book are made of tables, and when there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from advocacy.estimation import Estimates
from advocacy.study.protocol import Protocol
from advocacy.study.sources import sources


@dataclass(frozen=True)
class Shown:
    """A figure, a page or numbers of the book.

    Parameters
    ----------
    make
        Returns the figure, the text of the page or the numbers, given what it is made of in its
        order; ``None`` where too little of it is published.
    tables
        Names of what it is made of, as in `sources`: without one of them it is not made.
    beside
        Names of what it shows too, where that is there.
    withheld_too
        It is made of tables without a number too, as it counts what is withheld.
    data
        Returns the rows of a figure's data, given the same as ``make``; ``None`` where these are
        those of its tables.
    """

    make: Callable[..., Any]
    tables: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    withheld_too: bool = False
    data: Callable[..., Sequence[Mapping[str, Any]]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may be made of."""
        return (*self.tables, *self.beside)

    @property
    def layer(self) -> str:
        """The layer whose code makes it."""
        return self._maker.__module__.split(".")[1]

    @property
    def made_by(self) -> str:
        """The function that makes it, with its module in front."""
        return f"{self._maker.__module__}.{self._maker.__name__}"

    @property
    def _maker(self) -> Callable[..., Any]:
        makes = self.make
        while isinstance(makes, partial):  # of what it calls, where it calls something for it
            makes = next((one for one in makes.args if callable(one)), makes.func)
        return makes


def asked(study: Protocol, shown: Shown) -> bool:
    """Tell whether the protocol asks for what it is made of."""
    known = sources(study)
    if not set(shown.tables) <= known.keys():
        return False
    return not shown.names or any(name in known for name in shown.names)


def paths_of(study: Protocol, shown: Shown) -> dict[str, Path]:
    """Return the files that something is made of, by name."""
    known = sources(study)
    return {name: known[name].path for name in shown.names if name in known}


def parts_of(study: Protocol, shown: Shown, paths: Mapping[str, Path]) -> dict[str, Any] | None:
    """Return what something is made of, by name, from these files.

    ``None`` where what it is made of has no number: it may be withheld as a whole.
    """
    known = sources(study)
    # In the order in which it takes them, whatever else is among the files.
    read = {name: known[name].read(paths[name]) for name in shown.names if name in paths}
    there = {
        name: value for name, value in read.items() if shown.withheld_too or has_something(value)
    }
    if not set(shown.tables) <= there.keys() or (shown.names and not there):
        return None
    return there


def made(study: Protocol, shown: Shown, paths: Mapping[str, Path]) -> Any | None:
    """Return the figure, text or numbers that are made of these files, by name.

    ``None`` where what it is made of has no number: it may be withheld as a whole.
    """
    there = parts_of(study, shown, paths)
    return None if there is None else shown.make(*there.values())


def has_something(value: Any) -> bool:
    """Tell whether what was read has a number."""
    if not isinstance(value, Estimates):
        return value is not None
    column = value.table.column("estimate")
    return bool(column.null_count < len(column))
