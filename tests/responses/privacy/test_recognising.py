"""What is recognised against published examples and hand-made files; pseudonyms against hashlib."""

from __future__ import annotations

import errno
import hashlib
import random
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from advocacy.errors import DataError, FileFormatError
from advocacy.responses import read_labelled
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.privacy import Finding, Recogniser, recognise
from advocacy.responses.pseudonyms import (
    pseudonym,
    pseudonym_sql,
    pseudonymised,
    read_salt,
    salt,
)
from advocacy.sql import connect

# Published examples, and numbers from which one digit was changed.
NORWEGIAN = ["15108695088", "151086 95088"]
SWEDISH = ["701063-2391", "811218-9876", "640823-3234", "19640823-3234", "8803200016"]
DANISH = ["211062-5629", "2110625629"]
# Published Danish example that is a Swedish coordination number as well.
BOTH = "070761-4285"
WRONG = ["15108695077", "15108695089", "811218-9877", "880320-0018", "0707614286", "1234567890"]


def found(
    values: Sequence[Any] | pa.Array, name: str = "v1", label: str = "", sample: int = 10_000
) -> Finding | None:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    table = LabelledTable(Path("a.sav"), pa.table({name: column}), (Variable(name, label),))
    findings = recognise(table, sample)
    return findings[0] if findings else None


def kind(values: Sequence[Any] | pa.Array, name: str = "v1", label: str = "") -> str | None:
    finding = found(values, name, label)
    return finding.kind if finding else None


# Identity numbers


@pytest.mark.parametrize(
    ("country", "numbers"),
    [("Norwegian", NORWEGIAN), ("Swedish", SWEDISH), ("Danish", DANISH)],
)
def test_identity_numbers_by_date_and_check_digit(country: str, numbers: list[str]) -> None:
    for number in numbers:
        assert kind([number]) == f"{country} identity number", number


@pytest.mark.parametrize("number", WRONG)
def test_a_wrong_check_digit_is_no_identity_number(number: str) -> None:
    assert kind([number]) is None


def test_danish_numbers_since_2007_need_the_hyphen() -> None:
    assert kind(["010110-4001", "020211-5002"]) == "Danish identity number"
    assert kind(["0101104001", "0202115002"]) is None


def test_the_kind_that_most_values_fit_is_taken() -> None:
    assert kind([BOTH]) in ("Danish identity number", "Swedish identity number")
    assert kind([BOTH, *DANISH]) == "Danish identity number"
    assert kind([BOTH, *SWEDISH]) == "Swedish identity number"


def norwegian(birth: str, serial: int) -> str | None:
    """Write both check digits as the rule is worded; ``None`` where there is no such number."""
    digits = [int(d) for d in f"{birth}{serial:03}"]
    for weights in ([3, 7, 6, 1, 8, 9, 4, 5, 2], [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]):
        rest = sum(w * d for w, d in zip(weights, digits, strict=True)) % 11
        check = 0 if rest == 0 else 11 - rest
        if check == 10:
            return None
        digits.append(check)
    return "".join(map(str, digits))


def many_norwegian(births: Sequence[str]) -> list[str]:
    return [n for birth in births for serial in range(300, 330) if (n := norwegian(birth, serial))]


@pytest.mark.parametrize(
    "birth",
    ["010190", "310785", "410190", "710785", "014190", "128412", "017790", "311285", "019290"],
)
def test_norwegian_numbers_of_every_series(birth: str) -> None:
    finding = found(many_norwegian([birth]))
    assert finding is not None
    assert finding.kind == "Norwegian identity number"
    assert finding.reason.startswith("100% of ")


@pytest.mark.parametrize("birth", ["000190", "320190", "011390", "800190", "015390", "019390"])
def test_impossible_birth_dates_are_no_norwegian_numbers(birth: str) -> None:
    assert kind(many_norwegian([birth])) != "Norwegian identity number"


