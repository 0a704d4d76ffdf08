"""Files to read and sources to import, written by the tests themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import CORRECTIONS_HEAD, HEAD, Sources, Writer

from advocacy.provenance import sha256
from advocacy.responses import Source


@pytest.fixture(scope="session")
def sav(root: Path) -> Path:
    """Return the folder of real SPSS files, which are not part of the repository."""
    folder = root.parent / "shared" / "sav"
    if not folder.is_dir():
        pytest.skip("the real SPSS files (../shared/sav) are not on this machine")
    return folder


@pytest.fixture
def crosswalk(tmp_path: Path) -> Writer:
    """Write a crosswalk with these lines under the two lines that each has."""

    def write(lines: str) -> Path:
        path = tmp_path / "crosswalk.csv"
        path.write_text(HEAD + lines, encoding="utf-8")
        return path

    return write


@pytest.fixture
def text_file(tmp_path: Path) -> Writer:
    """Write a survey file of delimited text."""

    def write(text: str) -> Path:
        path = tmp_path / "survey.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def source(tmp_path: Path) -> Sources:
    """Write a source: text files by name, lines of its crosswalk and of its corrections."""

    def write(
        files: dict[str, str | bytes],
        *,
        lines: str = "",
        corrections: str = "",
        name: str = "lung",
        kind: str = "collected",
    ) -> Source:
        folder = tmp_path / "raw" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / file).write_bytes(data)
        tables = {"crosswalk": HEAD + lines, "corrections": CORRECTIONS_HEAD + corrections}
        paths = {}
        for table, given in (("crosswalk", lines), ("corrections", corrections)):
            if given:
                paths[table] = folder / f"{table}.csv"
                paths[table].write_text(tables[table], encoding="utf-8")
        listed = tuple((file, sha256(folder / file)) for file in files)
        return Source(folder, name, kind, listed, **paths)

    return write
