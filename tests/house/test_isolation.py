"""A process that crashes, hangs, runs out of memory or raises leaves its caller whole."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advocacy.errors import DataError, FileFormatError
from advocacy.isolation import Worker, isolated, isolated_map
from advocacy.responses import read_labelled

pytestmark = pytest.mark.usefixtures("new_workers")


def test_the_result_comes_back() -> None:
    assert isolated(divmod, 43, 5, file="x.sav") == (8, 3)


def test_an_error_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.sav"
    path.write_bytes(b"\0\1\2")
    with pytest.raises(FileFormatError) as error:
        isolated(read_labelled, path, file=str(path))
    assert error.value.where == str(path)
    assert error.value.remedy


def test_what_a_library_prints_is_no_outcome() -> None:
    assert isolated(print, "not an outcome", file="x.sav") is None


def test_a_crash_is_an_error_that_names_the_file() -> None:
    with Worker() as worker:
        with pytest.raises(FileFormatError, match=r"crashed the parser \(SIGABRT\)") as error:
            worker.call(os.abort, file="x.sav")
        assert error.value.where == "x.sav"
        assert worker.call(abs, -3, file="y.sav") == 3, "the next call has a new process"


def test_a_hang_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(FileFormatError, match=r"more than 0\.5 seconds"):
        isolated(time.sleep, 60, file="x.sav", seconds=0.5)
    assert time.monotonic() - start < 10


def test_memory_is_limited() -> None:
    with pytest.raises(FileFormatError, match="more memory than is allowed"):
        isolated(bytearray, 2**31, file="x.sav", memory=2**30)


def test_results_come_in_the_order_of_the_calls() -> None:
    calls = [(number, 7) for number in range(20)]
    assert isolated_map(divmod, calls, ["x"] * 20) == [divmod(*call) for call in calls]


def test_the_first_failure_is_raised() -> None:
    with pytest.raises(FileFormatError, match="y.sav"):
        isolated_map(os._exit, [(3,)], ["y.sav"])


def test_errors_survive_being_sent() -> None:
    error = pickle.loads(pickle.dumps(DataError("Bad.", where="row 7", remedy="Mend it.")))
    assert (type(error), str(error)) == (DataError, "Bad.\n  where:  row 7\n  remedy: Mend it.")


def test_a_worker_does_without_pandas() -> None:
    seen = "(__import__('pyarrow').array(['a']), 'pandas' in __import__('sys').modules)[1]"
    assert isolated(eval, seen, file="x.sav") is False


def test_the_caller_imports_no_parser() -> None:
    code = (
        "import sys; from advocacy.responses import import_sources, read_source; "
        "print(sys.modules.keys() & {'duckdb', 'numpy', 'polars', 'pyarrow', 'pyreadstat'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
