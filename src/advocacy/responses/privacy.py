"""Privacy at the door: variables that identify persons are recognised, by content and wording.

Nothing here returns, writes or prints a value of a variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.sql import connect, identifier, literal

# Rows that a variable is recognised by, spread evenly over the file.
SAMPLE = 10_000
# Below this a finding is not worth a question.
_LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Finding:
    """A variable that seems to identify persons.

    Parameters
    ----------
    variable
        Its name in the file.
    kind
        What it seems to hold: a key of `KINDS`.
    confidence
        How sure, from 0.5 to 1: a judgement, no probability.
    reason
        Why, in words; never a value.
    """

    variable: str
    kind: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Kind:
    """A kind of personal data and how it is recognised.

    Parameters
    ----------
    called
        What a value of it is called, in the plural.
    wording
        Regular expression, found in the name or label of its variables: lower case, words
        apart. English, Norwegian, Swedish and Danish.
    matches
        SQL condition on the text ``value`` and its ``digits``; in ``ten`` and ``eleven`` a
        number has the zero back that it began with.
    enough
        Share of the values, from 0 to 1, that must match for the content to tell.
    confidence
        How sure the content alone makes; 0 where it takes the wording as well.
    numeric
        Numbers can be of this kind.
    wording_decides
        The wording alone is enough for a text variable.
    not_wording
        Regular expression of what the name and label of its variables do not say.
    differing
        Different values, at least, that must match, and half as many as values in all:
        names and sentences are each person's own, labels are shared. 0 where it does not matter.
    """

    called: str
    wording: str
    matches: str
    enough: float
    confidence: float
    numeric: bool = False
    wording_decides: bool = False
    not_wording: str = ""
    differing: int = 0


def _matches(pattern: str, on: str = "value") -> str:
    return f"regexp_full_match({on}, {literal(pattern)})"


def _digit(digits: str, place: int) -> str:
    return f"TRY_CAST(substr({digits}, {place}, 1) AS INTEGER)"


def _divisible_by_11(digits: str, weights: str) -> str:
    """Return that the weighted sum of ``digits`` leaves no remainder; a weight is a digit."""
    terms = [f"{weight} * {_digit(digits, place)}" for place, weight in enumerate(weights, 1)]
    return f"(({' + '.join(terms)}) % 11 = 0)"


def _luhn() -> str:
    """Return that the last ten digits of ``ten`` satisfy Luhn's formula (ISO/IEC 7812-1)."""
    # Weighted by 2, 1, 2, ...; of a product with two digits these are added up.
    products = [f"{2 - place % 2} * {_digit('ten', place - 10)}" for place in range(10)]
    terms = [f"({product}) // 10 + ({product}) % 10" for product in products]
    return f"(({' + '.join(terms)}) % 10 = 0)"


def _norwegian() -> str:
    """Fødselsnummer and D-number: birth date and two check digits.

    Day + 40: D-number; month + 40: hospitals' H-number; month + 65 or + 80: test persons.
    """
    day = "([04][1-9]|[1256][0-9]|[37][01])"
    month = "(0[1-9]|1[0-2]|4[1-9]|5[0-2]|6[6-9]|7[0-7]|8[1-9]|9[0-2])"
    return _checked(
        _matches("[0-9]{5,6}[ -]?[0-9]{5}"),
        _matches(f"{day}{month}[0-9]{{7}}", "eleven"),
        _divisible_by_11("eleven", "37618945210"),
        _divisible_by_11("eleven", "54327654321"),
    )


def _checked(*conditions: str) -> str:
    """Return that all conditions hold; each is tried only where those before it do."""
    first, *others = conditions
    return f"CASE WHEN {first} THEN {_checked(*others)} ELSE FALSE END" if others else first


def _swedish() -> str:
    """Personnummer: birth date, serial number, Luhn check (folkbokföringslag 1991:481, 18 §).

    Day + 60: coordination number.
    """
    month, day = "(0[1-9]|1[0-2])", "(0[1-9]|[1278][0-9]|3[01]|6[1-9]|9[01])"
    return _checked(
        _matches("[0-9]{5,8}[ +-]?[0-9]{4}"),
        _matches(f"(18|19|20)?[0-9]{{2}}{month}{day}[0-9]{{4}}", "ten"),
        _luhn(),
    )


def _danish() -> str:
    """CPR number: birth date, serial number, check digit.

    Since 2007 the check digit may not hold; then the hyphen must be there.
    """
    day, month = "(0[1-9]|[12][0-9]|3[01])", "(0[1-9]|1[0-2])"
    return _checked(
        _matches("[0-9]{5,6}[ -]?[0-9]{4}"),
        _matches(f"{day}{month}[0-9]{{6}}", "ten"),
        f"({_divisible_by_11('ten', '4327654321')} OR {_matches('[0-9]{6}-[0-9]{4}')})",
    )


