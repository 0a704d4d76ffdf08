"""pandas is hidden from pyarrow alone: whoever imports it later finds it."""

from __future__ import annotations

import subprocess
import sys


def test_pyarrow_does_without_pandas_and_others_find_it() -> None:
    program = (
        "import sys; from advocacy.startup import hide_pandas_from_pyarrow; "
        "finders = list(sys.meta_path); hide_pandas_from_pyarrow(); import pyarrow; "
        "pyarrow.array(['a']); print('pandas' in sys.modules, sys.meta_path == finders); "
        "import pandas; print(pandas.Series([3]).sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["False True", "3"]


def test_what_shows_a_file_starts_without_parsers_and_estimators() -> None:
    """Each of them takes longer to import than the answers of a small file to show."""
    program = (
        "import sys; import advocacy.cli.inspect; import advocacy.report.contents.inspection; "
        "heavy = ('polars', 'pyreadstat', 'python_calamine', 'scipy', 'pandas', 'sqlglot'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["[]"]