def test_a_number_has_lost_the_zero_that_it_began_with() -> None:
    numbers = [float(n) for n in many_norwegian(["010190", "050666", "170580"])]
    assert kind(numbers) == "Norwegian identity number"
    assert kind([707614285.0, 2110625629.0]) == "Danish identity number"
    assert kind([8803200016.0, None, 6408233234.0]) == "Swedish identity number"


def test_numbers_that_only_look_like_identity_numbers() -> None:
    draw = random.Random(1).randrange
    numbers = [float(draw(10**10, 10**11)) for _ in range(500)]
    assert kind(numbers) == "number of its own", "asked about: a customer's number, maybe"
    assert kind([float(1_700_000_000 + 40_000 * i) for i in range(500)]) is None, "Unix times"
    assert kind([float(f"24{m:02}{d:02}1230") for m in range(1, 13) for d in range(1, 29)]) is None
    assert kind([float(f"2024{m:02}{d:02}") for m in range(1, 13) for d in range(1, 29)]) is None


# Addresses, names, text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["ola.nordmann@eksempel.no", "åse+x@bedrift.co.uk"], "e-mail"),
        (["90.149.1.255", "10.0.0.1"], "IP address"),
        (["2001:db8::8a2e:370:7334"], "IP address"),
        (["+47 912 34 567", "+46(0)70-1234567"], "phone"),
        (["Ola Nordmann", "Kari Åse Ødegård", "Anne-Grete d'Arc van Dijk", "Å Ø", "X Y"], "name"),
        (["Ola Nordmann", "Kari Åse Ødegård"] * 2, None),  # may as well be two departments
        (["Alt gikk helt fint, men det tok altfor lang tid å få svar."], "free text"),
        (["B2B", "B2C", None], None),
        (["2024-05-01", "2023-12-31"], None),
        (["12:30:00", "00:00:01"], None),
        (["Nordisk Bygg AS", "Berg Trading AB", "Acme Ltd.", "Vest Holding", "Øst ApS"], None),
        (["91234567", "22334455"], None),
        (["0012345678", "0012345679"], None),
        (["300.1.1.1", "1.2.3"], None),
        (["a@b", "@", "meet @ noon.no"], None),
        (["", "  ", None], None),
    ],
)
def test_recognised_by_content(values: list[str | None], expected: str | None) -> None:
    assert kind(values) == expected


@pytest.mark.parametrize(
    ("name", "label", "values", "expected"),
    [
        ("RecipientLastName", "", ["Nordmann", "Hansen"], "name"),
        ("q1", "Ditt navn", ["Ola", "Kari"], "name"),
        ("q1", "Kontaktperson hos kunden", ["Ola", "Kari"], "name"),
        ("efternamn", "", ["Svensson", "Berg"], "name"),
        ("bedrift", "Navn", ["Ola", "Kari"], "name"),
        ("q1", "Last name of your contact at the supplier", ["X", "Y"], None),
        ("firmanavn", "Bedriftens fulle navn", ["Byggern", "Maler'n"], None),
        ("tlf", "", ["912 34 567", "22 33 44 55"], "phone"),
        ("q1", "Mobilnummer", [91234567.0, 22334455.0], "phone"),
        ("q1", "Do you have a mobile phone?", [1.0, 2.0], None),
        ("q9", "Hvorfor ga du denne karakteren?", ["Bra", "Dårlig"], "free text"),
        ("kommentar_1", "", ["Bra"], "free text"),
        ("q9", "Utveckla gärna ditt svar", ["Bra"], "free text"),
        ("q9", "Uddyb venligst dit svar", ["Fint"], "free text"),
        ("epost", "", ["ukjent"], None),
        ("score", "Hvorfor", [1.0, 2.0], None),
    ],
)
def test_recognised_by_wording(
    name: str, label: str, values: list[Any], expected: str | None
) -> None:
    assert kind(values, name, label) == expected


