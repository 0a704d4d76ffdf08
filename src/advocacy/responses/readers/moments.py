"""Numbers that count days, seconds or milliseconds from some origin, as Arrow dates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from advocacy.arrays import Floats

_SECONDS_A_DAY = 86_400
_FIRST_DAY = np.datetime64("1582-10-14", "D").astype(int)  # start of the Gregorian calendar
_LAST_DAY = np.datetime64("9999-12-31", "D").astype(int)  # last that Python and SPSS can show


@dataclass(frozen=True)
class Clock:
    """How a file counts time.

    Parameters
    ----------
    origin
        Seconds from the file's origin to 1 January 1970.
    seconds
        Seconds in the file's unit: 86400 for days, 0.001 for milliseconds.
    """

    origin: float
    seconds: float


def dates(numbers: Floats, clock: Clock) -> pa.Array:
    """Return the day of each moment, shape (n,); NaN and impossible days are null."""
    days = np.floor((numbers * clock.seconds - clock.origin) / _SECONDS_A_DAY)
    possible = (days >= _FIRST_DAY) & (days <= _LAST_DAY)
    return pa.array(np.where(possible, days, 0).astype("datetime64[D]"), mask=~possible)


def timestamps(numbers: Floats, clock: Clock) -> pa.Array:
    """Return each moment to the microsecond, shape (n,); NaN and impossible ones are null."""
    seconds = numbers * clock.seconds - clock.origin
    days = np.floor(seconds / _SECONDS_A_DAY)
    possible = (days >= _FIRST_DAY) & (days <= _LAST_DAY)
    micros = np.round(np.where(possible, seconds, 0) * 1e6).astype("datetime64[us]")
    return pa.array(micros, mask=~possible)
