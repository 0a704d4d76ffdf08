"""What a process does before its first work, and what it imports for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from advocacy.isolation import Worker
from advocacy.report.contents.inspected import inspected
from advocacy.responses.crosswalk.used import read_used


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


# What a small file takes nothing of: to import it takes longer than all else that is done.
NEVER = {
    *("pandas", "matplotlib", "seaborn", "statsmodels", "sqlglot", "jinja2", "pymc", "pyspark"),
    *(
        "polars",
        "polars_readstat",
        "babel",
        "psycopg",
        "python_calamine",
        "numpy.f2py.f2py2e",
        "numpy.testing._private",
    ),
    *("numpy.ma.core", "pyarrow.parquet.core", "pyarrow._csv", "cloudpickle.cloudpickle"),
    *("_socket", "http.client", "multiprocessing.context", "_strptime"),
    *("scipy.optimize", "scipy.interpolate", "scipy.spatial", "scipy.stats", "scipy.sparse"),
    *("scipy._lib.array_api_extra._delegation", "scipy._lib.array_api_compat.numpy.linalg"),
    *("advocacy.study", "advocacy.estimation.curves", "advocacy.estimation.pooling"),
    *("advocacy.report.contents.comparison", "advocacy.report.figures", "advocacy.simulation"),
    *("advocacy.report.media.html", "advocacy.report.published_numbers"),
}
PARSERS = {"pyreadstat", "narwhals", "advocacy.responses.readers.spss"}
TABLES = {"numpy", "pyarrow", "duckdb", "scipy"}
SCREEN = {"rich", "click", "advocacy.cli"}


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("start") / "survey.sav"
    rows = [(n % 11, n % 2) for n in range(200)]
    pyreadstat.write_sav(pd.DataFrame(rows, columns=["score", "recommended_past_12m"]), path)
    return path


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--version",), NEVER | PARSERS | TABLES | {"rich"}),
        (("inspect", "--help"), NEVER | PARSERS | TABLES),
        (("inspect",), NEVER | PARSERS | TABLES),
        (("inspect", "--format", "json"), NEVER | PARSERS | TABLES),
        (("estimate", "--help"), NEVER | PARSERS),
        (("estimate",), NEVER | PARSERS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_imports_only_what_it_needs(
    arguments: tuple[str, ...], unwanted: set[str], survey: Path
) -> None:
    files = [] if arguments[-1].startswith("--") else [str(survey)]
    program = (
        "import sys\nfrom advocacy.__main__ import program\n"
        "try:\n    program()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        f"print(sys.modules.keys() & {unwanted!r}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments, *files],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "set()"


@pytest.mark.usefixtures("new_workers")
@pytest.mark.parametrize(
    ("function", "unwanted"),
    [
        (inspected, NEVER | SCREEN | {"scipy", "pyarrow.parquet", "advocacy.survey.quantities"}),
        (read_used, NEVER | SCREEN | {"scipy", "duckdb"}),
    ],
    ids=["inspect", "estimate"],
)
def test_a_process_that_reads_imports_only_what_it_needs(
    function: Callable[..., object], unwanted: set[str], survey: Path
) -> None:
    with Worker() as worker:
        worker.call(function, survey, None, None, None, file=str(survey))
        found = worker.call(eval, "set(__import__('sys').modules)", file="")
    assert "pyreadstat" in found
    assert found & unwanted == set()


def test_what_is_imported_later_is_whole_when_it_is_used() -> None:
    program = (
        "import sys; from advocacy.startup import import_later; import_later(); import_later(); "
        "import scipy.special, numpy; late = 'numpy.testing._private' not in sys.modules; "
        "numpy.testing.assert_allclose(numpy.ma.masked_invalid([1, numpy.nan]).sum(), 1); "
        "from numpy.random import default_rng; from numpy.polynomial import *; "
        "import numpy.fft, numpy.f2py, pydoc; from numpy.ma.core import MaskedArray; "
        "import pyarrow.compute as pc, pyarrow.parquet as pq, multiprocessing, urllib.request; "
        "from pyarrow import csv; import cloudpickle, socket; from multiprocessing import Pool; "
        "import pyarrow, scipy._lib.array_api_extra as xpx; "
        "assert pc.sum(pyarrow.array([1, 2])).as_py() == 3 and pq.ParquetFile and csv.read_csv; "
        "assert Pool is not None and multiprocessing.cpu_count() and urllib.request.urlopen; "
        "assert cloudpickle.loads(cloudpickle.dumps(lambda: 5))() == 5 and socket.socket; "
        "assert xpx.at(numpy.zeros(2))[0].set(3)[0] == 3; "
        "print(late, default_rng(1).integers(9) < 9, Polynomial([1, 2])(3), "
        "numpy.fft.fft([1, 1])[0].real, 'f2py' in numpy.f2py.get_include(), pydoc.getdoc(len)[:6], "
        "MaskedArray is numpy.ma.MaskedArray, len(sys.meta_path)); "
        "print(hasattr(numpy.testing, 'no_such_name'))"
    )
    plain = subprocess.run(
        [sys.executable, "-c", "import sys; print(len(sys.meta_path))"],
        capture_output=True,
        text=True,
        check=True,
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == [
        f"True True 7.0 2.0 True Return True {int(plain.stdout) + 1}",
        "False",
    ]


def test_threads_that_use_a_module_first_wait_until_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "slow_module.py").write_text("import time\ntime.sleep(0.3)\nvalue = 7\n")
    program = (
        "from concurrent.futures import ThreadPoolExecutor; import advocacy.startup as startup; "
        "startup._LATER.add('slow_module'); startup.import_later(); import slow_module; "
        "print('value' in vars(slow_module)); "
        "print([*ThreadPoolExecutor(4).map(lambda _: slow_module.value, range(4))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), *sys.path]))},
    )
    assert done.stdout.splitlines() == ["False", "[7, 7, 7, 7]"]


TEXT = "– × · å Ø æ ß é ² − “→” \u00a0… Б │─┼"
IN_ASCII = '- x - a O ae ss e 2 - "->"  ... ? |-+'


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", IN_ASCII),
        ("latin-1", '- × · å Ø æ ß é ² - "->" \u00a0... ? |-+'),
        ("cp1252", "– × · å Ø æ ß é ² - “->” \u00a0… ? |-+"),
        ("cp437", '- x · å O æ ß é ² - "->" \u00a0... ? │─┼'),
        ("cp850", '- × · å Ø æ ß é ² - "->" \u00a0... ? │─┼'),
        ("utf-8", TEXT),
    ],
)
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_terminal_gets_the_nearest_characters_that_it_has(
    encoding: str, shown: str, stream: str
) -> None:
    program = (
        "import sys, click; from rich.console import Console; "
        "from advocacy.startup import degrade_output; degrade_output(); "
        f"text = {TEXT!r}; print(text, file=sys.{stream}); "
        f"click.echo(text, err={stream == 'stderr'}); "
        f"Console(file=sys.{stream}, width=100).print(text, end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert getattr(done, stream).decode(encoding).splitlines() == [shown] * 3


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp437"},
    ],
    ids=str,
)
def test_commands_print_tables_and_errors_in_any_encoding(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """What is written to files, and JSON, lose no character."""
    rows = [f"{n % 11},{n % 2},Ærlig × Øl – Б" for n in range(60)]
    text = "\n".join(["score,recommended_past_12m,supplier", *rows])
    (tmp_path / "client.csv").write_text(f"{text}\n", encoding="utf-8")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "PYTHONUTF8"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        program = "from advocacy.cli import program; program()"
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=inherited | environment,
        )

    estimate = ("estimate", "client.csv", "--by", "supplier")
    table, data, file = run(*estimate), run(*estimate, "--format", "json"), "rates.csv"
    written, wrong, imported = (
        run(*estimate, "-o", file),
        run("estimate", "client.csv", "--by", "Ø"),
        run("import", "client.csv", "-o", "data"),
    )
    for done in (table, data, written, imported):
        assert done.returncode == 0, done.stderr
    assert wrong.returncode in (1, 2)
    assert not any(b"Traceback" in done.stderr for done in (table, data, written, wrong, imported))
    if environment.get("PYTHONIOENCODING") == "ascii" or "PYTHONUTF8" in environment:
        assert b"AErlig x Ol - ?" in table.stdout
        assert all(done.stdout.isascii() and done.stderr.isascii() for done in (table, wrong))
    assert json.loads(data.stdout)[0]["supplier"] == "Ærlig × Øl – Б"
    assert "Ærlig × Øl – Б" in (tmp_path / file).read_text("utf-8")
