"""How files are written."""

from __future__ import annotations

import os
from pathlib import Path

from advocacy.files import in_utf8, write_text


def test_a_file_that_has_the_text_already_keeps_its_time(tmp_path: Path) -> None:
    file = tmp_path / "numbers.json"
    write_text(file, "één\n")
    os.utime(file, ns=(1, 1))
    write_text(file, "één\n")
    assert file.stat().st_mtime_ns == 1
    write_text(file, "één\r\n")
    assert file.stat().st_mtime_ns > 1
    assert file.read_bytes() == "één\r\n".encode()


def test_a_name_that_is_not_utf8_is_written_with_the_numbers_of_its_bytes() -> None:
    assert in_utf8(os.fsdecode(b"a\xff\xfeb.csv")) == r"a\xff\xfeb.csv"
    assert in_utf8("Åse 👩.csv") == "Åse 👩.csv"
