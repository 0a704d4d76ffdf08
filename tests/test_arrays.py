"""Arrow's arrays from NumPy's."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from advocacy.arrays import arrow


@pytest.mark.parametrize(
    ("values", "missing", "expected", "kind"),
    [
        (np.array([1.5, -2.0, 3.0]), None, [1.5, -2.0, 3.0], pa.float64()),
        (np.array([1.5, np.nan, 3.0]), np.array([False, True, False]), [1.5, None, 3.0], None),
        (np.arange(20.0)[::2], np.arange(10) == 9, [*range(0, 18, 2), None], pa.float64()),
        (np.arange(3), np.ones(3, bool), [None] * 3, pa.int64()),
        (np.arange(3), np.zeros(3, bool), [0, 1, 2], pa.int64()),
        (np.arange(3, dtype=np.int32), None, [0, 1, 2], pa.int32()),
        (np.zeros(0), np.zeros(0, bool), [], pa.float64()),
        (np.arange(17)[::-1], np.arange(17) % 8 == 0, None, pa.int64()),
    ],
    ids=["plain", "one missing", "strided", "all", "none", "32 bits", "empty", "two bytes"],
)
def test_an_array_has_the_values_and_what_is_missing_is_null(
    values: np.ndarray,
    missing: np.ndarray | None,
    expected: list[float] | None,
    kind: pa.DataType | None,
) -> None:
    found = arrow(values, missing)
    found.validate(full=True)
    if expected is None:
        expected = [None if n % 8 == 0 else 16 - n for n in range(17)]
    assert found.to_pylist() == expected
    assert found.type == (kind or pa.float64())
    assert found.null_count == sum(value is None for value in expected)
    assert found.equals(pa.array(values, mask=missing))
