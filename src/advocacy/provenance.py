"""Where a file came from: hashes, versions, manifests."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from advocacy.files import write_text
from advocacy.reading import ordinary_file

# The packages whose version can change a derived number.
_NUMERICAL = ("advocacy", "duckdb", "numpy", "pyarrow", "pyreadstat", "scipy")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with ordinary_file(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions(further: Sequence[str] = ()) -> dict[str, str]:
    """Return the installed version of each package that computes derived numbers, and others."""
    # Here, because all that an import needs of this module is a hash.
    from importlib.metadata import version

    return {name: version(name) for name in (*_NUMERICAL, *further)}


def write_json(path: Path, content: Any) -> None:
    """Write JSON that is the same byte by byte for the same content: sorted, UTF-8.

    A number that is not finite is written as null: JSON has no word for it.
    """
    text = json.dumps(
        _without_nan(content), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    write_text(path, f"{text}\n")


def _without_nan(content: Any) -> Any:
    """Return the content with ``None`` for each number that is not finite."""
    if isinstance(content, Mapping):
        return {key: _without_nan(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_without_nan(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
