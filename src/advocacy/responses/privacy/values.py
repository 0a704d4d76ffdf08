"""The values of a variable as they are judged: each once, as text, with how often it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from advocacy.responses.labelled import Variable, written_code

# Different values of a variable that are tried, spread evenly over them.
_TRIED = 1_000
# Whole numbers that a double holds without loss.
_EXACT = 2**53
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)([.,][0-9]+)?")
_NUMERIC_SHARE = 0.95
_AS_DECIMAL = "^(-?[0-9]+)[.,]0$"


@dataclass(frozen=True)
class Values:
    """What was seen of a variable.

    Parameters
    ----------
    form
        What the values are: texts, numbers (those written as texts too), or dates.
    texts, times
        The different values, at most 1,000, without outer blanks, and the rows of each.
    different, filled
        How many different values, and rows with a value, there are in all.
    labelled
        Share of the rows, from 0 to 1, whose value has a label.
    """

    form: Literal["text", "number", "date"]
    texts: tuple[str, ...]
    times: tuple[int, ...]
    different: int
    filled: int
    labelled: float

    @property
    def number(self) -> bool:
        """Whether they are numbers."""
        return self.form == "number"

    def answers(self, repeated: int) -> bool:
        """Tell whether they are a few answers to choose from, given by many.

        Two or three that stand at least three times each are, as yes and no, and where
        ``repeated`` is above 0 whatever stands so often on average.
        """
        few = self.different <= 3 and self.filled >= 3 * self.different
        return few or 0 < repeated * self.different <= self.filled

    def matching(self, matches: Callable[[str], bool]) -> tuple[float, tuple[str, ...]]:
        """Return the share of rows that match, and the different values that do."""
        matching = [matches(text) for text in self.texts]
        rows = sum(compress(self.times, matching))
        return rows / sum(self.times), tuple(compress(self.texts, matching))


def values_of(variable: Variable, column: pa.ChunkedArray) -> Values | None:
    """Return the values of a column; ``None`` where it has none that could identify.

    A user-missing code is a value: it is in the minority, or the variable holds nothing.
    """
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    texts = _texts(column)
    if texts is None:
        return None
    counted = pc.value_counts(texts.drop_null())
    if not len(counted):
        return None
    return _judged(variable, column.type, counted.field("values"), counted.field("counts"))


def _judged(variable: Variable, kind: pa.DataType, values: pa.Array, counts: pa.Array) -> Values:
    filled, different = pc.sum(counts).as_py(), len(values)
    labels = {written_code(code).strip() for code, _ in variable.value_labels}
    labelled = 0
    if labels:
        known = pc.is_in(values, pa.array(sorted(labels), values.type))
        labelled = pc.sum(counts.filter(known)).as_py() or 0
    if different > _TRIED:
        places = pa.array([i * different // _TRIED for i in range(_TRIED)], pa.int64())
        values, counts = values.take(places), counts.take(places)
    texts = tuple(values.to_pylist())
    return Values(
        form=_form(kind, texts),
        texts=texts,
        times=tuple(counts.to_pylist()),
        different=different,
        filled=filled,
        labelled=labelled / filled,
    )


def _form(kind: pa.DataType, texts: tuple[str, ...]) -> Literal["text", "number", "date"]:
    if pa.types.is_temporal(kind):
        return "date"
    if _is_number(kind):
        return "number"
    numbers = sum(1 for text in texts if _NUMBER.fullmatch(text))
    return "number" if numbers >= _NUMERIC_SHARE * len(texts) else "text"


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return a column as text: a whole number without a point, a text without outer blanks.

    Beside missing ones programs write a whole number as 12.0, in a text too.
    """
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pc.strftime(pc.cast(column, pa.timestamp("us")), format="%Y-%m-%d")
    if _is_number(kind):
        return _written_numbers(column)
    if is_text(kind):
        texts = pc.utf8_trim_whitespace(pc.cast(column, pa.large_string()))
        texts = pc.replace_substring_regex(texts, _AS_DECIMAL, r"\1")
        return pc.if_else(pc.equal(texts, ""), None, texts)
    return None


def _written_numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_integer(column.type):
        return pc.cast(column, pa.large_string())
    numbers = pc.cast(column, pa.float64())
    within = pc.less(pc.abs(numbers), _EXACT)
    numbers = pc.if_else(pc.fill_null(within, False), numbers, None)
    whole = pc.equal(pc.floor(numbers), numbers)
    as_whole = pc.cast(pc.cast(pc.floor(numbers), pa.int64()), pa.large_string())
    return pc.if_else(whole, as_whole, pc.cast(numbers, pa.large_string()))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type of Arrow holds texts."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))
