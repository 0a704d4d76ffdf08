"""Personal variables made up for the tests, in five languages: names, labels and values.

Check digits are worked out here as the rules are worded, not by the libraries that the package
asks. Names of persons are drawn from lists of their own.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

ROWS = 120

Draw = Callable[[random.Random], Any]


@dataclass(frozen=True)
class Invented:
    """A variable: its language, what it holds, its name and label, and its values."""

    language: str
    kind: str
    name: str
    label: str
    values: list[Any]


# Rare and common ones.
GIVEN = {
    "en": "Tamsin Rafe Ottilie Keiron Elspeth Jago Sarah James Emily Oliver Rebecca Daniel".split(),
    "no": "Ingelin Oddbjørn Vårin Sjur Gyda Ottar Kari Lars Ingrid Henrik Silje Øyvind".split(),
    "sv": "Vendela Hjalmar Tindra Assar Disa Anna Johan Karin Erik Malin Göran Elsa".split(),
    "da": "Solvej Thorvald Maise Bertil Gro Mette Søren Kirsten Jens Camilla Rasmus Åse".split(),
    "de": "Swantje Eike Rieke Knut Gundula Petra Jürgen Sabine Lukas Anneliese Uwe Klara".split(),
}  # fmt: skip
FAMILY = {
    "en": "Hargreaves Whitfield Okafor Pemberton Lawson Brown Thornton Ashworth Quigley".split(),
    "no": "Skjelbred Vågen Hansen Tangen Kvamme Rødland Bjerke Lunde Grønli Thorsen Olsen".split(),
    "sv": "Hallgren Åkesson Boström Öhman Rosén Eriksson Ljungberg Sköld Hedman Nordin".split(),
    "da": "Skov Bundgaard Hjorth Krogh Ravn Toft Jensen Brandt Thygesen Bech Nørgaard".split(),
    "de": "Hinrichs Dreßler Übelacker Brückner Ott Schmidt Gerlach Lindner Rühl Meyer".split(),
}  # fmt: skip


def _digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(n))


def _letters(rng: random.Random, n: int) -> str:
    return "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(n))


def _born(rng: random.Random) -> date:
    return date(1935, 1, 1) + timedelta(days=rng.randrange(70 * 365))


def _luhn(digits: str) -> str:
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def fodselsnummer(rng: random.Random, more_days: int = 0) -> str:
    while True:
        born = _born(rng)
        body = f"{born.day + more_days:02}{born:%m%y}{rng.randrange(500):03}"
        digits = [int(d) for d in body]
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            digits.append(-sum(w * d for w, d in zip(weights, digits, strict=True)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))


def personnummer(rng: random.Random, more_days: int = 0) -> str:
    born = _born(rng)
    body = f"{born:%y%m}{born.day + more_days:02}{rng.randrange(1000):03}"
    return f"{body[:6]}-{body[6:]}{_luhn(body)}"


def cpr(rng: random.Random) -> str:
    born = _born(rng)
    serial = rng.randrange(0, 4000) if born.year < 2000 else rng.randrange(4000, 9999)
    return f"{born:%d%m%y}{serial:04}"


def steuer_id(rng: random.Random) -> str:
    """Eleven digits; of the first ten one stands twice and one not at all (ISO 7064, 11,10)."""
    digits = rng.sample(string.digits, 9)
    digits.insert(rng.randrange(1, 10), rng.choice(digits))
    if digits[0] == "0" or any(
        a == b == c for a, b, c in zip(digits, digits[1:], digits[2:], strict=False)
    ):
        return steuer_id(rng)
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return "".join(digits) + str((11 - product) % 10)


def iban(rng: random.Random) -> str:
    country, length = rng.choice([("NO", 11), ("SE", 20), ("DK", 14), ("DE", 18)])
    body = _digits(rng, length)
    if country == "NO":
        weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
        while True:
            check = -sum(w * int(d) for w, d in zip(weights, body[:10], strict=True)) % 11
            if check < 10:
                body = body[:10] + str(check)
                break
            body = _digits(rng, length)
    number = int(body + "".join(str(ord(c) - 55) for c in country) + "00")
    whole = f"{country}{98 - number % 97:02}{body}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))


def card(rng: random.Random) -> str:
    body = "4" + _digits(rng, 14)
    return body + _luhn(body)


def phone(language: str) -> Draw:
    return {
        "en": lambda r: f"07{r.randrange(400, 990)} {_digits(r, 6)}",
        "no": lambda r: f"9{r.randrange(10, 99)} {_digits(r, 2)} {_digits(r, 3)}",
        "sv": lambda r: (
            f"07{r.choice('0236')}-{r.randrange(100, 999)} {_digits(r, 2)} {_digits(r, 2)}"
        ),
        "da": lambda r: f"{r.randrange(20, 99)} {_digits(r, 2)} {_digits(r, 2)} {_digits(r, 2)}",
        "de": lambda r: f"01{r.choice(['51', '60', '72', '76'])}/{r.randrange(1000000, 9999999)}",
    }[language]


def postcode(language: str) -> Draw:
    return {
        "en": lambda r: f"{_letters(r, 2)}{r.randrange(1, 20)} {r.randrange(1, 9)}{_letters(r, 2)}",
        "no": lambda r: f"{r.randrange(10, 9990):04}",
        "sv": lambda r: f"{r.randrange(10000, 98499)}",
        "da": lambda r: float(r.randrange(1000, 9990)),
        "de": lambda r: f"{r.randrange(1067, 99998):05}",
    }[language]


def address(language: str) -> Draw:
    return {
        "en": lambda r: (
            f"{r.randrange(1, 300)} {r.choice(FAMILY['en'])} {r.choice(['Road', 'Lane', 'Street'])}"
        ),
        "no": lambda r: (
            f"{r.choice(FAMILY['no'])}{r.choice(['veien', 's gate', 'vegen'])} {r.randrange(1, 99)} B"
        ),
        "sv": lambda r: (
            f"{r.choice(FAMILY['sv'])}s{r.choice(['vägen', 'gatan'])} {r.randrange(1, 99)}"
        ),
        "da": lambda r: (
            f"{r.choice(FAMILY['da'])}{r.choice(['vej', 'sgade', ' Allé'])} {r.randrange(1, 99)}, 2. tv"
        ),
        "de": lambda r: (
            f"{r.choice(FAMILY['de'])}{r.choice(['straße', 'weg', 'str.'])} {r.randrange(1, 99)}a"
        ),
    }[language]


def plate(language: str) -> Draw:
    return {
        "en": lambda r: f"{_letters(r, 2)}{r.randrange(10, 75)} {_letters(r, 3)}",
        "no": lambda r: f"{_letters(r, 2)} {r.randrange(10000, 99999)}",
        "sv": lambda r: f"{_letters(r, 3)} {r.randrange(10, 99)}{r.choice('ABCD0123')}",
        "da": lambda r: f"{_letters(r, 2)} {r.randrange(10, 99)} {r.randrange(100, 999)}",
        "de": lambda r: (
            f"{r.choice(['B', 'M', 'HH', 'KÖ'])}-{_letters(r, 2)} {r.randrange(1, 9999)}"
        ),
    }[language]


def birth(written: str) -> Draw:
    return lambda r: _born(r).strftime(written)


def full_name(language: str) -> Draw:
    return lambda r: f"{r.choice(GIVEN[language])} {r.choice(FAMILY[language])}"


def handle(r: random.Random) -> str:
    return f"{r.choice(GIVEN['en']).lower()}{r.choice(['', '.', '_'])}{r.choice(FAMILY['no']).lower()}{r.randrange(99)}"


def uuid(r: random.Random) -> str:
    return "-".join(
        "".join(r.choice("0123456789abcdef") for _ in range(n)) for n in (8, 4, 4, 4, 12)
    )


SHORT = {
    "en": ["parking", "the app", "none", "opening hours", "price too high", "invoice", "chat", "the driver", "noise", "no reply"],
    "no": ["ingen", "parkering", "butikken i sentrum", "appen", "faktura", "pris", "sjåføren", "vet ikke", "kø", "støy"],
    "sv": ["inget", "parkering", "butiken i stan", "appen", "faktura", "priset", "föraren", "vet ej", "kö", "buller"],
    "da": ["intet", "parkering", "butikken i byen", "appen", "regning", "prisen", "chaufføren", "ved ikke", "kø", "støj"],
    "de": ["nichts", "Parkplatz", "die App", "Rechnung", "Preis", "der Fahrer", "weiß nicht", "Lärm", "Warteschlange", "Öffnungszeiten"],
}  # fmt: skip


def short_text(language: str) -> Draw:
    return lambda r: r.choice(SHORT[language]) if r.random() < 0.6 else None


def sentence_with_address(language: str) -> Draw:
    said = {"en": "Please write to", "no": "Skriv til meg på", "sv": "Skriv till", "da": "Skriv til",
            "de": "Bitte schreiben an"}[language]  # fmt: skip
    return lambda r: f"{said} {handle(r)}@example.org" if r.random() < 0.1 else "OK"


WORDED: dict[str, dict[str, list[tuple[str, str]]]] = {
    "customer": {
        "en": [("CustNo", ""), ("q2", "Customer number as on your invoice"), ("client_id", ""), ("membership_no", "")],
        "no": [("kundenr", ""), ("v3", "Ditt kundenummer"), ("KundeID", ""), ("medlemsnummer", "")],
        "sv": [("kundnr", ""), ("v3", "Ange ditt kundnummer"), ("Kund_Id", ""), ("medlemsnr", "")],
        "da": [("kundenummer", ""), ("v3", "Dit kundenummer"), ("KundeNr", ""), ("medlemsnr", "")],
        "de": [("KdNr", ""), ("f3", "Ihre Kundennummer"), ("Kunden_ID", ""), ("MitgliedsNr", "")],
    },
    "order": {
        "en": [("order_id", ""), ("q4", "Invoice number"), ("CaseNumber", ""), ("ticketRef", "")],
        "no": [("ordrenummer", ""), ("v4", "Bestillingsnummer"), ("saksnr", ""), ("fakturanr", "")],
        "sv": [("ordernr", ""), ("v4", "Ärendenummer"), ("beställningsnr", ""), ("fakturanr", "")],
        "da": [("ordrenr", ""), ("v4", "Sagsnummer"), ("fakturanummer", ""), ("bestillingsnr", "")],
        "de": [("AuftragsNr", ""), ("f4", "Bestellnummer"), ("RechnungsNr", ""), ("VertragsNr", "")],
    },
    "postcode": {
        "en": [("postcode", ""), ("q5", "Postal code of your home"), ("ZIP", ""), ("post_code", "")],
        "no": [("postnr", ""), ("v5", "Hva er ditt postnummer?"), ("PostNr", ""), ("kunde_postnummer", "")],
        "sv": [("postnr", ""), ("v5", "Ditt postnummer"), ("Postnummer", ""), ("postkod", "")],
        "da": [("postnr", ""), ("v5", "Hvilket postnummer bor du i?"), ("PostNr", ""), ("postnummer_kunde", "")],
        "de": [("PLZ", ""), ("f5", "Postleitzahl Ihres Wohnorts"), ("plz_kunde", ""), ("Postleitzahl", "")],
    },
    "birth date": {
        "en": [("DOB", ""), ("q6", "Date of birth"), ("birthDate", ""), ("birthday", "")],
        "no": [("fodselsdato", ""), ("v6", "Når er du født? Fødselsdato"), ("FødselsDato", ""), ("fdato", "")],
        "sv": [("fodelsedatum", ""), ("v6", "Födelsedatum"), ("FödDatum", ""), ("född", "")],
        "da": [("foedselsdato", ""), ("v6", "Din fødselsdag"), ("Fødselsdato", ""), ("fdato", "")],
        "de": [("GebDat", ""), ("f6", "Geb.datum"), ("geburtsdatum", ""), ("Geb.dat.", "")],
    },
    "address": {
        "en": [("street", ""), ("q7", "Home address"), ("AddressLine1", ""), ("v1", "")],
        "no": [("adresse", ""), ("v7", "Gateadresse"), ("BesoksAdresse", ""), ("v1", "")],
        "sv": [("adress", ""), ("v7", "Gatuadress"), ("bostadsadress", ""), ("v1", "")],
        "da": [("adresse", ""), ("v7", "Din adresse"), ("vejnavn", ""), ("v1", "")],
        "de": [("strasse", ""), ("f7", "Anschrift"), ("StrHausNr", "Straße, Hausnummer"), ("v1", "")],
    },
    "account": {
        "en": [("account_no", ""), ("q8", "Bank account number")],
        "no": [("kontonr", ""), ("v8", "Kontonummer for utbetaling")],
        "sv": [("kontonr", ""), ("v8", "Bankkontonummer")],
        "da": [("kontonummer", ""), ("v8", "Dit kontonr.")],
        "de": [("KtoNr", ""), ("f8", "Kontonummer")],
    },
    "passport": {
        "en": [("passport_no", ""), ("q9", "Number of your driving licence")],
        "no": [("passnr", ""), ("v9", "Passnummer")],
        "sv": [("passnr", ""), ("v9", "Passnummer")],
        "da": [("pasnr", ""), ("v9", "Pasnummer")],
        "de": [("PassNr", ""), ("f9", "Personalausweisnummer"), ("reisepass", "")],
    },
    "phone": {
        "en": [("mobile", ""), ("q10", "Cell phone number"), ("Tel", ""), ("v1", "")],
        "no": [("mobil", ""), ("v10", "Telefonnummer"), ("tlf", ""), ("Mobilnr", "")],
        "sv": [("mobil", ""), ("v10", "Telefonnummer"), ("tfn", ""), ("v1", "")],
        "da": [("mobil", ""), ("v10", "Telefonnummer"), ("tlfnr", ""), ("MobilNr", "")],
        "de": [("Handy", ""), ("f10", "Telefonnummer"), ("TelNr", ""), ("Mobilnr", "")],
    },
    "given name": {
        "en": [("fname", ""), ("q11", "First name"), ("v1", ""), ("forename", "")],
        "no": [("fornavn", ""), ("v11", "Fornavn"), ("v1", ""), ("ForNavn", "")],
        "sv": [("fornamn", ""), ("v11", "Förnamn"), ("v1", ""), ("tilltalsnamn", "")],
        "da": [("fornavn", ""), ("v11", "Fornavn"), ("v1", ""), ("ForNavn", "")],
        "de": [("vorname", ""), ("f11", "Vorname"), ("v1", ""), ("VName", "Vorname")],
    },
    "full name": {
        "en": [("name", ""), ("q12", "Name of contact person"), ("v1", ""), ("Respondent", "")],
        "no": [("navn", ""), ("v12", "Kontaktperson"), ("v1", ""), ("kundenavn", "")],
        "sv": [("namn", ""), ("v12", "Kontaktperson"), ("v1", ""), ("kundnamn", "Kundens namn")],
        "da": [("navn", ""), ("v12", "Kontaktperson"), ("v1", ""), ("kundenavn", "")],
        "de": [("Name", ""), ("f12", "Ansprechpartner"), ("v1", ""), ("KontaktName", "")],
    },
    "user name": {
        "en": [("username", ""), ("q13", "Your Twitter handle"), ("loginName", ""), ("v1", "")],
        "no": [("brukernavn", ""), ("v13", "Brukernavn i appen"), ("bruker", ""), ("v1", "")],
        "sv": [("anvandarnamn", ""), ("v13", "Ditt användarnamn"), ("användare", ""), ("v1", "")],
        "da": [("brugernavn", ""), ("v13", "Dit brugernavn"), ("bruger", ""), ("v1", "")],
        "de": [("benutzername", ""), ("f13", "Ihr Nutzername"), ("Benutzer", ""), ("v1", "")],
    },
    "short text": {
        "en": [("q14_other", "Other, please specify"), ("comment", ""), ("q14", "What should we improve?"), ("notes", "")],
        "no": [("q14_annet", "Annet, noter"), ("kommentar", ""), ("v14", "Hva kan vi forbedre?"), ("merknad", "")],
        "sv": [("q14_annat", "Annat, ange vad"), ("kommentar", ""), ("v14", "Vad kan vi förbättra?"), ("fritext", "")],
        "da": [("q14_andet", "Andet, angiv venligst"), ("kommentar", ""), ("v14", "Hvad kan vi forbedre?"), ("bemaerkning", "")],
        "de": [("q14_sonst", "Sonstiges, bitte angeben"), ("Kommentar", ""), ("f14", "Was können wir verbessern?"), ("Anmerkungen", "")],
    },
    "plate": {
        "en": [("reg_no", "Registration number"), ("v1", ""), ("numberPlate", "")],
        "no": [("regnr", ""), ("v1", ""), ("v15", "Bilens registreringsnummer")],
        "sv": [("regnr", ""), ("v1", ""), ("v15", "Registreringsnummer")],
        "da": [("nummerplade", ""), ("v1", ""), ("v15", "Bilens registreringsnummer")],
        "de": [("Kennzeichen", ""), ("v1", ""), ("KfzKennz", "")],
    },
    "recording": {
        "en": [("recording", ""), ("v1", "")],
        "no": [("opptak", ""), ("v1", "Lydfil")],
        "sv": [("inspelning", ""), ("v1", "Ljudfil")],
        "da": [("optagelse", ""), ("v1", "Lydfil")],
        "de": [("Aufnahme", ""), ("v1", "Tondatei")],
    },
    "latitude": {
        "en": [("LocationLatitude", ""), ("gps_lat", "")],
        "no": [("breddegrad", ""), ("v16", "GPS breddegrad")],
        "sv": [("latitud", ""), ("v16", "Breddgrad")],
        "da": [("breddegrad", ""), ("v16", "Breddegrad")],
        "de": [("Breitengrad", ""), ("f16", "Geogr. Breite")],
    },
    "sentence": {language: [("v1", ""), ("touchpoint", "")] for language in GIVEN},
}  # fmt: skip

# The same in every language, and what the platforms of surveys write.
ALIKE: list[tuple[str, str, str, Draw]] = [
    ("IBAN", "v1", "", iban),
    ("IBAN", "f8", "Ihre IBAN", iban),
    ("card", "v1", "", card),
    ("card", "kortnr", "", lambda r: float(card(r))),
    ("national", "v1", "", fodselsnummer),
    ("national", "v1", "D-nummer", lambda r: fodselsnummer(r, 40)),
    ("national", "v1", "", lambda r: float(fodselsnummer(r))),
    ("national", "v1", "", personnummer),
    ("national", "v1", "", lambda r: f"19{personnummer(r)}".replace("-", "")),
    ("national", "v1", "", lambda r: personnummer(r, 60)),
    ("national", "v1", "", cpr),
    ("national", "v1", "", lambda r: float(cpr(r))),
    ("national", "cpr", "", lambda r: f"{cpr(r)[:6]}-{cpr(r)[6:]}"),
    ("national", "v1", "", steuer_id),
    ("national", "SozVersNr", "", lambda r: f"{r.randrange(10, 90)}{_born(r):%d%m%y}{_letters(r, 1)}{_digits(r, 3)}"),
    ("national", "v1", "", lambda r: f"{r.randrange(1, 600):03}-{r.randrange(1, 99):02}-{r.randrange(1, 9999):04}"),
    ("national", "ssn", "", lambda r: _digits(r, 9)),
    ("national", "v1", "", lambda r: f"{r.choice(['AB', 'CE', 'JK', 'NR'])} {_digits(r, 2)} {_digits(r, 2)} {_digits(r, 2)} C"),
    ("device", "DeviceID", "", uuid),
    ("device", "v1", "", lambda r: ":".join(f"{r.randrange(256):02X}" for _ in range(6))),
    ("device", "cookie", "", lambda r: f"GA1.2.{r.randrange(10**9, 2 * 10**9)}.{r.randrange(16 * 10**8, 17 * 10**8)}"),
    ("device", "v1", "", lambda r: "".join(r.choice("0123456789abcdef") for _ in range(32))),
    ("device", "imei", "", lambda r: (b := _digits(r, 14)) + _luhn(b)),
    ("IP", "IPAddress", "", lambda r: ".".join(str(r.randrange(1, 255)) for _ in range(4))),
    ("IP", "ip_num", "IP address", lambda r: float(r.randrange(2**24, 2**32))),
    ("IP", "v1", "", lambda r: ":".join(f"{r.randrange(65536):x}" for _ in range(8))),
    ("platform", "RecipientEmail", "Recipient Email", lambda r: f"{handle(r)}@example.org"),
    ("platform", "RecipientFirstName", "Recipient First Name", lambda r: r.choice(GIVEN["en"])),
    ("platform", "RecipientLastName", "Recipient Last Name", lambda r: r.choice(FAMILY["de"])),
    ("platform", "ExternalReference", "External Data Reference", lambda r: f"C{_digits(r, 6)}"),
    ("platform", "LocationLongitude", "Location Longitude", lambda r: round(r.uniform(5, 25), 6)),
    ("platform", "Custom Data 1", "", lambda r: _digits(r, 8)),
    ("platform", "extref", "", lambda r: f"{_letters(r, 3)}{_digits(r, 5)}"),
    ("platform", "ContactId", "", lambda r: f"CID_{_letters(r, 10)}{_digits(r, 4)}"),
    ("platform", "Email Address", "", lambda r: f"{handle(r)}@example.com"),
    ("platform", "Respondent ID", "", lambda r: float(r.randrange(10**10, 12 * 10**9))),
    ("platform", "PersonligLänk", "", lambda r: f"https://survey.example.com/s/{_letters(r, 8)}"),
    ("platform", "SmsNumber", "", lambda r: f"479{_digits(r, 7)}"),
    ("link", "v1", "", lambda r: f"https://rec.example.com/call/{_digits(r, 9)}"),
    ("handle", "v1", "", lambda r: f"@{handle(r)}"),
    ("position", "v1", "", lambda r: f"{r.uniform(55, 65):.5f}, {r.uniform(5, 20):.5f}"),
]  # fmt: skip


def _worded_values(kind: str, language: str) -> Draw:
    longer = {
        "customer": lambda r: float(r.randrange(100_000, 999_999)),
        "order": lambda r: f"{_letters(r, 2)}-{_digits(r, 7)}",
        "account": lambda r: _digits(r, 11),
        "passport": lambda r: f"{_letters(r, 1)}{_digits(r, 8)}",
        "recording": lambda r: f"{r.choice(['call', 'opptak'])}_{_digits(r, 6)}.{r.choice(['wav', 'mp3'])}",
        "latitude": lambda r: round(r.uniform(50, 68), 5),
        "given name": lambda r: r.choice(GIVEN[language]),
        "user name": handle,
        "birth date": birth({"en": "%m/%d/%Y", "sv": "%Y-%m-%d"}.get(language, "%d.%m.%Y")),
        "full name": full_name(language),
        "postcode": postcode(language),
        "address": address(language),
        "phone": phone(language),
        "plate": plate(language),
        "short text": short_text(language),
        "sentence": sentence_with_address(language),
    }  # fmt: skip
    return longer[kind]


def invented(seed: int, rows: int = ROWS) -> Iterator[Invented]:
    """Yield every variable, with values drawn from a seed."""
    rng = random.Random(seed)
    for kind, languages in WORDED.items():
        for language, wordings in languages.items():
            for name, label in wordings:
                draw = _worded_values(kind, language)
                yield Invented(language, kind, name, label, [draw(rng) for _ in range(rows)])
    for kind, name, label, draw in ALIKE:
        yield Invented("", kind, name, label, [draw(rng) for _ in range(rows)])
