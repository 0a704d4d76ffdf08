"""The published figures that come with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from advocacy.errors import UsageError
from advocacy.estimation.estimates import Estimates
from advocacy.evidence.published import read_published

# In an installed package beside this module; in the repository among the data as received.
_PLACES = (
    Path(__file__).with_name("figures.csv"),
    Path(__file__).parents[3] / "data" / "raw" / "published" / "figures.csv",
)


@cache
def packaged_figures() -> Estimates:
    """Return the published figures that come with the package.

    Raises
    ------
    UsageError
        The installation has none.
    """
    for path in _PLACES:
        if path.is_file():
            return read_published(path)
    raise UsageError(
        "This installation has no published figures.",
        remedy="Install the package anew, from a wheel that `make wheel` made.",
    )
