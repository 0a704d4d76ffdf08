"""Arrays of numbers, and of whole numbers such as positions and counts; Arrow's from NumPy's."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def arrow(values: Floats | Integers, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return numbers, shape (n,), as an Arrow array on the same memory; ``missing`` are null.

    `pyarrow.array` does the same, but imports ``numpy.ma`` to ask whether NumPy has masked the
    values, which takes longer than to read a small file.
    """
    if missing is None or not missing.any():
        valid = None
    else:
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, data])
