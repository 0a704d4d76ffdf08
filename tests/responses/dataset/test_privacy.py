"""No token of a person is left anywhere: not by an import, what comes after it, or forgetting.

Every personal cell of a file holds a token that stands nowhere else. The commands are run on it,
and then all that they have written or said is searched for the tokens, in every form that a file
could hide them in.
"""

from __future__ import annotations

import html
import json
import random
import string
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from click.testing import CliRunner
from workbook import Sheet, write_workbook
from written import HEAD

from advocacy.cli import cli
from advocacy.errors import AdvocacyError
from advocacy.estimation.estimates_file import read_estimates
from advocacy.report.numbers import numbers_of
from advocacy.responses.dataset import intake, manifest
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.pseudonyms import pseudonym, read_salt
from advocacy.responses.writers.spss import write_sav
from advocacy.study.citable.writing import Book, write_numbers
from advocacy.study.ledger import ledger_of

_ROWS = 240
# Private variables, and what an import is asked to make of them.
_LINES = """kode,*,respondent_id,*,guess 0.60: NOTE
firma,*,account,*,
firma,*,psu,*,
epost,*,touchpoint,*,guess 0.50: NOTE
navn,*,wave,*,guess 0.50: NOTE
tlf,*,journey_stage,*,guess 0.50: NOTE
tekst,*,channel,*,guess 0.50: NOTE
q,0..10,score,*,
anbefalt,1,recommended_past_12m,true,
anbefalt,2,recommended_past_12m,false,
dato,*,interviewed_on,*,
land,*,country,*,
sektor,*,sector,*,
oppfulgt,*,followed_up_on,*,
siden,1,recommended_since,true,
siden,2,recommended_since,false,
naar,*,first_recommended_on,*,
sluttet,*,churned_on,*,
"""
# Commands that read a dataset.
_READ_BY: dict[str, tuple[str, ...]] = {
    "estimate": ("--by", "sector,country"),
    "compare": ("--between", "sector"),
    "curve": (),
    "regress": ("--on", "score"),
    "ladder": (),
    "follow-up": ("--by", "sector"),
    "stated-likelihood": (),
}


def tokens(seed: int) -> Iterator[str]:
    """Yield words that stand nowhere else: ten letters, of which no two words share more."""
    draw = random.Random(seed)
    while True:
        yield "zq" + "".join(draw.choices(string.ascii_lowercase, k=10))