_IDENTITY_WORDING = (
    r"\b(fødsels?(nummer|nr)|fodsels?(nummer|nr)|fnr|person(nummer|nr)|pnr|cpr( ?(nummer|nr))?|"
    r"d ?nummer|samordningsnummer|national id(entity)?( number)?|social security( number)?|ssn)\b"
)
_PHONE_WORDING = r"\b(telefon\w*|mobil\w*|phones?|telephones?|cell|tlf)\b"
_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IPV4 = f"({_OCTET}[.]){{3}}{_OCTET}"
_IPV6 = "(?i)([0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}"
# Two to five words that begin with a capital; RE2, which DuckDB uses, knows letters by class.
_LIKE_A_NAME = r"\p{Lu}[\p{L}'’.-]*( [\p{L}'’.-]+){1,4}"
_LIKE_A_COMPANY = (
    r"(?i).*\b(asa?|ab|a/s|aps|ans|da|nuf|hb|kb|oyj?|ltd|limited|plc|llc|inc|corp|gmbh|ag|bv|"
    r"group|gruppen|holding)[.]?"
)

# The most telling first: of two that fit equally well, the first is taken.
KINDS: dict[str, Kind] = {
    "e-mail": Kind(
        called="e-mail addresses",
        wording=r"\be ?mails?\b|\be ?post\w*\b|\bmail ?(adresse|adress|address)\b",
        matches=_matches(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}"),
        enough=0.05,
        confidence=0.95,
    ),
    "Norwegian identity number": Kind(
        called="Norwegian identity numbers",
        wording=_IDENTITY_WORDING,
        matches=_norwegian(),
        enough=0.6,
        confidence=0.95,
        numeric=True,
    ),
    "Swedish identity number": Kind(
        called="Swedish identity numbers",
        wording=_IDENTITY_WORDING,
        matches=_swedish(),
        enough=0.6,
        confidence=0.9,
        numeric=True,
    ),
    "Danish identity number": Kind(
        called="Danish identity numbers",
        wording=_IDENTITY_WORDING,
        matches=_danish(),
        enough=0.6,
        confidence=0.85,
        numeric=True,
    ),
    "IP address": Kind(
        called="IP addresses",
        wording=r"\bip( ?(adresse|adress|address|adr))?\b",
        matches=f"({_matches(_IPV4)} OR {_matches(_IPV6)})",
        enough=0.2,
        confidence=0.9,
    ),
    "phone": Kind(
        called="phone numbers with a country code",
        wording=_PHONE_WORDING,
        matches=f"{_matches('[+][0-9][0-9 ()./-]*')} AND length(digits) BETWEEN 8 AND 15",
        enough=0.2,
        confidence=0.85,
    ),
    "phone without country code": Kind(
        called="phone numbers",
        wording=_PHONE_WORDING,
        matches=f"{_matches('[(]?[0-9][0-9 ()./-]*')} AND length(digits) BETWEEN 7 AND 15",
        enough=0.5,
        confidence=0.0,  # a customer number looks the same
        numeric=True,
    ),
    "name": Kind(
        called="names of persons",
        wording=(
            r"\b(first|last|family|given|full|sur|respondent|contact|recipient) ?names?\b|"
            r"\b(for|etter|mellom|fullt|hele) ?navn(et)?\b|\b(efter|fullständigt) ?namn(et)?\b|"
            r"\b(förnamn|efternavn|kontakt ?person(en)?|contact ?person)\b|"
            r"^((ditt?|your) )?(name|navn|namn)$"
        ),
        not_wording=(
            r"\b(compan(y|ies)|organi[sz]ations?|firma\w*|bedrift\w*|företag\w*|virksomhe\w*|"
            r"suppliers?|leverandør\w*|leverantör\w*|brands?|products?|produkt\w*)\b"
        ),
        matches=f"{_matches(_LIKE_A_NAME)} AND NOT {_matches(_LIKE_A_COMPANY)}",
        enough=0.8,
        confidence=0.55,
        wording_decides=True,
        differing=5,
    ),
    "free text": Kind(
        called="sentences",
        wording=(
            r"\b(comments?|kommentar(er|en)?|verbatims?|free ?text|fri ?te(ks|x)t|open ended|"
            r"utdyp\w*|uddyb\w*|utveckla|begrunn\w*|begrund\w*|motivera|hvorfor|varför|"
            r"in your own words|med egne ord|med egna ord)\b"
        ),
        matches=r"(length(value) >= 40 OR len(string_split_regex(value, '\s+')) >= 6)",
        enough=0.3,
        confidence=0.8,
        wording_decides=True,
        differing=1,
    ),
}


