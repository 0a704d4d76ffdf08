"""What the media of a client's report need beyond the library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from advocacy.errors import UsageError


@contextmanager
def report_extra() -> Iterator[None]:
    """Import packages of the extra ``report`` in the block, or say how to install them.

    Raises
    ------
    UsageError
        One of them is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"A report needs a package that is not installed ({error.name}).",
            remedy="pip install 'advocacy[report]'",
        ) from error
