"""Files that are recognised and cannot be read: the message says why and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from advocacy.errors import FileFormatError
from advocacy.responses import read_labelled

# https://www.gnu.org/software/pspp/pspp-dev/html_node/Encrypted-File-Wrappers.html
ENCRYPTED = bytes.fromhex("1c00000000000000") + b"ENCRYPTEDSAV" + bytes.fromhex("15") + bytes(15)


@pytest.mark.parametrize(
    ("content", "what", "remedy"),
    [
        (ENCRYPTED + b"\x9a" * 4096, "SPSS file is protected by a password", "pspp-convert -p"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "workbook with a password", ".xlsx"),
    ],
)
def test_protected_files(tmp_path: Path, content: bytes, what: str, remedy: str) -> None:
    path = tmp_path / "client.sav"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=what) as error:
        read_labelled(path)
    assert remedy in (error.value.remedy or "")
