"""Where a file came from: hashes, versions, manifests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advocacy.files import write_text

# The packages whose version can change a derived number.
_NUMERICAL = ("advocacy", "duckdb", "numpy", "pyarrow", "pyreadstat", "scipy")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions(further: Sequence[str] = ()) -> dict[str, str]:
    """Return the installed version of each package that computes derived numbers, and others."""
    # Here, because all that an import needs of this module is a hash.
    from importlib.metadata import version

    return {name: version(name) for name in (*_NUMERICAL, *further)}


def write_json(path: Path, content: Any) -> None:
    """Write JSON that is the same byte by byte for the same content: sorted, UTF-8."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
