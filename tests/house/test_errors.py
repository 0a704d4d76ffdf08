"""Whatever is raised is said: what is wrong, where, and what to do."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path

import duckdb
import pytest

from advocacy.errors import DataError, SystemRefusalError, UnforeseenError, code_of_system, said
from advocacy.files import replacing
from advocacy.isolation import isolated
from advocacy.sql import connect, unreadable


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (errno.ENOSPC, "There is no space left on the disk"),
        (errno.EDQUOT, "Your quota of the disk is used up"),
        (errno.EFBIG, "A file would be larger than this process may write"),
        (errno.EROFS, "The disk is read-only"),
        (errno.EMFILE, "This process has as many files open as it may"),
        (errno.ENOMEM, "There is not enough memory"),
        (errno.EACCES, "A file cannot be read or written (Permission denied)"),
        (errno.ENOENT, "A file cannot be read or written (No such file or directory)"),
    ],
)
def test_a_refusal_of_the_system_is_said_with_its_cause(code: int, what: str) -> None:
    error = said(OSError(code, os.strerror(code), "/data/x.sav"))
    assert isinstance(error, SystemRefusalError)
    assert error.what.startswith(what)
    assert (error.where, bool(error.remedy)) == ("/data/x.sav", True)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_full_disk_is_said_with_its_room(tmp_path: Path) -> None:
    error = said(OSError(errno.ENOSPC, "full"), tmp_path / "not" / "there")
    free = os.statvfs(tmp_path)
    total = free.f_blocks * free.f_frsize / 1e6
    assert f"of {total:,.1f} MB are free)." in error.what


@pytest.mark.parametrize(
    "words",
    ['IO Error: Could not write file "/x": No space left on device', "No space left on device"],
)
def test_a_library_passes_the_system_s_words_on(words: str) -> None:
    assert code_of_system(duckdb.IOException(words)) == errno.ENOSPC
    assert isinstance(unreadable(duckdb.IOException(words)), SystemRefusalError)


def test_what_is_written_when_the_disk_is_full_is_named(tmp_path: Path) -> None:
    path = tmp_path / "out" / "x.csv"
    with pytest.raises(SystemRefusalError, match="no space left") as error, replacing(path) as new:
        raise OSError(errno.ENOSPC, "No space left on device", str(new))
    assert error.value.where == str(path)


def test_another_file_than_that_which_is_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemRefusalError) as error, replacing(tmp_path / "x.csv"):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "/raw/y.sav")
    assert error.value.where == "/raw/y.sav"


def test_errors_of_ours_stay_as_they_are(tmp_path: Path) -> None:
    error = DataError("No space left on device.", where="row 3")
    assert said(error) is error
    with pytest.raises(DataError, match="No space"), replacing(tmp_path / "x.csv"):
        raise error


@pytest.mark.usefixtures("new_workers")
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("{}['lost']", UnforeseenError, "KeyError: 'lost'"),
        ("1 / 0", UnforeseenError, "ZeroDivisionError: division by zero"),
        ("(_ for _ in ()).throw(EOFError('early'))", UnforeseenError, "EOFError: early"),
        ("open('/no/such/file')", SystemRefusalError, "No such file or directory"),
        ("(_ for _ in ()).throw(OSError(28, ''))", SystemRefusalError, "no space left"),
    ],
)
def test_what_a_worker_raises_comes_back_in_its_own_words(
    code: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as error:
        isolated(eval, code, file="x.sav")
    assert error.value.where in ("x.sav", "/no/such/file")  # type: ignore[attr-defined]


def test_a_fault_of_ours_is_said_with_its_line() -> None:
    with pytest.raises(AttributeError) as error:
        connect(threads=object())  # type: ignore[arg-type]
    assert "AttributeError" in said(error.value).what
    assert "; sql.py, line " in said(error.value).what


def test_want_of_memory_is_said_as_such() -> None:
    assert said(MemoryError()).what == "There is not enough memory."


def test_a_database_that_a_fault_has_closed_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    class Closed:
        def cursor(self) -> Closed:
            return self

        def execute(self, _: str) -> None:
            calls.append(1)
            raise duckdb.FatalException("database has been invalidated")

    from advocacy import sql

    sql._database.cache_clear()
    made = iter([Closed(), duckdb.connect()])
    monkeypatch.setattr(sql, "_new_database", lambda *_: next(made))
    assert connect().execute("SELECT 7").fetchall() == [(7,)]
    assert calls == [1]
    sql._database.cache_clear()