def test_an_iban_of_a_few_rows_with_wrong_digits_is_an_iban_by_its_name() -> None:
    """Its form is that of a Norwegian one; a digit was changed in each."""
    values = ["NO9486011117947", "NO9486011117948", "NO94 8601 1117 949"]
    assert kind(values, "iban_no", "IBAN") == "IBAN"
    assert kind(["GB82 WEST 1234 5698 7654 31"], "q", "IBAN code") == "IBAN"


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("Kunde siden", ["1998", "2004", "2011"]),
        ("Kundesiden er enkel", ["12345", "23456", "34567"]),
        ("Kundenotat er lest", ["12345", "23456", "34567"]),
    ],
)
def test_a_word_that_begins_as_one_for_a_number_is_none(label: str, values: list[str]) -> None:
    assert kind(values, label.replace(" ", "").lower(), label) != "customer number"
    assert kind(["12345", "23456", "34567"], "kundeid", "Kunde-id") == "customer number"


def test_wording_and_content_together_are_surer() -> None:
    content, both = found(["a@b.no"]), found(["a@b.no"], "Email")
    assert content is not None
    assert both is not None
    assert 0.5 <= content.confidence < both.confidence < 1


def test_labels_that_many_share_are_no_names_and_no_free_text() -> None:
    assert kind(["Very Satisfied", "Quite Satisfied", "Not Satisfied"] * 20) is None
    sentence = "I would recommend this supplier to anyone who asks me about it"
    assert kind([sentence, sentence.upper()] * 20) is None


def test_a_few_addresses_among_other_text_are_enough() -> None:
    assert kind(["none"] * 19 + ["a@b.no"]) == "e-mail"


def test_a_sample_over_the_whole_file_is_looked_at() -> None:
    late = pa.array([None] * 20_000 + ["a@b.no"] * 20_000)
    finding = found(late, sample=100)
    assert finding is not None
    assert finding.reason == "100% of 50 values look like e-mail addresses"


def test_reasons_hold_no_values() -> None:
    secret = ["ola.nordmann@eksempel.no", "kari@eksempel.no"]
    finding = found(secret, "Epost", "E-postadresse")
    assert finding is not None
    assert finding.reason == (
        "100% of 2 values look like e-mail addresses; the name or label says so"
    )


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["a@b.no"], pa.large_string()),
        pa.array(["a@b.no"], pa.string_view()),
        pa.array(["a@b.no", None]).dictionary_encode(),
    ],
)
def test_every_kind_of_text_column(values: pa.Array) -> None:
    assert kind(values) == "e-mail"


def test_columns_without_text_or_long_numbers_are_none() -> None:
    assert kind(pa.array([True, None])) is None
    assert kind(pa.array([None, None], pa.float64())) is None
    assert kind(pa.array([None, None], pa.string())) is None
    assert kind(pa.array([float("nan"), 1e300, -5e9, 10.0**7 + 0.5])) is None
    assert kind(pa.array([], pa.string())) is None


def test_names_that_differ_only_in_case_are_two_variables() -> None:
    values = pa.table({"a": ["x"], "A": ["a@b.no"]})
    table = LabelledTable(Path("a.csv"), values, (Variable("a"), Variable("A")))
    assert [finding.variable for finding in recognise(table)] == ["A"]


# Looked at one by one: none of these published files holds a person.
REAL = [
    "epsi_norway_test.sav",
    "greetings_utf8.sav",
    "mrsets_simple_alltypes.sav",
    "sample.zsav",
    "umlauts.sav",
]


@pytest.mark.parametrize("name", REAL)
def test_real_files(sav: Path, name: str) -> None:
    assert recognise(read_labelled(sav / name)) == []


# What is left out, and what is replaced


def test_identifiers_are_replaced() -> None:
    findings = [Finding("mail", "e-mail", 0.95, "")]
    names = {"respondent_id": "id", "account": "org", "score": "q1", "psu": "id", "ssu": "house"}
    columns = {column: [name] for column, name in names.items()}
    assert pseudonymised(columns, []) == ("respondent_id", "account", "psu")
    mail = {"psu": ["mail"], "stratum": ["region"], "score": ["mail"]}
    assert pseudonymised(mail, findings) == ("psu",)
    assert pseudonymised({"rating_id": ["id"]}, []) == ()
    assert pseudonymised({"rating_id": [], "respondent_id": []}, findings) == ()
    second = {"respondent_id": ["id", "old"], "psu": ["house", "old"], "ssu": ["house"]}
    assert pseudonymised(second, []) == ("respondent_id", "psu")


