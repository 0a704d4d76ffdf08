"""Files of office programs: the same bytes each time, whole or not there, and they open."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from media_documents import HOSTILE, PLAIN, hostile_document

from advocacy.errors import UsageError
from advocacy.report.document import Document
from advocacy.report.media.excel import write_workbook
from advocacy.report.media.powerpoint import write_slides

Write = Callable[[Document, Path], None]
WRITERS = {"xlsx": write_workbook, "pptx": write_slides}
_NAMES = {"xlsx": "excel import write_workbook", "pptx": "powerpoint import write_slides"}
_PACKAGES = {"xlsx": "xlsxwriter", "pptx": "pptx"}
_COMPONENTS = {"xlsx": "libreoffice-calc", "pptx": "libreoffice-impress"}
kinds = pytest.mark.parametrize("kind", WRITERS)


def in_a_process(kind: str, path: Path, before: str = "", **environment: str) -> int:
    write = _NAMES[kind].split()[-1]
    program = (
        f"{before}\nfrom pathlib import Path\nfrom media_documents import PLAIN\n"
        f"from advocacy.errors import SystemRefusalError\n"
        f"from advocacy.report.media.{_NAMES[kind]}\n"
        f"try:\n    {write}(PLAIN, Path({str(path)!r}))\n"
        "except SystemRefusalError as error:\n    raise SystemExit(3) from error"
    )
    inherited = os.environ.get("PYTHONPATH", "")
    paths = os.pathsep.join([str(Path(__file__).parent), inherited])
    env = {**os.environ, "PYTHONPATH": paths, **environment}
    return subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode


@kinds
def test_the_same_document_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    """In another process, with other hashes, another second, and another day of the clock."""
    found = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        path = tmp_path / f"{seed}.{kind}"
        assert in_a_process(kind, path, PYTHONHASHSEED=seed, TZ=zone) == 0
        found.add(hashlib.sha256(path.read_bytes()).hexdigest())
        time.sleep(2.1)  # an archive counts every other second
    assert len(found) == 1


@kinds
def test_a_full_disk_leaves_what_was_there_and_is_said(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"report.{kind}"
    path.write_text("before")
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
    assert in_a_process(kind, path, limit, PYTHONDONTWRITEBYTECODE="1") == 3
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@kinds
def test_without_the_extra_the_line_that_installs_it_is_said(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, _PACKAGES[kind], None)
    with pytest.raises(UsageError, match=_PACKAGES[kind]) as error:
        WRITERS[kind](PLAIN, tmp_path / f"a.{kind}")
    assert error.value.remedy == "pip install 'advocacy[report]'"
    assert list(tmp_path.iterdir()) == []


def converted(path: Path, program: str) -> Path:
    """Convert a file to PDF by LibreOffice, or skip where the part that opens it is not there."""
    component = _COMPONENTS[path.suffix[1:]]
    if not _has(program, path.suffix[1:]):
        reason = f"{component} is not installed; see tests/apt.txt"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    profile = f"-env:UserInstallation=file://{path.parent / 'profile'}"
    command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(path.parent)]
    subprocess.run([*command, str(path)], capture_output=True, check=True, timeout=240)
    return path.with_suffix(".pdf")


def _has(program: str, kind: str) -> bool:
    """Tell whether the part of LibreOffice that opens a kind of file is installed."""
    library = {"xlsx": "libsclo.so", "pptx": "libsdlo.so"}[kind]
    return (Path(program).resolve().parent / library).exists()


@kinds
def test_libreoffice_opens_it_without_repair(
    kind: str, tmp_path: Path, needs: Callable[[str], str]
) -> None:
    """It would refuse a file that needs repair: headless, it cannot ask."""
    hostile = "".join(text[:200] for text in HOSTILE.values())
    path = tmp_path / f"report.{kind}"
    WRITERS[kind](PLAIN + hostile_document(hostile), path)
    pdf = converted(path, needs("soffice")).read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page\n") >= 5
