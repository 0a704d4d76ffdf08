"""A folder as received, taken for a dataset: the advice is a command that works."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import Sources

from advocacy.errors import FileFormatError
from advocacy.provenance import sha256
from advocacy.responses import open_responses


def remedy(folder: Path) -> str:
    with pytest.raises(FileFormatError, match="The folder is no dataset") as error:
        open_responses(folder)
    return error.value.remedy


def described(folder: Path, *names: str) -> None:
    files = "".join(f'[[files]]\nname = "{n}"\nsha256 = "{sha256(folder / n)}"\n' for n in names)
    (folder / "source.toml").write_text(
        f'name = "mine"\nkind = "simulated"\n{files}', encoding="utf-8"
    )


def test_a_source_is_imported_with_its_own_name_kind_and_crosswalk(source: Sources) -> None:
    made = source({"min fil.csv": "q\n1\n"}, lines="q,0..10,score,*,\n", kind="simulated")
    described(made.folder, "min fil.csv")
    said = remedy(made.folder)
    assert (
        f"`advocacy import '{made.folder}/min fil.csv' --crosswalk {made.folder}/crosswalk.csv "
        "--name mine --kind simulated -o my-data`" in said
    )
    assert "corrections" not in said


def test_several_files_and_corrections_are_told(source: Sources) -> None:
    made = source({"a.csv": "q\n1\n", "b.csv": "q\n1\n"}, corrections="a.csv,1,q,1,2,\n")
    described(made.folder, "a.csv", "b.csv")
    said = remedy(made.folder)
    assert "its files, one by one" in said
    assert "corrections.csv is used by `make book` alone" in said


def test_files_without_description_are_named(tmp_path: Path) -> None:
    assert remedy(tmp_path) == "Make one with `advocacy import`, or name a file."
    (tmp_path / "crosswalk.csv").touch()
    assert remedy(tmp_path) == "Make one with `advocacy import`, or name a file."
    (tmp_path / "kunde.SAV").touch()
    assert (
        f"`advocacy import {tmp_path}/kunde.SAV --crosswalk {tmp_path}/crosswalk.csv -o my-data`"
        in remedy(tmp_path)
    )