SALT = bytes(range(32))


def test_pseudonyms_are_what_hashlib_gives() -> None:
    values = ["17", "Ås; 'x'", "", None]
    with connect({"t": pa.table({"re id": values})}) as connection:
        rows = connection.sql(f"SELECT {pseudonym_sql('re id', SALT, 'bank-1')} FROM t").fetchall()
    expected = [
        hashlib.sha256(f"{SALT.hex()}:bank-1:{value}".encode()).hexdigest()[:32]
        for value in values[:3]
    ]
    assert [row[0] for row in rows] == [*expected, None]
    assert [pseudonym(str(value), SALT, "bank-1") for value in values[:3]] == expected


def test_pseudonyms_differ_by_source_and_by_salt() -> None:
    assert pseudonym("17", SALT, "a") == pseudonym("17", SALT, "a")
    others = {
        pseudonym("17", SALT, "b"),
        pseudonym("17", SALT[::-1], "a"),
        pseudonym("7", SALT, "a1"),
    }
    assert pseudonym("17", SALT, "a") not in others
    assert len(others) == 3


def test_the_salt_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = salt(tmp_path)
    assert len(first) == 32
    assert salt(tmp_path) == read_salt(tmp_path / "salt") == first
    assert stat.S_IMODE((tmp_path / "salt").stat().st_mode) == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert salt(other) != first


