"""Numbers that name a person, checked by the libraries that know each country's rules.

The libraries are imported when a value first has the right form: most files have none.
"""

from __future__ import annotations

import re
from datetime import date

from advocacy.responses.privacy.contents import is_ip
from advocacy.responses.privacy.dates import is_date

_NORWEGIAN = re.compile(r"[0-9]{5,6}[ -]?[0-9]{5}")
_SWEDISH = re.compile(r"[0-9]{5,8}[ +-]?[0-9]{4}")
_DANISH = re.compile(r"[0-9]{5,6}[ -]?[0-9]{4}")
_GERMAN_TAX = re.compile(r"[1-9][0-9][ /-]?[0-9]{3}[ /-]?[0-9]{3}[ /-]?[0-9]{3}")
_GERMAN_PENSION = re.compile(
    r"[0-9]{2} ?(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])[0-9]{2} ?[A-Z] ?[0-9]{3}"
)
_GERMAN_HEALTH = re.compile(r"[A-Z][0-9]{9}")
_AMERICAN = re.compile(r"[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}")
_BRITISH = re.compile(
    r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?([0-9]{2} ?){3}[A-D]", re.I
)
_FINNISH = re.compile(r"[0-9]{6}[-+ABCDEFYXWVU][0-9]{3}[0-9A-Y]", re.I)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[ A-Z0-9]{11,36}", re.I)
_CARD = re.compile(r"[2-6][0-9]{3}([ -]?[0-9]{4}){3}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}")
_IMEI = re.compile(r"[0-9]{2}-?[0-9]{6}-?[0-9]{6}-?[0-9]")
_PHONE = re.compile(r"[(+]?[0-9][0-9 ()./-]{5,24}")
_GROUPED = re.compile(
    r"[(]?0[1-9].*[ /)-]|[(]?[0-9]{2,4}[)]?[ .-][0-9]{2,4}[ .-]|[0-9]{3} [0-9]{5}"
)
_COUNTRIES = ("NO", "SE", "DK", "DE", "GB", "US")


def is_norwegian(text: str) -> bool:
    """Tell whether a value is a fødselsnummer or D-number, by birth date and check digits.

    Day + 40: D-number; month + 40: hospitals' H-number; month + 65 or + 80: test persons.
    """
    if not _NORWEGIAN.fullmatch(text):
        return False
    from stdnum.no import fodselsnummer

    digits = _digits(text).zfill(11)
    day, month = int(digits[:2]), int(digits[2:4])
    day -= 40 if day > 40 else 0
    month -= next((more for more in (80, 65, 40) if month > more), 0)
    return (
        _is_day(day, month)
        and digits[9] == fodselsnummer.calc_check_digit1(digits)
        and digits[10] == fodselsnummer.calc_check_digit2(digits)
    )


def is_swedish(text: str) -> bool:
    """Tell whether a value is a personnummer, by birth date and Luhn's check digit.

    Folkbokföringslag 1991:481, 18 §. Day + 60: samordningsnummer. An organisation's number has
    a month of 20 or more: it is no person's.
    """
    if not _SWEDISH.fullmatch(text):
        return False
    from stdnum import luhn

    digits = _digits(text).zfill(10)
    if len(digits) not in (10, 12) or (len(digits) == 12 and digits[:2] not in ("18", "19", "20")):
        return False
    digits = digits[-10:]
    day = int(digits[4:6])
    return _is_day(day - 60 if day > 60 else day, int(digits[2:4])) and luhn.is_valid(digits)


def is_danish(text: str) -> bool:
    """Tell whether a value is a CPR number, by birth date, and check digit or hyphen.

    Since 2007 the check digit may not hold.
    """
    from stdnum.dk import cpr

    if not is_danish_by_date(text):
        return False
    return "-" in text or cpr.checksum(_digits(text).zfill(10)) == 0


def is_danish_by_date(text: str) -> bool:
    """Tell whether a value may be a CPR number: it begins with a date, and is no moment."""
    if not _DANISH.fullmatch(text):
        return False
    from stdnum.dk import cpr

    digits = _digits(text).zfill(10)
    return cpr.is_valid(digits) and not _is_moment(digits)


def _is_moment(digits: str) -> bool:
    """Tell whether ten digits can be year, month, day, hour and minute."""
    year, month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    return 15 <= year <= 35 and _is_day(day, month) and hour < 24 and minute < 60


def is_german_tax(text: str) -> bool:
    """Tell whether a value is a Steuer-Identifikationsnummer, by its check digit."""
    if not _GERMAN_TAX.fullmatch(text):
        return False
    from stdnum.de import idnr

    return idnr.is_valid(_digits(text))


def is_insurance(text: str) -> bool:
    """Tell whether a value is a number of social insurance: DE, GB, US or FI."""
    if _AMERICAN.fullmatch(text):
        from stdnum.us import ssn

        return ssn.is_valid(text.replace(" ", "-"))
    if _FINNISH.fullmatch(text):
        from stdnum.fi import hetu

        return hetu.is_valid(text)
    return any(p.fullmatch(text) for p in (_BRITISH, _GERMAN_PENSION, _GERMAN_HEALTH))


def is_iban(text: str) -> bool:
    """Tell whether a value is an IBAN, by its country's length and check digits."""
    if not _IBAN.fullmatch(text):
        return False
    from stdnum import iban

    return iban.is_valid(text)


def is_card(text: str) -> bool:
    """Tell whether a value is a payment card's number, by issuer and Luhn's check digit."""
    if not _CARD.fullmatch(text):
        return False
    from stdnum import luhn

    return luhn.is_valid(_digits(text))


def is_imei(text: str) -> bool:
    """Tell whether a value is a phone's IMEI, by its check digit."""
    if not _IMEI.fullmatch(text):
        return False
    from stdnum import imei

    return imei.is_valid(text)


def is_phone(text: str) -> bool:
    """Tell whether a value is written as a phone number, and is one.

    Eight digits in a row may as well be a customer's number: it takes a country code that
    exists, or groups that make a valid number in a country of these languages.
    """
    if not can_be_phone(text):
        return False
    if text.startswith("+"):
        return _is_phone(text, None)
    return bool(_GROUPED.match(text)) and any(_is_phone(text, country) for country in _COUNTRIES)


def can_be_phone(text: str) -> bool:
    """Tell whether a value has the letters and the length of a phone number (ITU-T E.164)."""
    return bool(_PHONE.fullmatch(text)) and 7 <= len(_digits(text)) <= 15 and not _is_other(text)


def _is_other(text: str) -> bool:
    """Tell whether a value is a date or an IP address: they have groups as phone numbers do."""
    return not text.isdecimal() and (is_date(text) or is_ip(text))


def _is_phone(number: str, country: str | None) -> bool:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return False
    if country is None:
        return bool(phonenumbers.is_possible_number(parsed))
    return bool(phonenumbers.is_valid_number(parsed))


def _is_day(day: int, month: int) -> bool:
    """Tell whether there is such a day in a leap year."""
    try:
        date(2000, month, day)
    except ValueError:
        return False
    return True


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
