"""A large simulated survey file for the benchmarks: 40 variables, 27 of them mapped.

The rows are written in pieces behind a header that pyreadstat wrote, so that a file of any
length takes little memory.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyreadstat

from advocacy.provenance import sha256
from advocacy.responses.crosswalk.crosswalk import FORMAT, HEADER

SEED = 20260115
_CASES_AT = 80  # offset of the number of cases in the header of a .sav file
_PIECE = 250_000
_MISSING = -np.finfo(np.float64).max  # SPSS's system-missing value
_FIRST_DAY = (np.datetime64("2024-01-01") - np.datetime64("1582-10-14")).astype(int)

_COUNTRIES = ("Norge", "Sverige", "Danmark", "Finland", "Tyskland", "Nederland", "Storbritannia")
_INDUSTRIES = ("Manufacturing", "Construction", "Transportation and storage", "Education")
_CHANNELS = ("web", "telefon", "e-post", "møte", "butikk på hjørnet")
_DRIVERS = ("satisfaction", "ease", "consistency", "resolution", "channel_ease", "advice")
_YES_NO = {1: "Ja", 2: "Nei", 9: "Vet ikke"}
_SCORE = {0: "0 Svært usannsynlig", 10: "10 Svært sannsynlig", 98: "Vet ikke"}

# Variable: lowest and highest code, don't-know code, value labels, crosswalk lines.
_CODED: dict[str, tuple[int, int, int, dict[int, str], tuple[str, ...]]] = {
    "nps": (0, 10, 98, _SCORE, ("0..10,score,*", "98,score,")),
    **{
        name: (1, 2, 9, _YES_NO, (f"1,{column},true", f"2,{column},false", f"9,{column},"))
        for name, column in (
            ("anbefalt", "recommended_past_12m"),
            ("frarådet", "discouraged_past_12m"),
            ("anledning", "opportunity"),
        )
    },
    "antall_anbefalt": (
        0,
        12,
        98,
        {98: "Vet ikke"},
        ("0..12,recommendations_past_12m,*", "98,recommendations_past_12m,"),
    ),
    "mnd_siden": (
        0,
        12,
        98,
        {98: "Vet ikke"},
        ("0..12,months_since_recommended,*", "98,months_since_recommended,"),
    ),
    "land": (1, 7, 99, dict(enumerate(_COUNTRIES, 1)), ("99,country,", "*,country,@country")),
    "bransje": (
        1,
        4,
        99,
        dict(enumerate(_INDUSTRIES, 1)),
        ("99,industry,", "*,industry,@industry"),
    ),
    "kunde_nå": (
        1,
        2,
        9,
        {1: "Ja", 2: "Nei"},
        ("1,customer_status,current", "2,customer_status,lapsed", "9,customer_status,"),
    ),
    "kundetype": (
        1,
        2,
        9,
        {1: "Bedrift", 2: "Privat"},
        ("1,sector,B2B", "2,sector,B2C", "9,sector,"),
    ),
    "runde": (1, 8, 99, {}, ("99,wave,", "*,wave,*")),
    "fase": (
        1,
        4,
        9,
        {1: "Kjøp", 2: "Levering", 3: "Bruk", 4: "Service"},
        ("9,journey_stage,", "*,journey_stage,@label"),
    ),
    "dager_siden": (0, 60, 998, {}, ("0..60,days_since_event,*", "998,days_since_event,")),
    "wow": (0, 5, 9, {}, ("0..5,wow_moments,*", "9,wow_moments,")),
    **{
        f"d{i:02d}": (1, 7, 9, {9: "Vet ikke"}, (f"1..7,{column},*", f"9,{column},"))
        for i, column in enumerate((*_DRIVERS, "business_value"), 1)
    },
    **{f"d{i:02d}": (1, 7, 9, {9: "Vet ikke"}, ()) for i in range(8, 21)},
}
_PLAIN = {
    "svarer": "*,respondent_id,*",
    "dato": "*,interviewed_on,*",
    "sekunder": "*,interview_seconds,*",
    "vekt": "*,weight,*",
    "kundenr": "*,account,*",
    "kanal": "*,channel,*",
}
_LAYOUT = np.dtype(
    [(name, "<f8") for name in ("svarer", *_CODED, "dato", "sekunder", "vekt")]
    + [("kundenr", "S16"), ("kanal", "S40")]  # texts take whole units of eight bytes
)
_TEXTS = ("kundenr", "kanal")


def write_source(folder: Path, rows: int, kind: str, suffix: str = ".sav") -> None:
    """Write a source of one file, its crosswalk and its description.

    Parameters
    ----------
    folder
        Where they go; made if it is not there.
    rows
        Number of ratings.
    kind
        Kind of evidence that the description gives.
    suffix
        ``.sav`` without compression, or ``.zsav``.
    """
    folder.mkdir(parents=True)
    file = folder / f"survey{suffix}"
    (_write_sav if suffix == ".sav" else _write_zsav)(file, rows)
    lines = [f"{name},{line}," for name, coded in _CODED.items() for line in coded[-1]]
    lines += [f"{name},{line}," for name, line in _PLAIN.items()]
    head = [f"# advocacy crosswalk format {FORMAT}", ",".join(HEADER)]
    (folder / "crosswalk.csv").write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
    (folder / "source.toml").write_text(
        f'name = "survey"\nkind = "{kind}"\n'
        f'[[files]]\nname = "{file.name}"\nsha256 = "{sha256(file)}"\n',
        encoding="utf-8",
    )


def _write_sav(file: Path, rows: int) -> None:
    rng = np.random.default_rng(SEED)
    widest = np.zeros(1, _LAYOUT)  # the header's widths of texts are those of this row
    for name in _TEXTS:
        widest[name] = b"x" * _LAYOUT[name].itemsize
    _write(file, _frame(widest))
    header = file.read_bytes()[: -_LAYOUT.itemsize]
    with file.open("wb") as target:
        target.write(header[:_CASES_AT] + struct.pack("<i", rows) + header[_CASES_AT + 4 :])
        for start in range(0, rows, _PIECE):
            target.write(_draw(min(_PIECE, rows - start), start, rng).tobytes())


def _write_zsav(file: Path, rows: int) -> None:
    rng = np.random.default_rng(SEED)
    _write(file, _frame(_draw(rows, 0, rng)), compress=True)


def _write(file: Path, frame: pd.DataFrame, compress: bool = False) -> None:
    pyreadstat.write_sav(
        frame,
        file,
        compress=compress,
        variable_value_labels={name: coded[3] for name, coded in _CODED.items() if coded[3]},
        missing_ranges={name: [coded[2]] for name, coded in _CODED.items()},
        variable_format={"dato": "DATE11"},
    )


def _frame(drawn: npt.NDArray[np.void]) -> pd.DataFrame:
    """Return rows as pyreadstat takes them: texts decoded, the date a number."""
    columns = {name: drawn[name] for name in _LAYOUT.names or ()}
    for name in _TEXTS:
        columns[name] = [text.decode().rstrip() for text in drawn[name]]
    return pd.DataFrame(columns).replace(_MISSING, np.nan)


def _draw(n: int, start: int, rng: np.random.Generator) -> npt.NDArray[np.void]:
    """Draw ``n`` rows from row ``start``, shape (n,), as a .sav file holds them."""
    drawn = np.zeros(n, _LAYOUT)
    for name, (low, high, unknown, _, _) in _CODED.items():
        codes = rng.integers(low, high + 1, n).astype(np.float64)
        codes[rng.random(n) < 0.03] = unknown
        codes[rng.random(n) < 0.05] = _MISSING
        drawn[name] = codes
    drawn["nps"][rng.random(n) < 0.0005] = 55  # a code that nothing explains: the row is rejected
    # One respondent in twenty answers again.
    again = rng.random(n) < 0.05
    numbers = np.arange(start, start + n)
    drawn["svarer"] = 1_000_000 + np.where(again, rng.integers(0, start + n, n), numbers)
    drawn["dato"] = 86_400.0 * (_FIRST_DAY + rng.integers(0, 730, n))
    drawn["sekunder"] = np.round(rng.lognormal(5.5, 0.5, n))
    drawn["vekt"] = np.round(rng.lognormal(0.0, 0.4, n), 4)
    accounts = np.array([f"K{i:08d}".ljust(16) for i in range(20_000)], "S16")
    drawn["kundenr"] = accounts[rng.integers(0, len(accounts), n)]
    channels = np.array([_padded(name, 40) for name in _CHANNELS], "S40")
    drawn["kanal"] = channels[rng.integers(0, len(channels), n)]
    return drawn


def _padded(text: str, width: int) -> bytes:
    return text.encode().ljust(width)
