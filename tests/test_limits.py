"""Files that would expand far beyond what they are, and how the limits are lifted."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from advocacy.cli import cli
from advocacy.errors import FileFormatError
from advocacy.limits import Limits, check_values, limited, limits
from advocacy.responses import open_responses
from advocacy.responses.readers import read_labelled, scan_labelled
from tests.responses.readers.system_file import V, system_file

EXPANDS = "would expand to"


def _zsav(path: Path, rows: int, variables: int) -> Path:
    """Write a .zsav file of which every value is 1: a command byte a value, then zlib."""
    own = [V(f"v{at}") for at in range(variables)]
    head = system_file(own, [], compression=2)
    end = head.index(struct.pack("<2i", 999, 0)) + 8
    head = head[:80] + struct.pack("<i", rows) + head[84:end]
    body = b"\x65" * (rows * variables) + bytes(-rows * variables % 8)
    packed = zlib.compress(body, 9)
    start = len(head)
    path.write_bytes(
        head
        + struct.pack("<3q", start, start + 24 + len(packed), 48)
        + packed
        + struct.pack("<2q2i", -100, 0, 0x3FF000, 1)
        + struct.pack("<2q2i", start, start + 24, len(body), len(packed))
    )
    return path


def _parquet(path: Path, rows: int) -> Path:
    """Write three constant columns: 4 bytes a value at most, and some thousand in the file."""
    answers = {
        "score": np.full(rows, 10, np.int32),
        "recommended_past_12m": np.ones(rows, bool),
        "touchpoint": pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array(["web"])),
    }
    pq.write_table(pa.table(answers), path, compression="zstd")
    return path


def _workbook(path: Path, rows: str) -> Path:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>'
        '<row r="1"><c r="A1" t="str"><v>score</v></c><c r="B1" t="str"><v>why</v></c></row>'
        f"{rows}</sheetData></worksheet>",
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, text in names.items():
            archive.writestr(name, text)
    return path


def test_a_zsav_of_many_rows_is_refused_from_its_header(tmp_path: Path) -> None:
    # 4 000 000 rows of 40 values are 1.28 GB, from 160 000 000 equal bytes that zlib packs.
    path = _zsav(tmp_path / "bomb.zsav", 4_000_000, 40)
    assert path.stat().st_size < 200_000
    with pytest.raises(FileFormatError, match=r"would expand to 1\.28 GB, from 15\d kB"):
        scan_labelled(path)
    with pytest.raises(FileFormatError, match=EXPANDS):
        open_responses(path)


def test_short_rows_count_as_what_is_made_of_them(tmp_path: Path) -> None:
    # 20 000 000 rows of one value: 64 bytes each, 1.28 GB.
    with pytest.raises(FileFormatError, match=r"would expand to 1\.28 GB"):
        scan_labelled(_zsav(tmp_path / "bomb.zsav", 20_000_000, 1))


def test_constant_columns_of_millions_of_rows_are_read(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "large.parquet", 5_000_000)
    assert path.stat().st_size < 100_000
    assert scan_labelled(path).rows == 5_000_000
    assert open_responses(path).source_kind == "collected"


@pytest.mark.parametrize("read", [scan_labelled, open_responses])
def test_a_parquet_file_of_many_rows_is_refused_from_its_footer(tmp_path: Path, read) -> None:
    path = _parquet(tmp_path / "bomb.parquet", 20_000_000)
    with pytest.raises(FileFormatError, match=EXPANDS):
        read(path)


def test_a_long_text_that_is_repeated_is_refused_while_it_is_read(tmp_path: Path) -> None:
    # 100 000 texts of 100 000 letters are 10 GB, which the footer does not say.
    text = pa.DictionaryArray.from_arrays(np.zeros(100_000, np.int32), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"why": text}), tmp_path / "bomb.parquet")
    with pytest.raises(FileFormatError, match=EXPANDS):
        read_labelled(tmp_path / "bomb.parquet")


def test_repeated_texts_are_read_as_they_are(tmp_path: Path) -> None:
    texts = ["Oslo", None, "Tromsø", "Oslo", ""] * 1_000
    pq.write_table(pa.table({"n": range(5_000), "city": texts}), tmp_path / "c.parquet")
    values = read_labelled(tmp_path / "c.parquet").values
    assert values["city"].to_pylist() == texts
    assert values.schema.field("city").type == pa.string()


def test_two_cells_at_the_corners_of_a_sheet_are_refused(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "corners.xlsx",
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    )
    with pytest.raises(FileFormatError, match="column XFD and row 1048576: 17179869184 cells"):
        scan_labelled(path)


def test_a_stray_cell_is_no_bomb(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "stray.xlsx",
        '<row r="2"><c r="A2"><v>7</v></c><c r="B2" t="str"><v>ok</v></c></row>'
        '<row r="3"><c r="A3"><v>9</v></c></row>'
        '<row r="5000"><c r="C5000" t="str"><v> </v></c></row>',
    )
    assert scan_labelled(path).rows == 2


def test_a_workbook_whose_text_is_all_alike_is_refused(tmp_path: Path) -> None:
    # 200 MB of letters, packed a thousandfold.
    path = _workbook(
        tmp_path / "bomb.xlsx", f'<row r="2"><c r="A2" t="str"><v>{"x" * 200_000_000}</v></c></row>'
    )
    with pytest.raises(FileFormatError, match=r"would expand to 200 MB, .* more than 100 times"):
        scan_labelled(path)


def test_both_bounds_must_be_passed(tmp_path: Path) -> None:
    # A thousand bytes: 1000 times is 1 MB. An eighth of 8 GiB is 1 GiB.
    path = tmp_path / "file"
    path.write_bytes(bytes(1_000))
    check_values(path, 2**30 // 64, 1)
    check_values(path, 1, 2**30)
    with pytest.raises(FileFormatError):
        check_values(path, 1, 2**30 + 1)
    with limited(Limits(memory=2**20)):
        check_values(path, 1, 1_000_000)
        with pytest.raises(FileFormatError, match="more than 1000 times"):
            check_values(path, 1, 1_000_001)
    with limited(Limits(memory=2**40)):
        check_values(path, 1, 2**37)
    assert limits() == Limits()


def test_the_message_names_an_option_that_lifts_the_limit(tmp_path: Path) -> None:
    path = str(_parquet(tmp_path / "large.parquet", 2_000_000))  # 128 MB as rows
    run = CliRunner().invoke(cli, ["inspect", path, "--most-memory", "1GB"])
    assert "--most-memory 2GB" in str(run.exception)
    run = CliRunner().invoke(cli, ["estimate", path, "--most-memory", "2GB"])
    assert run.exit_code == 0, run.output


@pytest.mark.usefixtures("new_workers")
def test_the_limit_of_time_is_said_with_its_option(tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("score,why\n1,a\n2,b\n", encoding="utf-8")
    run = CliRunner().invoke(cli, ["inspect", str(path), "--most-seconds", "0.01"])
    assert "took more than 0.01 seconds" in str(run.exception)
    assert "--most-seconds 0.02" in str(run.exception)


@pytest.mark.parametrize("given", ["much", "8", "-1GB", "8 gigabytes"])
def test_a_size_that_is_none_is_bad_usage(tmp_path: Path, given: str) -> None:
    path = tmp_path / "survey.csv"
    path.write_text("score,why\n1,a\n", encoding="utf-8")
    run = CliRunner().invoke(cli, ["inspect", str(path), f"--most-memory={given}"])
    assert run.exit_code == 2
    assert "is no size such as 16GB" in run.output


COMMANDS = ["inspect", "crosswalk", "import", "export", "estimate", "compare", "curve"]
COMMANDS += ["regress", "attrition", "benchmark", "pool", "study"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_that_reads_a_file_has_the_limits(command: str) -> None:
    said = CliRunner().invoke(cli, [command, "--help"]).output
    assert "--most-memory" in said
    assert "--most-seconds" in said
