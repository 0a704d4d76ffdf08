"""How files are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advocacy.files import in_utf8, replacing, write_text


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


def test_in_a_folder_that_is_being_replaced_a_file_is_written_at_once(tmp_path: Path) -> None:
    place = tmp_path / "folder"
    place.mkdir()
    write_text(place / "kept.txt", "before")
    with replacing(place) as new:
        new.mkdir()
        os.link(place / "kept.txt", new / "kept.txt")
        write_text(new / "kept.txt", "after")
        assert sorted(new.iterdir()) == [new / "kept.txt"]
        assert (place / "kept.txt").read_text(encoding="utf-8") == "before"
    assert (place / "kept.txt").read_text(encoding="utf-8") == "after"


def test_nothing_is_left_of_a_file_in_a_folder_that_is_given_up(tmp_path: Path) -> None:
    place = tmp_path / "folder"

    def begun() -> None:
        with replacing(place) as new:
            new.mkdir()
            write_text(new / "half.txt", "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begun()
    assert list(tmp_path.iterdir()) == []
