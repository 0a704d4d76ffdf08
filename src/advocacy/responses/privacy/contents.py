"""What a single value looks like: addresses, dates, ids and sentences, by their form.

Each function takes a value as text, without outer blanks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Also for Arrow, whose expressions are RE2's: no look-around.
ADDRESS = r"[\w.+'-]+@[\w-]+(\.[\w-]+)*\.\p{L}{2,}"

_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_ADDRESS = re.compile(ADDRESS.replace(r"\p{L}", r"[^\W\d_]"))
_IP = re.compile(
    rf"({_OCTET}[.]){{3}}{_OCTET}(:[0-9]+)?|([0-9a-f]{{0,4}}:){{3,7}}[0-9a-f]{{0,4}}", re.I
)
_MAC = re.compile(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|([0-9a-f]{4}[.]){2}[0-9a-f]{4}", re.I)
_UUID = re.compile(r"\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.I)
# Made by a machine: hexadecimal digits, Google Analytics' client id, or letters and digits mixed.
_HEX = re.compile(r"(?=.*[0-9])[0-9a-f]{16,128}", re.I)
_COOKIE = re.compile(
    r"GA[0-9][.][0-9][.][0-9]+[.][0-9]+|fb[.][0-9][.][0-9]+[.][0-9]+|[0-9]{6,}[.][0-9]{9,}"
)
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_+/=-]{18,}")
_LINK = re.compile(
    r"(https?://|www[.])\S+|[\w-]+([.][\w-]+)*[.](com|net|org|no|se|dk|de)/\S+", re.I
)
_RECORDING = re.compile(
    r".*[.](mp3|wav|mp4|m4a|m4v|ogg|oga|opus|webm|aac|flac|wma|amr|3gp|mov|avi|gsm|"
    r"jpe?g|png|heic|gif|pdf)([?#].*)?",
    re.I,
)
_HANDLE = re.compile(r"@[\w.-]{2,30}")
# Ticket AB 12345, ABC 123, ABC 12D, AB 12 345, M-AB 1234, AB12 CDE.
_PLATE = re.compile(
    r"[A-Z]{2}[ -]?[0-9]{5}|[A-Z]{3}[ -]?[0-9]{2}[0-9A-Z]|[A-Z]{2}[ -]?[0-9]{2}[ .]?[0-9]{3}|"
    r"[A-ZÄÖÜ]{1,3}[ :-][ ]?[A-Z]{1,2}[ -]?[0-9]{1,4}[EH]?|[A-Z]{2}[0-9]{2} ?[A-Z]{3}"
)
_STREET = re.compile(
    r"(?=.*[0-9])(.*(\w(vei(en)?|veg(en)?|gat[ae]n?|gt[.]?|vägen|väg|vejen|vej|gade|stra(ß|ss)e|"
    r"str[.]|weg|allee|allé|alle|platz|plass|stien|gränd|torg(et)?|ring|damm|ufer)|"
    r"\b(vei|veg|gate|gata|gt|väg|vej|gade|straße|strasse|str|weg|allee|allé|platz|plass|"
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|crescent|terrace|boulevard|blvd|"
    r"way|square)\b[.,]?)\s*[0-9]*.*)",
    re.I,
)
_HOUSE = re.compile(r"[\w.' -]+\s[0-9]{1,4}\s?[a-z]?\b.*|[0-9]{1,5}[a-z]?,?\s+[\w.' -]+.*", re.I)
_POSITION = re.compile(
    r"[(]?(POINT ?[(])?[NS]?-?[0-9]{1,3}[.][0-9]{3,}°? ?[NS]?[,; ]+[EW]?-?[0-9]{1,3}[.][0-9]{3,}.*"
    r"|[0-9]{1,2}°.*[NS].*",
    re.I,
)
_DEGREES = re.compile(r"-?[0-9]{1,3}[.,][0-9]{2,}(e-?[0-9]+)?")
_DISTRICT = re.compile(
    r"(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[0-9]{4} ?[A-Z]{2}|[0-9]{3} [0-9]{2}|"
    r"(S|SE|D|DE|N|NO|DK)-[0-9]{3} ?[0-9]{1,2})"
)
_POSTCODE = re.compile(
    rf"{_DISTRICT.pattern}|[0-9]{{3,5}}|[0-9]{{5}}-[0-9]{{4}}|[0-9]{{4,5}} [^\W\d_].*"
)
_DOCUMENT = re.compile(r"(?=(.*[0-9]){4})[A-Z0-9 -]{6,16}", re.I)
_NUMBERED = re.compile(r"(?=(.*[0-9]){3})[\w./#: -]{3,40}")
_BANK = re.compile(
    r"(?=(.*[0-9]){5})([0-9][0-9 .,-]{4,30}|[A-Z]{2}[0-9]{2}[ A-Z0-9]{11,36})"  # or as an IBAN
)
# Two to five words of letters, the first with a capital; "Nordmann, Ola" too.
_LETTER = r"[^\W\d_]"
_NAME = re.compile(rf"{_LETTER}(?:{_LETTER}|['’.-])*(?:,? (?:{_LETTER}|['’.-])+){{1,4}}")
_COMPANY = re.compile(
    r"\b(asa?|ab|a/s|aps|ans|da|nuf|hb|kb|oyj?|ltd|limited|plc|llc|inc|corp|gmbh|ag|bv|kg|se|"
    r"group|gruppen|holding|konsern|verein|e[.]?v)[.]?$",
    re.I,
)


def _full(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


is_ip, is_handle, is_recording = _full(_IP), _full(_HANDLE), _full(_RECORDING)
is_link, is_plate, is_document = _full(_LINK), _full(_PLATE), _full(_DOCUMENT)
is_district, is_bank_account = _full(_DISTRICT), _full(_BANK)
is_numbered, is_position = _full(_NUMBERED), _full(_POSITION)


def has_address(text: str) -> bool:
    """Tell whether an e-mail address stands anywhere in a text."""
    return "@" in text and _ADDRESS.search(text) is not None


def without_addresses(text: str) -> str:
    """Return a text with each e-mail address in it named and not shown."""
    return _ADDRESS.sub("(an e-mail address)", text) if "@" in text else text


def is_ip_number(text: str) -> bool:
    """Tell whether a value is an IP address as it is, or an IPv4 address as a number."""
    return is_ip(text) or (text.isdecimal() and 2**24 <= int(text) < 2**32)


def is_device(text: str) -> bool:
    """Tell whether a value was made by a machine for a machine: UUID, MAC, cookie, hash."""
    return any(pattern.fullmatch(text) for pattern in (_UUID, _MAC, _HEX, _COOKIE, _TOKEN))


def is_identifier(text: str) -> bool:
    """Tell whether a value can be an identifier: a word of a machine, or one with digits."""
    return " " not in text and len(text) >= 6 and any(c.isdigit() for c in text)


def is_postcode(text: str) -> bool:
    """Tell whether a value can be a postcode, which a number may have lost a zero of."""
    return _POSTCODE.fullmatch(text.upper()) is not None


def is_street(text: str) -> bool:
    """Tell whether a value names a street and a house."""
    return len(text) <= 80 and _STREET.fullmatch(text) is not None and bool(_HOUSE.fullmatch(text))


def is_degrees(text: str) -> bool:
    """Tell whether a value can be a latitude or a longitude."""
    return _DEGREES.fullmatch(text) is not None and abs(float(text.replace(",", "."))) <= 180


def is_name(text: str) -> bool:
    """Tell whether a value is written as names are: words with a capital, and no company's."""
    return text[0].isupper() and _NAME.fullmatch(text) is not None and not is_company(text)


def is_sentence(text: str) -> bool:
    """Tell whether a value is a sentence: long, or of many words."""
    return len(text) >= 40 or len(text.split()) >= 6


def is_company(text: str) -> bool:
    """Tell whether a text ends as names of companies do."""
    return _COMPANY.search(text) is not None


def is_place(text: str) -> bool:
    """Tell whether a value can be an address: several words or a number in it, and letters."""
    return any(c.isalpha() for c in text) and any(c.isdigit() or c == " " for c in text)


def is_file(text: str) -> bool:
    """Tell whether a value can be the name, place or number of a file."""
    return any(c.isdigit() or c in "._/\\" for c in text)
