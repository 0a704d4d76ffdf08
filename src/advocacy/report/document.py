"""What is shown, before any medium: blocks of words and numbers.

`contents` makes documents of results, `media` writes them: a new kind of result knows no medium,
and a new medium no kind of result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "right"]
# What the number behind an entry is counted in.
Unit = Literal["", "per cent", "points", "score", "ratio", "count", "p", "area"]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the question of the whole, level 2 begins a section.

    Parameters
    ----------
    text
        Its words.
    level
        From 1 to 4.
    code
        A name of the data, such as a variable's, that stands before the words.
    """

    text: str
    level: int = 1
    code: str = ""


@dataclass(frozen=True)
class Label:
    """On what numbers rest; parts that are empty are left out.

    Parameters
    ----------
    rung, target
        Rung of the ladder, and what is inferred to.
    measure
        What stands beside the estimates: their intervals, or what else they rest on.
    kind
        Kind of evidence.
    """

    rung: str
    target: str = ""
    measure: str = ""
    kind: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that are there, in their order."""
        return tuple(filter(None, (self.rung, self.target, self.measure, self.kind)))


@dataclass(frozen=True)
class Alert:
    """What must not be overlooked."""

    text: str


@dataclass(frozen=True)
class Note:
    """How to read what stands above it."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Names and what is said of them."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Items:
    """A list, an item a line."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Names:
    """Names of variables, each with its label or none; they may be hundreds."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Commands:
    """Commands to copy, a line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    heading
        Its heading.
    align
        Side on which its entries stand; numbers stand on the right.
    spared
        A table too wide leaves out its columns in this order, 1 first; 0 is never left out.
    code
        Its entries are codes and names of the data, written as they are there.
    """

    heading: str
    align: Align = "left"
    spared: int = 0
    code: bool = False


@dataclass(frozen=True)
class Entry:
    """A cell of a table: words for people, and for programs the number behind them.

    Parameters
    ----------
    text
        As people read it.
    value
        The number, or both limits of an interval, not rounded and not scaled; ``None`` where the
        text is no number.
    unit
        What the number is counted in.
    number
        Its identifier in the ledger of numbers; empty where it has none.
    """

    text: str
    value: float | tuple[float, float] | None = None
    unit: Unit = ""
    number: str = ""


@dataclass(frozen=True)
class Table:
    """A table; each row has an entry a column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Entry, ...], ...]


@dataclass(frozen=True)
class Key:
    """The number that a reader takes away, and what it is of.

    Parameters
    ----------
    number
        It, with its unit.
    text
        What it is of, as a sentence that the number begins.
    interval
        Its interval, in words.
    """

    number: Entry
    text: str
    interval: str = ""


@dataclass(frozen=True)
class Point:
    """A number of a series, and its interval where it has one.

    Parameters
    ----------
    label
        What it is of: a row of a chart of intervals, a score of a curve.
    value
        The number, not rounded and not scaled; nothing is drawn where it is not finite.
    low, high
        Limits of its interval.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points that are drawn alike."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """A chart, drawn by each medium in its own way.

    Parameters
    ----------
    title
        What it shows.
    alternative
        What it shows, said in words for who cannot see it.
    unit
        What its numbers are counted in.
    series
        At least one; points of one label belong together.
    form
        Dots with their intervals, a label a row; or a curve over scores.
    """

    title: str
    alternative: str
    unit: Unit
    series: tuple[Series, ...]
    form: Literal["intervals", "line"]

    def labels(self) -> tuple[str, ...]:
        """Its labels, in the order in which they come."""
        return tuple(dict.fromkeys(p.label for series in self.series for p in series.points))


Block = (
    Heading
    | Label
    | Alert
    | Note
    | Paragraph
    | Facts
    | Items
    | Names
    | Commands
    | Table
    | Chart
    | Key
)


@dataclass(frozen=True)
class Document:
    """Blocks in the order in which they are read."""

    blocks: tuple[Block, ...]

    def __add__(self, other: Document) -> Document:
        return Document(self.blocks + other.blocks)

    def alerts(self) -> tuple[str, ...]:
        """Return what must not be overlooked in all of it: alerts before its first section."""
        found: list[str] = []
        for block in self.blocks:
            if isinstance(block, Heading) and block.level > 1:
                break
            if isinstance(block, Alert):
                found.append(block.text)
        return tuple(found)

    def tables(self) -> tuple[Table, ...]:
        """Its tables, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def charts(self) -> tuple[Chart, ...]:
        """Its charts, in their order."""
        return tuple(block for block in self.blocks if isinstance(block, Chart))
