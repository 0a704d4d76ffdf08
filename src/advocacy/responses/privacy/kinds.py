"""Kinds of personal data, and how each is recognised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advocacy.responses.privacy.contents import (
    has_address,
    is_bank_account,
    is_degrees,
    is_device,
    is_district,
    is_document,
    is_file,
    is_handle,
    is_identifier,
    is_ip,
    is_ip_number,
    is_link,
    is_name,
    is_numbered,
    is_place,
    is_plate,
    is_position,
    is_postcode,
    is_recording,
    is_sentence,
    is_street,
)
from advocacy.responses.privacy.dates import is_date
from advocacy.responses.privacy.numbers import (
    can_be_phone,
    is_card,
    is_danish,
    is_danish_by_date,
    is_german_tax,
    is_iban,
    is_imei,
    is_insurance,
    is_norwegian,
    is_phone,
    is_swedish,
)
from advocacy.responses.privacy.people import is_known_name

Test = Callable[[str], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of personal data and how it is recognised.

    Parameters
    ----------
    called
        What a value of it is called, in the plural.
    proves
        Test of a value that tells by itself; ``None`` where it takes the wording as well.
    fits
        Test of what a value may be where name or label have the wording (`wordings.toml`);
        ``None`` where the wording tells nothing.
    enough
        Share of the values, from 0 to 1, that must pass ``proves``.
    confidence
        How sure the content alone makes.
    named
        How sure the wording makes where at least half of the values fit.
    forms
        What values may be: texts, numbers (in texts too), or dates.
    differing
        Different values, at least, that must pass ``proves``.
    serial
        Last letters that do not make them different.
    own
        They must be half as many as the rows, or 40: names and sentences are each person's own,
        labels are shared.
    repeated
        Texts that stand so often on average are answers to choose from, whatever the wording; 0
        where only yes and no are.
    wording
        Its table in `wordings.toml`; its own name where empty.
    kept_as
        The kind that it is said to be, where several entries recognise one.
    unless
        Table in `wordings.toml` of what is written alike: under its words content alone does
        not tell.
    """

    called: str
    proves: Test | None = None
    fits: Test | None = None
    enough: float = 0.6
    confidence: float = 0.9
    named: float = 0.9
    forms: frozenset[str] = frozenset({"text"})
    differing: int = 1
    serial: int = 0
    own: bool = False
    repeated: int = 0
    wording: str = ""
    kept_as: str = ""
    unless: str = ""


_NUMBERS = frozenset({"text", "number"})


def _any(text: str) -> bool:
    return True


# The most telling first: of two that fit equally well, the first is taken.
KINDS: dict[str, Kind] = {
    "e-mail": Kind(
        "e-mail addresses", proves=has_address, fits=has_address, enough=0.0, confidence=0.95
    ),
    "IBAN": Kind("IBANs", proves=is_iban, fits=is_bank_account, enough=0.2, confidence=0.98),
    "card number": Kind(
        "numbers of payment cards",
        proves=is_card,
        fits=is_bank_account,
        confidence=0.95,
        forms=_NUMBERS,
    ),
    "Norwegian identity number": Kind(
        "Norwegian identity numbers",
        proves=is_norwegian,
        wording="identity",
        confidence=0.95,
        forms=_NUMBERS,
    ),
    "Swedish identity number": Kind(
        "Swedish identity numbers",
        proves=is_swedish,
        wording="identity",
        confidence=0.9,
        forms=_NUMBERS,
    ),
    "Danish identity number": Kind(
        "Danish identity numbers",
        proves=is_danish,
        wording="identity",
        confidence=0.85,
        forms=_NUMBERS,
    ),
    "German tax number": Kind(
        "German tax identification numbers",
        proves=is_german_tax,
        confidence=0.9,
        forms=_NUMBERS,
        wording="identity",
    ),
    "insurance number": Kind(
        "numbers of social insurance", proves=is_insurance, wording="identity", forms=_NUMBERS
    ),
    "identity number": Kind(
        "identity numbers", fits=is_document, wording="identity", forms=_NUMBERS
    ),
    # Without hyphen and check digit it takes many dates.
    "Danish identity number without hyphen": Kind(
        "Danish identity numbers",
        proves=is_danish_by_date,
        enough=0.8,
        confidence=0.8,
        forms=_NUMBERS,
        differing=5,
        serial=4,
        wording="identity",
        kept_as="Danish identity number",
    ),
    "device": Kind(
        "ids of a device or browser",
        proves=is_imei,
        fits=is_identifier,
        confidence=0.85,
        forms=_NUMBERS,
        differing=5,
    ),
    "machine's id": Kind(
        "ids of a device, browser or visit",
        proves=is_device,
        confidence=0.75,
        forms=_NUMBERS,
        differing=5,
        own=True,
        wording="device",
        kept_as="device",
        unless="product",
    ),
    "IP address": Kind("IP addresses", proves=is_ip, fits=is_ip_number, enough=0.5, forms=_NUMBERS),
    "phone": Kind(
        "phone numbers",
        proves=is_phone,
        fits=can_be_phone,
        enough=0.3,
        confidence=0.85,
        forms=_NUMBERS,
        unless="product",
    ),
    "recording": Kind(
        "files of recordings or pictures", proves=is_recording, fits=is_file, differing=5
    ),
    "link": Kind("links", proves=is_link, fits=is_link, confidence=0.8, differing=5, own=True),
    "position": Kind(
        "positions on a map",
        proves=is_position,
        fits=is_degrees,
        forms=_NUMBERS,
        differing=5,
    ),
    "birth date": Kind("dates of birth", fits=is_date, forms=frozenset({"text", "number", "date"})),
    "licence plate": Kind(
        "licence plates",
        proves=is_plate,
        fits=is_document,
        enough=0.8,
        confidence=0.75,
        differing=5,
        own=True,
        unless="product",
    ),
    "postcode": Kind(
        "postcodes",
        proves=is_district,
        fits=is_postcode,
        enough=0.8,
        confidence=0.75,
        forms=_NUMBERS,
        differing=5,
        unless="product",
    ),
    "address": Kind(
        "street addresses", proves=is_street, fits=is_place, confidence=0.85, named=0.7, differing=5
    ),
    "bank account": Kind("bank accounts", fits=is_bank_account, forms=_NUMBERS),
    "passport or identity card": Kind(
        "numbers of passports or cards", fits=is_document, forms=_NUMBERS
    ),
    "customer number": Kind(
        "numbers of customers, contracts or orders", fits=is_numbered, forms=_NUMBERS
    ),
    "user name": Kind(
        "user names", proves=is_handle, fits=_any, enough=0.5, named=0.7, differing=5
    ),
    # Of rare names the lists have none: a third that is known tells of the others.
    "known name": Kind(
        "names of persons",
        proves=is_known_name,
        enough=0.35,
        differing=5,
        wording="name",
        kept_as="name",
        confidence=0.8,
        unless="product",
    ),
    "name": Kind(
        "names of persons",
        proves=is_name,
        fits=_any,
        enough=0.8,
        confidence=0.55,
        named=0.7,
        differing=5,
        own=True,
        unless="product",
    ),
    "free text": Kind(
        "sentences",
        proves=is_sentence,
        fits=_any,
        enough=0.3,
        confidence=0.8,
        named=0.7,
        own=True,
    ),
    "reason": Kind("answers in words", fits=_any, named=0.7, repeated=60, kept_as="free text"),
}