def recognise(table: LabelledTable, sample: int = SAMPLE) -> list[Finding]:
    """Return the variables that seem to identify persons, in the file's order.

    Parameters
    ----------
    table
        The file, or the first rows of it.
    sample
        Rows that are looked at, spread evenly over ``table``.

    Notes
    -----
    By content: the share of the values of a variable that have the form of an e-mail
    address, a phone number, and so on; identity numbers by date and check digits too. By
    wording: name and label in English, Norwegian, Swedish and Danish. It can miss, and it
    can be wrong: a person confirms.
    """
    values = table.values
    if values.num_rows > sample:
        step = [i * values.num_rows // sample for i in range(sample)]
        values = values.take(pa.array(step, pa.int64()))
    # By number: names that differ only in case would be one name to the database.
    numbered = values.rename_columns([f"v{i}" for i in range(values.num_columns)])
    with connect({"sampled": numbered}) as connection:
        found = [
            _found(connection, variable, numbered.field(i).name, numbered.column(i))
            for i, variable in enumerate(table.variables)
        ]
    return [finding for finding in found if finding]


def _found(
    connection: duckdb.DuckDBPyConnection, variable: Variable, column: str, values: pa.ChunkedArray
) -> Finding | None:
    """Return what a variable seems to hold, ``None`` where it seems to identify nobody."""
    numeric = _is_number(values.type)
    if not (_is_text(values.type) or (numeric and _has_long_numbers(values))):
        return None
    kinds = {name: kind for name, kind in KINDS.items() if kind.numeric or not numeric}
    filled, shares = _shares(connection, column, numeric, kinds)
    if not filled:
        return None
    judged = [_judged(variable, name, filled, shares[name], numeric) for name in kinds]
    best = max(judged, key=lambda finding: finding.confidence)
    return best if best.confidence >= _LEAST_CONFIDENCE else None


def _judged(variable: Variable, name: str, filled: int, share: float, numeric: bool) -> Finding:
    """Weigh content and wording of one kind; the confidence is 0 where neither tells."""
    kind = KINDS[name]
    named = _says(variable, kind)
    reasons = [f"{share:.0%} of {filled} values look like {kind.called}"] if share else []
    if named:
        reasons.append("the name or label says so")
    if share >= kind.enough:
        confidence = 0.99 if named else kind.confidence
    elif named and share >= 0.5:
        confidence = 0.9
    elif named and kind.wording_decides and not numeric:
        confidence = 0.7
    else:
        confidence = 0.0
    called = name.removesuffix(" without country code")
    return Finding(variable.name, called, confidence, "; ".join(reasons))


def _shares(
    connection: duckdb.DuckDBPyConnection, column: str, numeric: bool, kinds: Mapping[str, Kind]
) -> tuple[int, dict[str, float]]:
    """Return how many values there are, and the share of each kind; each value is tried once."""
    flags = [identifier(name) for name in kinds]
    # Materialized: a condition is worked out once, not in each sum that it stands in.
    tried = ", ".join(f"{k.matches} AS {f}" for k, f in zip(kinds.values(), flags, strict=True))
    counts = ", ".join(f"sum(times) FILTER ({f}), count(*) FILTER ({f})" for f in flags)
    zero = "'0'" if numeric else "''"
    row = connection.execute(
        f"WITH tried AS MATERIALIZED (SELECT times, {tried} FROM (SELECT *, "
        f"CASE length(digits) WHEN 9 THEN {zero} || digits ELSE digits END AS ten, "
        f"CASE length(digits) WHEN 10 THEN {zero} || digits ELSE digits END AS eleven "
        "FROM (SELECT *, regexp_replace(value, '[^0-9]', '', 'g') AS digits "
        f"FROM (SELECT {_as_text(column, numeric)} AS value, count(*) AS times FROM sampled "
        f"GROUP BY ALL HAVING value IS NOT NULL)))) SELECT sum(times), {counts} FROM tried"
    ).fetchall()[0]
    filled, *numbers = (int(number or 0) for number in row)
    counted = zip(kinds.items(), numbers[::2], numbers[1::2], strict=True)
    return filled, {
        name: matching / filled if filled and _differs(kind, matching, different) else 0.0
        for (name, kind), matching, different in counted
    }


def _differs(kind: Kind, matching: int, different: int) -> bool:
    """Tell whether the values that match are each person's own, where that matters."""
    return different >= kind.differing and (not kind.differing or 2 * different >= matching)


def _as_text(column: str, numeric: bool) -> str:
    """Return a value as text: a whole number without a point, a text without outer blanks."""
    if numeric:
        whole = f"{column} BETWEEN 1 AND 1e15 AND {column} = floor({column})"
        return f"CASE WHEN {whole} THEN TRY_CAST({column} AS BIGINT)::VARCHAR END"
    return f"NULLIF(trim({column}::VARCHAR), '')"


def _says(variable: Variable, kind: Kind) -> bool:
    """Tell whether name or label have the wording of a kind."""
    for text in (variable.name, variable.label):
        apart = re.sub(r"(?<=[a-zæøåäö])(?=[A-ZÆØÅÄÖ])", " ", text)  # RecipientEmail
        words = " ".join(re.sub(r"[^\w]+|_", " ", apart).lower().split())
        other = kind.not_wording and re.search(kind.not_wording, words)
        if re.search(kind.wording, words) and not other:
            return True
    return False


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _has_long_numbers(column: pa.ChunkedArray) -> bool:
    """Tell whether a number has the seven digits of the shortest that could identify."""
    largest = pc.max(column).as_py()
    return largest is not None and largest >= 1_000_000