class Delivery:
    """A file with a token in every personal cell; who answers twice does so within a year.

    Rows whose score is 55 are rejected, those in a country of their own not placed.
    """

    def __init__(self, folder: Path, form: str, seed: int) -> None:
        folder.mkdir(parents=True)
        self.path = folder / f"svar.{form}"
        word = tokens(seed)
        draw = random.Random(seed)
        people = [draw.randrange(10**11, 10**12) for _ in range(_ROWS - 40)]
        self.ids = people + people[:40]  # 40 answer twice
        self.note = next(word)
        said = [next(word) for _ in range(_ROWS)]
        rejected = [row % 8 == 5 or row in (0, _ROWS - 40) for row in range(_ROWS)]
        self.values = {
            "kode": self.ids,
            "firma": [f"{next(word)} AS" for _ in range(_ROWS)],
            "epost": [f"{next(word)}@example.no" for _ in range(_ROWS)],
            "navn": [f"{next(word).title()} {next(word).title()}" for _ in range(_ROWS)],
            "tlf": [f"+47 9{draw.randrange(10**6, 10**7)}" for _ in range(_ROWS)],
            "tekst": [
                f"They said {next(word)} and I told {next(word)} of it at length"
                for _ in range(_ROWS)
            ],
            "q": [55 if bad else draw.randrange(11) for bad in rejected],
            "anbefalt": [draw.choice((1, 2)) for _ in range(_ROWS)],
            "dato": [date(2025, 1, 1) + timedelta(days=row) for row in range(_ROWS)],
            "land": [said[row] if row % 9 == 4 else "NO" for row in range(_ROWS)],
            "sektor": [("B2B", "B2C")[row % 2] for row in range(_ROWS)],
            "oppfulgt": [date(2026, 1, 10) + timedelta(days=row) for row in range(_ROWS)],
            "siden": [1 + row % 3 // 2 for row in range(_ROWS)],
            "naar": [
                date(2025, 3, 1) + timedelta(days=row) if row % 3 < 2 else None
                for row in range(_ROWS)
            ],
            "sluttet": [date(2025, 12, 30) if row % 40 == 7 else None for row in range(_ROWS)],
            "ubrukt": [f"{next(word)}@example.no" for _ in range(_ROWS)],
        }
        self.said = said
        self.labels = [(float(code), f"{next(word)} label") for code in self.ids[:30]]
        WRITERS[form](self)
        crosswalk = HEAD.replace("format 1", "format 2") + _LINES.replace("NOTE", self.note)
        self.crosswalk = folder / "crosswalk.csv"
        self.crosswalk.write_text(crosswalk, encoding="utf-8")

    @property
    def private(self) -> set[str]:
        """What must stand nowhere; of a phone number its digits, of a text its words."""
        cells = [str(code) for code in self.ids] + [self.note]
        for name in ("firma", "epost", "navn", "tlf", "tekst", "ubrukt"):
            cells += self.values[name]
        cells += [label for _, label in self.labels]
        words = {word.strip("@. ").lower() for cell in cells for word in cell.split()}
        words |= {word.partition("@")[0] for word in words}
        return {w for w in words if w.startswith("zq") or (w.isdecimal() and len(w) >= 8)}

    def frame(self) -> pd.DataFrame:
        """Return the rows; dates as the format has them."""
        return pd.DataFrame(self.values)


def _sav(delivery: Delivery) -> None:
    types = {"kode": pa.float64(), "q": pa.float64(), "anbefalt": pa.float64()}
    values = pa.table({n: pa.array(v, types.get(n)) for n, v in delivery.values.items()})
    variables = tuple(
        Variable(n, value_labels=tuple(delivery.labels) if n == "kode" else ())
        for n in delivery.values
    )
    write_sav(LabelledTable(delivery.path, values, variables), delivery.path)


def _dta(delivery: Delivery) -> None:
    frame = delivery.frame()
    frame["kode"] = frame["kode"].astype(float)
    pyreadstat.write_dta(frame, str(delivery.path))


def _xlsx(delivery: Delivery) -> None:
    names = [*delivery.values]
    rows = [list(row) for row in zip(*delivery.values.values(), strict=True)]
    write_workbook(delivery.path, Sheet("Svar", [names, *rows]))


WRITERS: dict[str, Callable[[Delivery], object]] = {
    "sav": _sav,
    "dta": _dta,
    "csv": lambda one: one.frame().to_csv(one.path, index=False),
    "xlsx": _xlsx,
    "parquet": lambda one: pq.write_table(pa.table(one.values), one.path),
}


# The search


def forms(path: Path) -> Iterator[str]:
    """Yield what a file holds: its name, its bytes in each encoding, and what is compressed."""
    yield str(path)
    content = path.read_bytes()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        for shift in (0, 1):  # a text of two-byte letters may begin at any byte
            yield content[shift:].decode(encoding, errors="ignore")
    text = content.decode("utf-8", errors="ignore")
    yield html.unescape(text)
    yield unquote(text)
    if path.suffix == ".json":
        yield json.dumps(json.loads(text), ensure_ascii=False)
    if path.suffix == ".parquet":
        yield from _of_parquet(path)
    if path.suffix == ".sav":
        frame, meta = pyreadstat.read_sav(path)
        yield frame.to_csv()
        yield repr(vars(meta))


def _of_parquet(path: Path) -> Iterator[str]:
    file = pq.ParquetFile(path)
    yield repr(file.schema_arrow) + repr(file.metadata.metadata)
    yield file.read().to_pandas().to_csv()
    for group in range(file.metadata.num_row_groups):
        for at in range(file.metadata.num_columns):
            statistics = file.metadata.row_group(group).column(at).statistics
            yield repr(statistics and (statistics.min, statistics.max))


def found(places: Iterator[str], words: set[str]) -> set[str]:
    """Return which words stand in a place, in any case."""
    texts = [place.lower() for place in places]
    return {word for word in words if any(word in text for text in texts)}


def searched(folders: list[Path], words: set[str]) -> dict[str, set[str]]:
    """Return the files in which words stand, with these."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    hits = {str(path): found(forms(path), words) for path in files}
    return {path: words for path, words in hits.items() if words}


@pytest.mark.parametrize(
    "content",
    [
        b"... zqtoken ...",
        "a ZqToken".encode("utf-16-le"),
        b"x" + "zqtoken".encode("utf-16-be"),
        b"<td>&#122;&#x71;token</td>",
        quote("a/ø zqtoken").replace("zq", "%7A%71").encode(),
    ],
)
def test_the_search_finds_what_is_hidden(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.html").write_bytes(content)
    assert searched([tmp_path], {"zqtoken", "zqother"})[str(tmp_path / "a.html")] == {"zqtoken"}


@pytest.mark.parametrize("place", ["value", "metadata", "name", "folder"])
def test_the_search_finds_what_is_compressed_or_a_name(tmp_path: Path, place: str) -> None:
    values = ["zqtoken" if place == "value" else "x"] * 500
    table = pa.table({"zqtoken" if place == "name" else "a": values})
    if place == "metadata":
        table = table.replace_schema_metadata({"made by": "zqtoken"})
    folder = tmp_path / ("zqtoken" if place == "folder" else "a")
    folder.mkdir()
    pq.write_table(table, folder / "a.parquet", compression="zstd", write_statistics=False)
    assert searched([folder], {"zqtoken"})


# The property


class Run:
    """A delivery, and what the commands make of it and say."""

    def __init__(self, folder: Path, form: str, seed: int) -> None:
        self.delivery = Delivery(folder / "raw", form, seed)
        self.made, self.said = folder / "made", ""
        self.dataset = self.made / "data"
        self.made.mkdir()

    def command(self, *arguments: object, refused: bool = False) -> str:
        """Run a command that must succeed, or may be refused, and keep what it says."""
        result = CliRunner().invoke(cli, [str(each) for each in arguments])
        assert refused or result.exit_code == 0, f"{arguments}: {result.output}{result.exception}"
        assert isinstance(result.exception, AdvocacyError | SystemExit | None), result.exception
        self.said += f"{result.output}{result.exception or ''}"
        return result.output

    def go(self) -> None:
        """Import and report the delivery, and propose what to make of it."""
        path, raw = self.delivery.path, self.delivery.crosswalk
        self.command("import", path, "--crosswalk", raw, "-o", self.dataset)
        self.command("crosswalk", path, "-o", self.made / "proposed.csv")
        self.command("estimate", self.dataset, "-o", self.made / "rates.csv")
        self.command("export", self.dataset, "-o", self.made / "data.sav")

    def left(self, words: set[str]) -> dict[str, set[str]]:
        """Return where words stand in what was made, or what was said."""
        said = found(iter([self.said]), words)
        return searched([self.made], words) | ({"what was said": said} if said else {})


@pytest.mark.parametrize(
    "form",
    # Labels and notes are in SPSS files, and in a text there are none.
    [pytest.param(f, marks=[pytest.mark.heavy] * (f not in ("sav", "csv"))) for f in WRITERS],
)
def test_no_token_of_a_person_is_left(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    run = Run(tmp_path, form, seed=[*WRITERS].index(form))
    run.go()
    private = run.delivery.private
    assert len(private) > 8 * _ROWS
    assert run.left(private) == {}
    assert searched([temporary], private) == {}
    account = _rows(run.dataset)
    assert account["rejected"] == sum(score == 55 for score in run.delivery.values["q"])
    assert (run.dataset / "responses/source=svar/_about/excluded.csv").read_text().count("\n") > 1

    _forget(run)
    assert searched([run.dataset], private) == {}


@pytest.mark.slow  # thirty commands
@pytest.mark.parametrize("form", ["sav", "csv"])
def test_no_token_is_left_by_what_reads_the_answers(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In results, logs and the pages of numbers, of commands that succeed and that refuse."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    run = Run(tmp_path, form, seed=11)
    path, crosswalk, private = run.delivery.path, run.delivery.crosswalk, run.delivery.private
    run.command("import", path, "--crosswalk", crosswalk, "-o", run.dataset)
    for command, options in _READ_BY.items():
        run.command(command, run.dataset, *options, "-o", run.made / f"{command}.parquet")
        run.command(command, run.dataset, *options, "--format", "json")
        # Straight from the file, whose values are refused where they are not allowed.
        run.command(command, path, "--crosswalk", crosswalk, *options, refused=True)
        run.command(command, path, *options, refused=True)
    run.command("attrition", run.dataset, "-o", run.made / "left.csv", refused=True)
    run.command("pool", run.dataset, "-o", run.made / "pool", refused=True)
    run.command("evidence", path, refused=True)
    run.command("inspect", path, "--variable", "land", refused=True)
    _write_numbers(run.made)
    assert len(list((run.made / "book").rglob("*.html"))) > 20
    assert run.left(private) == {}
    assert searched([temporary], private) == {}


def _write_numbers(made: Path) -> None:
    """Write the book's pages of every number of the results."""
    ledger = ledger_of(
        (numbers_of(read_estimates(path), path.stem), {"estimates": path})
        for path in sorted(made.glob("*.parquet"))
    )
    shown = {name: ["results"] for name in ledger}
    book = Book(ledger, "0.1.0", "2026-12-01", shown, {"results": "Results"}, ())
    write_numbers(made / "book", book)


def _forget(run: Run) -> None:
    """Forget who answered twice, once in a row that was rejected, and who never answered else."""
    salt = run.delivery.path.parent / "salt"
    assert run.delivery.values["q"][0] == 55
    for person in (run.delivery.ids[0], run.delivery.ids[4], run.delivery.ids[45]):
        rows = [row for row, one in enumerate(run.delivery.ids) if one == person]
        answers = {run.delivery.said[row] for row in rows}
        name = pseudonym(str(person), read_salt(salt), "svar")
        before = _rows(run.dataset)
        assert searched([run.dataset], {name}), "there is something to forget"
        run.command("forget", f" {person}.0 ", run.dataset, "--salt", salt, "--yes")
        assert searched([run.dataset], {name, *answers}) == {}
        after = _rows(run.dataset)
        assert after["read"] == before["read"] == sum(after.values()) - after["read"]
        assert after["forgotten"] == before["forgotten"] + len(rows)


def _rows(dataset: Path) -> dict[str, int]:
    path = dataset / "responses" / "source=svar" / "_about" / "manifest.json"
    rows: dict[str, int] = json.loads(path.read_text("utf-8"))["rows"]
    return rows


# That it can fail


def _in_this_process(function: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
    return function(*arguments)


LEAKS: dict[str, tuple[object, str, object]] = {
    "labels and notes": (manifest, "veiled", dict),
    "persons": (intake, "_persons", lambda *given: intake.Persons(_used(*given))),
}


def _used(source: object, scan: Any, crosswalk: Any, *_: object) -> dict[str, list[str]]:
    return intake.used_variables(crosswalk, scan.table.values.column_names)


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found(tmp_path: Path, leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advocacy.cli.import_.isolated", _in_this_process)
    module, name, broken = LEAKS[leak]
    monkeypatch.setattr(module, name, broken)
    run = Run(tmp_path, "sav", seed=7)
    path, crosswalk = run.delivery.path, run.delivery.crosswalk
    run.command("import", path, "--crosswalk", crosswalk, "-o", run.dataset)
    assert run.left(run.delivery.private) != {}