def test_a_salt_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("advocacy.responses.pseudonyms.os.link", full)
        patched.setattr(Path, "replace", full)
        with pytest.raises(DataError, match="no space left on the disk"):
            salt(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(salt(tmp_path)) == 32


def test_an_empty_salt_has_a_remedy_that_works(tmp_path: Path) -> None:
    (tmp_path / "salt").touch()
    with pytest.raises(FileFormatError, match="is empty") as error:
        salt(tmp_path)
    assert "delete the file: the next import makes a new one" in error.value.remedy
    (tmp_path / "salt").unlink()
    assert len(salt(tmp_path)) == 32


@pytest.mark.parametrize("content", [b"", b"abc", b"00" * 31, b"zz" * 32, b"\xff" * 64])
def test_a_damaged_salt_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "salt"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as error:
        salt(tmp_path)
    assert error.value.where == str(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_gives_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        salt(tmp_path / "absent")
    assert "Copy the survey file" in error.value.remedy


# Batches, shapes, and what the schema expects

LATE = [f"person{i}@example.org" for i in range(50)]


def test_later_batches_are_judged_too() -> None:
    variables = (Variable("a"), Variable("b"), Variable("c"))
    recogniser = Recogniser(variables)
    calm, mails = pa.array(["x", "y"] * 25), pa.array(LATE)
    first = recogniser.look(pa.table({"a": mails, "b": calm, "c": calm}))
    later = recogniser.look(pa.table({"a": mails, "b": calm, "c": mails}))
    assert [finding.variable for finding in first] == ["a"]
    assert [finding.variable for finding in later] == ["c"]
    assert [finding.variable for finding in recogniser.findings] == ["a", "c"]


@pytest.mark.parametrize("kind_", [pa.string(), pa.large_string(), pa.string_view()])
@pytest.mark.parametrize("coded", [False, True])
def test_one_address_among_many_texts_is_found(kind_: pa.DataType, coded: bool) -> None:
    values = ["calm"] * 25_001
    values[12_345] = "write to kari@example.org, please"
    column = pa.array(values, kind_)
    if coded and not pa.types.is_string_view(kind_):
        column = column.dictionary_encode()
    finding = found(column, sample=100)
    assert finding is not None
    assert finding.reason == "1 of 25001 values look like e-mail addresses"


def own_numbers(seed: int = 1) -> list[float]:
    draw = random.Random(seed)
    return [float(number) for number in draw.sample(range(100_000, 1_000_000), 200)]


def test_what_the_schema_takes_for_a_number_raises_no_doubt() -> None:
    table = LabelledTable(Path("a.sav"), pa.table({"v": own_numbers()}), (Variable("v"),))
    assert [finding.kind for finding in recognise(table)] == ["number of its own"]
    assert recognise(table, measured={"v"}) == []


def test_a_doubt_is_no_certainty() -> None:
    doubt, sure = found(own_numbers()), found(LATE)
    assert doubt is not None
    assert sure is not None
    assert (doubt.certain, sure.certain) == (False, True)


@pytest.mark.parametrize(
    ("values", "name", "label"),
    [
        ([float(n) for n in range(100_001, 100_301)], "v1", "counts the rows"),
        ([f"R{n:05}" for n in range(300)], "v1", "counts the rows"),
        (own_numbers(), "omsetning", ""),
        (own_numbers(), "v1", "Jahresumsatz in Euro"),
        ([f"Butikk {n * n}" for n in range(100)], "v1", "Name of the store"),
        ([1950.0 + n % 60 for n in range(300)], "fødselsår", "Fødselsår"),
        ([1950.0 + n % 60 for n in range(300)], "v1", "When were you born? Year"),
        (["Ja", "Nein"] * 50, "v1", "Haben Sie eine Kundennummer?"),
        (["a", "b", "c", "d"] * 100, "v1", "Hvorfor ringte du?"),
    ],
)
def test_everyday_values_raise_no_doubt(values: list[Any], name: str, label: str) -> None:
    assert kind(values, name, label) is None


def test_value_labels_speak_against_the_wording() -> None:
    labels = tuple((float(code), f"Area {code}") for code in range(1000, 1050))
    values = pa.table({"postnr": [float(1000 + i % 50) for i in range(300)]})
    table = LabelledTable(Path("a.sav"), values, (Variable("postnr", "", labels),))
    assert recognise(table) == []
    assert kind([float(1000 + i % 50) for i in range(300)], "postnr") == "postcode"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Published examples: Wikipedia on IBAN, Luhn, Steuer-ID, IMEI.
        (["GB82 WEST 1234 5698 7654 32", "NO93 8601 1117 947"], "IBAN"),
        (["4111 1111 1111 1111", "5500005555555559", "340000000000009"], "card number"),
        (["86095742719", "47036892816", "65929970489"], "German tax number"),
        (["078-05-1121", "219-09-9998"], "insurance number"),
        (["AB 12 34 56 C", "CE123456D"], "insurance number"),
        # A digit changed, or a number of an organisation: Equinor, Volvo, Novo Nordisk.
        (["GB83WEST12345698765432"], None),
        (["4111 1111 1111 1112"], None),
        (["86095742718"], None),
        (["923609016", "556012-5790", "24256790"], None),
    ],
)
def test_numbers_are_checked(values: list[str], expected: str | None) -> None:
    assert kind(values) == expected


def test_coordination_numbers_are_swedish_persons() -> None:
    assert kind(["701063-2391"]) == "Swedish identity number"


def test_danish_numbers_without_hyphen_by_their_dates() -> None:
    draw = random.Random(3)
    days = [(d, m, y) for d in range(1, 29, 3) for m in (1, 6, 12) for y in (51, 70, 88)]
    numbers = [f"{d:02}{m:02}{y:02}{draw.randrange(4000):04}" for d, m, y in days]
    assert kind(numbers) == "Danish identity number"
    assert kind([float(number) for number in numbers]) == "Danish identity number"


@pytest.mark.parametrize(
    "name",
    ["KdNr", "Kd.-Nr.", "KUNDENUMMER", "kunde_nr", "KundeNr2", "kundnr", "Kunden-ID", "ordernr"],
)
def test_a_name_is_read_however_it_is_written(name: str) -> None:
    assert kind(own_numbers(), name) == "customer number"


@pytest.mark.parametrize(
    "name", ["fødselsdato", "fodselsdato", "foedselsdato", "FödelseDatum", "GebDat", "Geb.dat."]
)
def test_letters_that_english_lacks_may_be_written_either_way(name: str) -> None:
    assert kind(["01.02.1980", "13.11.1955"], name) == "birth date"
