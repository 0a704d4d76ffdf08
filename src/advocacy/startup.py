"""The start of a process: what it does before its first work."""

from __future__ import annotations

import sys


def hide_pandas_from_pyarrow() -> None:
    """Let pyarrow look for pandas once, in vain: whoever imports pandas later finds it.

    pyarrow would import it to convert its first list. Parsers and most commands do not need it,
    and its import takes longer than their work.
    """
    finder = _WithoutPandas()
    sys.meta_path.insert(0, finder)
    try:
        import pyarrow

        pyarrow.array([0])
    finally:
        sys.meta_path.remove(finder)


class _WithoutPandas:
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """Say that pandas is not there; leave other modules to the finders after this one."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is hidden", name=name)
