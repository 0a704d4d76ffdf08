"""The import of one large .sav file, beside the libraries that only read it.

500,000 rows of 40 variables, 27 of them mapped; and 5 million rows for the memory.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from processes import MIB, Measured, python

ROWS = 500_000
MANY_ROWS = 5_000_000
# What the import must keep to: times the peers' seconds, and bytes.
FASTER_THAN_PYREADSTAT, SLOWER_THAN_POLARS = 3.0, 3.0
EXTRA_MEMORY, MOST_MEMORY = 400 * MIB, 2048 * MIB

_WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from survey import write_source
write_source(Path({source!r}), {rows}, {kind!r}, {suffix!r})
"""
_LIBRARIES = "import advocacy.responses.dataset.partitions"
_PYREADSTAT = """
import pyreadstat
pyreadstat.read_sav({file!r}, user_missing=True)
"""
_POLARS = """
import polars_readstat
polars_readstat.scan_readstat({file!r}, preserve_order=True).collect()
"""
_IMPORT = """
from pathlib import Path
from advocacy.responses import import_sources, read_source
import_sources([read_source(Path({source!r}))], Path({dataset!r}))
"""

Row = tuple[str, Measured, str]


def measure_import(folder: str) -> list[Row]:
    """Return name, measurement and comparison of each step; files go to ``folder``."""
    libraries = python(_LIBRARIES)
    rows = [("interpreter with our libraries", libraries, "")]
    for suffix in (".sav", ".zsav"):
        rows += _against_peers(folder, suffix, libraries)
    return [*rows, _many_rows(folder)]


def _against_peers(folder: str, suffix: str, libraries: Measured) -> list[Row]:
    sources = {kind: _written(folder, ROWS, kind, suffix) for kind in ("simulated", "collected")}
    file = str(next(sources["simulated"].glob(f"*{suffix}")))
    by_pyreadstat, by_polars = python(_PYREADSTAT, file=file), python(_POLARS, file=file)
    rows = [
        (f"{suffix}: pyreadstat to pandas alone", by_pyreadstat, ""),
        (f"{suffix}: polars_readstat alone", by_polars, ""),
    ]
    for kind, source in sources.items():
        imported = _imported(source)
        extra = imported.memory - libraries.memory
        compared = [
            f"pyreadstat takes {by_pyreadstat.seconds / imported.seconds:.1f} times as long "
            f"(bar: {FASTER_THAN_PYREADSTAT:g})",
            f"{imported.seconds / by_polars.seconds:.1f} times polars_readstat, in processor time "
            f"{imported.processor / by_polars.processor:.1f} (bar: {SLOWER_THAN_POLARS:g})",
            f"{extra / MIB:.0f} MiB beyond the libraries (bar: {EXTRA_MEMORY / MIB:.0f})",
        ]
        rows.append((f"{suffix}: import, {kind}", imported, "; ".join(compared)))
    for source in sources.values():
        shutil.rmtree(source)
    return rows


def _many_rows(folder: str) -> Row:
    source = _written(folder, MANY_ROWS, "collected", ".sav")
    imported = _imported(source, repeats=1)
    shutil.rmtree(source)
    return f"{MANY_ROWS:,} rows: import, collected", imported, f"bar: {MOST_MEMORY / MIB:.0f} MiB"


def _written(folder: str, rows: int, kind: str, suffix: str) -> Path:
    """Return the folder of a new source; written in a process of its own, which grows large."""
    source = Path(folder) / f"{kind}{suffix}"
    here = str(Path(__file__).parent)
    python(_WRITE, 1, here=here, source=str(source), rows=rows, kind=kind, suffix=suffix)
    return source


def _imported(source: Path, repeats: int = 3) -> Measured:
    dataset = source.with_suffix(".dataset")
    measured = python(_IMPORT, repeats, source=str(source), dataset=str(dataset))
    shutil.rmtree(dataset)
    return measured
