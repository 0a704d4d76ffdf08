"""Variables as clients send them, made up from a seed: 63 of persons, and 150 ordinary ones.

Names, labels and values are those of no other test. Check digits are worked out as the rules are
worded.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

Draw = Callable[[random.Random], Any]


@dataclass(frozen=True)
class Sent:
    """A variable of a file.

    Parameters
    ----------
    name, label
        As in the file.
    values
        One a row; None where there is none.
    codes
        Labels of its codes.
    """

    name: str
    label: str
    values: list[Any]
    codes: dict[float, str] | None = None


def _digits(r: random.Random, n: int, first: str = string.digits) -> str:
    return r.choice(first) + "".join(r.choices(string.digits, k=n - 1))


def _capitals(r: random.Random, n: int) -> str:
    return "".join(r.choices("ABCDEFGHJKLMNPRSTUVWXYZ", k=n))


def _born(r: random.Random) -> date:
    return date(1940, 3, 1) + timedelta(days=r.randrange(65 * 365))


def _luhn(body: str) -> str:
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(body))]
    return body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def _cpr(r: random.Random) -> str:
    return f"{_born(r):%d%m%y}{r.randrange(1, 4000):04}"


def _fodselsnummer(r: random.Random) -> str:
    while True:
        digits = [int(d) for d in f"{_born(r):%d%m%y}{r.randrange(500):03}"]
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            digits.append(-sum(w * d for w, d in zip(weights, digits, strict=True)) % 11)
        if max(digits) < 10:
            return "".join(map(str, digits))


def _steuer_id(r: random.Random) -> str:
    digits = r.sample("123456789", 9)
    digits.insert(5, digits[1])
    product = 10
    for digit in digits:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return "".join(digits) + str((11 - product) % 10)


def _iban(country: str, length: int) -> Draw:
    def draw(r: random.Random) -> str:
        body = _digits(r, length)
        number = int(body + "".join(str(ord(c) - 55) for c in country) + "00")
        return f"{country}{98 - number % 97:02}{body}"

    return draw


def _sometimes(share: float, draw: Draw) -> Draw:
    return lambda r: draw(r) if r.random() < share else None


def _one_of(text: str) -> Draw:
    choices = text.split("|")
    return lambda r: r.choice(choices)


_GIVEN = {
    "en": "Fenella Rupert Imogen Callum Philippa Hamish Louisa Gareth Nicola Stuart Joanne Trevor",
    "no": "Torhild Brynjar Eldbjørg Yngvar Solrun Kolbjørn Hildegunn Jardar Marit Kjell Grete Roy",
    "sv": "Gunvor Torsten Hillevi Sigge Ingalill Ragnvald Tekla Kjerstin Annika Lennart Bosse Moa",
    "da": "Kirstine Ejnar Tove Verner Birthe Hroar Bolette Svend Lisbet Jørgen Annelise Kaj",
    "de": "Hannelore Detlef Roswitha Gernot Friederike Hartmut Walburga Ingo Ute Jochen Silke Udo",
}  # fmt: skip
_FAMILY = {
    "en": "Fairclough Entwistle Goodchild Mbeki Rowbotham Sinclair Tregenza Yardley Clarke Patel",
    "no": "Haukelid Myrvold Sætre Tveitan Nygård Stokkeland Aasen Bråten Larsen Nilsen Eikeland",
    "sv": "Wallström Ekelund Tjäder Malmquist Fagerlind Olsson Bergqvist Rask Stål Wikander Lind",
    "da": "Vestergaard Kjeldsen Lauridsen Bisgaard Overgaard Poulsen Dam Frandsen Holst Mølgaard",
    "de": "Wiedemann Kranz Oellers Baumgärtner Schröter Vogelsang Huber Kaminski Zöllner Reimann",
}  # fmt: skip


def _given(language: str) -> Draw:
    names = _GIVEN[language].split()
    return lambda r: r.choice(names)


def _family(language: str) -> Draw:
    names = _FAMILY[language].split()
    return lambda r: r.choice(names)


def _person(language: str) -> Draw:
    given, family = _given(language), _family(language)
    return lambda r: f"{given(r)} {family(r)}"


def _turned(language: str) -> Draw:
    given, family = _given(language), _family(language)
    return lambda r: f"{family(r)}, {given(r)}"


def _nick(r: random.Random) -> str:
    words = "sol fjell kaffe storm lykke nordic pixel rabbit kilo ulv moon garn".split()
    return f"{r.choice(words)}{r.choice(['', '_', '-', '.'])}{r.choice(words)}{r.randrange(999)}"


_SHORT = {
    "en": "queue too long|nothing|better signs|the woman at desk 4|toilets|ok|price|my boiler broke",
    "no": "for lang kø|ingenting|bedre skilting|dama i skranken|toalettene|ok|pris|fyren røk",
    "sv": "för lång kö|ingenting|bättre skyltar|tjejen i kassan|toaletter|ok|pris|pannan sprack",
    "da": "for lang kø|ingenting|bedre skilte|damen i skranken|toiletter|ok|pris|fyret gik",
    "de": "Schlange zu lang|gar nichts|bessere Schilder|die Dame am Schalter|WC|ok|Preis|Heizung",
}


def _remark(language: str) -> Draw:
    return _sometimes(0.55, _one_of(_SHORT[language]))


def _mailed(before: str, after: str) -> Draw:
    def draw(r: random.Random) -> str:
        return f"{before} {_nick(r)}@posten.example.com{after}" if r.random() < 0.06 else "nei"

    return draw


def _hex(r: random.Random, *lengths: int) -> str:
    return "-".join("".join(r.choices("0123456789ABCDEF", k=n)) for n in lengths)


PERSONS: list[tuple[str, str, Draw]] = [
    # Numbers of customers, contracts and orders
    ("CustomerRef", "Customer reference (CRM)", lambda r: f"C-{_digits(r, 7)}"),
    ("bg_kunde_nr", "Bakgrunn: kundenummer fra kundesystemet", lambda r: float(_digits(r, 8, "123456789"))),
    ("Abonnentnr", "", lambda r: _digits(r, 9)),
    ("Forbrugernummer", "Forbrugernummer hos selskabet", lambda r: _digits(r, 10, "7")),
    ("Kd.-Nr.", "", lambda r: _digits(r, 6, "123456789")),
    ("x_pol", "Police-/Vertragsnummer", lambda r: f"{_capitals(r, 2)}{_digits(r, 8)}"),
    ("bookingref", "", lambda r: _capitals(r, 3) + _digits(r, 3)),
    ("leveransnr", "Leveransnummer", lambda r: float(_digits(r, 10, "4"))),
    ("Sagsnr.", "", lambda r: f"2025-{_digits(r, 5)}"),
    ("Vorgangs_ID", "Vorgangsnummer im Kundendienst", lambda r: _digits(r, 9)),
    ("malepunkt", "Målepunkt-ID", lambda r: f"7070575000{_digits(r, 8)}"),
    # Postcodes
    ("home_postcode", "", lambda r: f"{_capitals(r, 1)}{_digits(r, 1, '123456789')} {_digits(r, 1)}{_capitals(r, 2)}"),
    ("bosted_pnr", "Postnummer bosted", lambda r: float(r.randrange(150, 9990))),
    ("S2", "Vilket postnummer har du hemma?", lambda r: f"{_digits(r, 3, '123456789')} {_digits(r, 2)}"),
    ("postnr_privat", "", lambda r: r.randrange(1000, 9990)),
    ("D4_PLZ", "Wie lautet die Postleitzahl Ihres Hauptwohnsitzes?", lambda r: f"{r.randrange(1067, 99998):05}"),
    # Dates of birth
    ("date_birth", "", lambda r: f"{_born(r):%d/%m/%Y}"),
    ("Q98", "Når er du født (dag, måned og år)?", lambda r: _born(r)),
    ("fodelsedag", "Kundens födelsedag", lambda r: f"{_born(r):%Y-%m-%d}"),
    ("S5", "Hvad er din fødselsdato? (DD-MM-ÅÅÅÅ)", lambda r: f"{_born(r):%d-%m-%Y}"),
    ("GebTag", "", lambda r: f"{_born(r):%d.%m.%y}"),
    # Accounts, cards, papers
    ("refund_to", "Account for the refund", _iban("DE", 18)),
    ("payout", "", _iban("DK", 14)),
    ("kontonummer_bank", "Til hvilken konto skal vi betale ut?", lambda r: f"{_digits(r, 4)}.{_digits(r, 2)}.{_digits(r, 5)}"),
    ("Bankverbindung", "", lambda r: _digits(r, 10)),
    ("utbetalning", "Bankkonto för utbetalning", lambda r: f"{_digits(r, 4)}-{_digits(r, 7)}"),
    ("kort", "Kortnummer", lambda r: _luhn("5" + _digits(r, 14, "12345"))),
    ("pay_method_no", "", lambda r: " ".join([(n := _luhn("4" + _digits(r, 14)))[:4], n[4:8], n[8:12], n[12:]])),
    ("TravelDoc", "Passport no. used at check-in", lambda r: _digits(r, 9)),
    ("korkort", "Körkortsnummer", lambda r: f"{_digits(r, 6)}-{_digits(r, 4)}"),
    ("AusweisNr", "", lambda r: f"L{_digits(r, 2)}{_capitals(r, 2)}{_digits(r, 4)}"),
    ("q7a", "Pas- eller kørekortnummer", lambda r: _digits(r, 8)),
    # Numbers that states give
    ("soc_sec", "Social security no.", lambda r: f"{r.randrange(101, 665)}-{r.randrange(10, 99)}-{_digits(r, 4, '123456789')}"),
    ("ni", "National Insurance number", lambda r: f"{r.choice(['AB', 'CE', 'JW', 'SK'])}{_digits(r, 6)}{r.choice('ABCD')}"),
    ("SozVersNr", "", lambda r: f"{r.randrange(10, 89)}{_born(r):%d%m%y}{_capitals(r, 1)}{_digits(r, 3)}"),
    ("tin_de", "", _steuer_id),
    ("v12", "", _cpr),
    ("CPR", "", lambda r: float(_cpr(r))),
    ("nummer_person", "", _fodselsnummer),
    ("pnr12", "", lambda r: _luhn(f"{_born(r):%y%m%d}{_digits(r, 3)}")),
    # Machines
    ("ADVERTISER", "", lambda r: _hex(r, 8, 4, 4, 4, 12)),
    ("_ga", "", lambda r: f"GA1.2.{_digits(r, 9, '123456789')}.{_digits(r, 10, '1')}"),
    ("mobil_imei", "IMEI", lambda r: _luhn(f"35{_digits(r, 12)}")),
    ("klient_ip", "", lambda r: ".".join(str(r.randrange(1, 255)) for _ in range(4))),
    ("ipnum", "IP (heltall)", lambda r: float(r.randrange(2**28, 2**32))),
    ("LocationLatitude", "Location Latitude", lambda r: f"{r.uniform(55, 70):.6f}"),
    ("LocationLongitude", "Location Longitude", lambda r: f"{r.uniform(5, 25):.4f}"),
    ("hvor", "GPS-punkt", lambda r: f"{r.uniform(54.6, 57.7):.5f}, {r.uniform(8, 12.6):.5f}"),
    # Names persons choose, and are given
    ("profil", "Profilnavn i kundeklubben", _nick),
    ("insta", "Instagram-konto", lambda r: "@" + _nick(r)),
    ("Anmeldename", "", _nick),
    ("var004", "", _person("de")),
    ("skadelidte", "", _turned("da")),
    ("Rådgiver_kunde", "Kundens navn", _person("no")),
    ("svarande_fornamn", "", _given("sv")),
    # Cars, recordings, words
    ("Bil", "Bilens registreringsskylt", lambda r: f"{_capitals(r, 3)}{_digits(r, 3)}"),
    ("KZ", "Amtliches Kennzeichen des Fahrzeugs", lambda r: f"{r.choice(['K', 'HB', 'LEV', 'S'])}-{_capitals(r, 2)} {r.randrange(10, 9999)}"),
    ("samtale", "Lydopptak av samtalen", lambda r: f"\\\\arkiv\\2026\\{_digits(r, 9)}.wav"),
    ("Q12_9_TEXT", "Other (please specify) - Text", _remark("en")),
    ("sp9_annat", "Annat, nämligen:", _remark("sv")),
    ("F14_97", "Sonstiges, und zwar:", _remark("de")),
    ("spm3b", "Er det noe vi burde gjort annerledes?", _remark("no")),
    ("svar_q3", "", _mailed("ja, skriv til", " helst på kvelden")),
]  # fmt: skip


def persons(seed: int, rows: int) -> list[Sent]:
    """Return the 63 variables of persons."""
    return [_drawn(seed, rows, *one) for one in PERSONS]


def _drawn(
    seed: int, rows: int, name: str, label: str, draw: Draw, codes: dict[float, str] | None = None
) -> Sent:
    r = random.Random(f"{seed} {name}")
    return Sent(name, label, [draw(r) for _ in range(rows)], codes)


# Ordinary ones

_FIVE = {
    "en": "Very dissatisfied|Dissatisfied|Neither|Satisfied|Very satisfied",
    "no": "Svært misfornøyd|Misfornøyd|Verken eller|Fornøyd|Svært fornøyd",
    "sv": "Mycket missnöjd|Missnöjd|Varken eller|Nöjd|Mycket nöjd",
    "da": "Meget utilfreds|Utilfreds|Hverken eller|Tilfreds|Meget tilfreds",
    "de": "Sehr unzufrieden|Unzufrieden|Teils, teils|Zufrieden|Sehr zufrieden",
}
_YES = {"en": "No|Yes", "no": "Nei|Ja", "sv": "Nej|Ja", "da": "Nej|Ja", "de": "Nein|Ja"}


def _coded(texts: str, first: int = 1) -> dict[float, str]:
    return {float(code): text for code, text in enumerate(texts.split("|"), first)}


def _number(low: int, high: int) -> Draw:
    return lambda r: float(r.randrange(low, high))


def _amount(centre: float, digits: int) -> Draw:
    return lambda r: round(r.lognormvariate(centre, 0.6), digits)


def _day(first: int, days: int) -> Draw:
    return lambda r: date(first, 1, 5) + timedelta(days=r.randrange(days))


def _moment(written: str | None = None) -> Draw:
    def draw(r: random.Random) -> Any:
        moment = datetime(2026, 2, 2, 8) + timedelta(seconds=r.randrange(9 * 10**6))
        return moment.strftime(written) if written else moment

    return draw


_SCALES = [
    ("en", "S1_1", "How satisfied are you with the opening hours of your branch?"),
    ("en", "S1_2", "How satisfied are you with the way your e-mail was answered?"),
    ("en", "S1_3", "How satisfied are you with the phone we sold you?"),
    ("no", "s1r1", "Hvor fornøyd er du med adresseendringen i appen?"),
    ("no", "s1r2", "Hvor fornøyd er du med rådgiveren du snakket med på telefon?"),
    ("no", "s1r3", "Hvor fornøyd er du med kundekortet?"),
    ("sv", "F2a", "Hur nöjd är du med bokningen av resan?"),
    ("sv", "F2b", "Hur nöjd är du med ditt bankkort?"),
    ("sv", "F2c", "Hur nöjd är du med namnet på appen?"),
    ("da", "sp4_1", "Hvor tilfreds er du med posten?"),
    ("da", "sp4_2", "Hvor tilfreds er du med dit pas fra borgerservice?"),
    ("da", "sp4_3", "Hvor tilfreds er du med optagelsen på skolen?"),
    ("de", "f5_1", "Wie zufrieden sind Sie mit der Zustellung an Ihre Adresse?"),
    ("de", "f5_2", "Wie zufrieden sind Sie mit Ihrem Ansprechpartner?"),
    ("de", "f5_3", "Wie zufrieden sind Sie mit dem Girokonto?"),
]
_MENTIONED = [
    ("en", "Contact_1", "Contact by: phone"),
    ("en", "Contact_2", "Contact by: e-mail"),
    ("no", "kontakt3", "Kontakt siste år: besøk i butikk"),
    ("no", "samtykke_epost", "Samtykke til e-post"),
    ("sv", "kanal_2", "Kanal: telefon"),
    ("sv", "nyhetsbrev", "Får nyhetsbrev per mejl"),
    ("da", "emne_4", "Emne: flytning og ny adresse"),
    ("da", "mobilapp", "Bruger mobilappen"),
    ("de", "thema_2", "Thema: Kontoeröffnung"),
    ("de", "Newsletter", "Newsletter per E-Mail abonniert"),
]
_TEXTS = [
    ("kundesegment", "Kundesegment", "Privat Ung|Privat Familie|Privat Senior|Bedrift Små|Bedrift Stor"),
    ("CustomerType", "Customer type", "New|Returning|Lapsed"),
    ("Kundengruppe", "", "Neukunde|Bestandskunde|Premium"),
    ("medlemsnivå", "Medlemsnivå", "Basis|Sølv|Gull|Platina"),
    ("MembershipTier", "", "Blue|Silver|Gold"),
    ("Region", "", "Midtjylland|Syddanmark|Hovedstaden|Sjælland|Nordjylland"),
    ("bundesland", "Bundesland", "Bayern|Hessen|Sachsen|Bremen|Saarland|Thüringen|Berlin"),
    ("lan", "Län", "Skåne|Halland|Dalarna|Gotland|Uppsala|Blekinge"),
    ("fylke", "", "Vestland|Rogaland|Agder|Innlandet|Troms|Nordland"),
    ("nuts3", "NUTS 3 region", "NO081|NO082|NO074|SE110|SE232|DK012|DEA23"),
    ("salgsområde", "Salgsområde", "Nord-Vest|Sør-Øst|Midt"),
    ("store_name", "Store", "Karl Johan|Strandgaten|Torgallmenningen|Sirkus|Kvadrat|Amfi Moa"),
    ("Filiale", "", "Köln Süd|Hamburg Altona|Mainz|Ulm Mitte|Bonn|Kiel"),
    ("restaurang", "Restaurang", "Stora Torget|Hamnen|Gamla Stan|Södra Station"),
    ("afdeling_navn", "Afdelingens navn", "Herning|Vejle Centrum|Odense C|Rødovre"),
    ("product_name", "Product name", "Billy|Malm|Hemnes|Ektorp|Poäng|Kallax|Ivar|Karlstad|Vilma"),
    ("Marke", "Marke", "Hugo Boss|Jil Sander|Paul Smith|Tommy Hilfiger|Marc Cain|Betty Barclay"),
    ("varumarke", "", "Tiger of Sweden|Filippa K|Oscar Jacobson|Björn Borg|Acne"),
    ("model", "Car model", "Octavia|Zoe|Clio|Astra|Carina|Megane|Leon|Passat|Mercedes A"),
    ("bilmerke", "Bilmerke", "Volvo|Skoda|Toyota|Tesla|BYD|Audi"),
    ("tariff", "Tariff", "Fix 12|Flex|Green 24|Night"),
    ("abonnement", "Abonnement", "Fri 5 GB|Fri 20 GB|Ung 15 GB|Familie|Data 100"),
    ("handset", "Phone model", "iPhone 13|iPhone 15 Pro|Galaxy S23|Pixel 8|Nokia G22|Xperia 5"),
    ("os_ver", "", "iOS 17.4|iOS 18.1|Android 14|Android 15"),
    ("DeviceType", "Device type", "Desktop|Mobile|Tablet"),
    ("utm_source", "", "newsletter|google|facebook|direct"),
    ("utm_campaign", "", "spring26_a|spring26_b|retention|winback"),
    ("landing", "Landing page", "https://www.shop.example/no/|https://www.shop.example/se/kampanj"),
    ("contact_channel", "Contact channel", "Phone|E-mail|Chat|Store|Social media"),
    ("kontaktform", "Kontaktform", "Telefon|E-post|Besøk|Brev"),
    ("kontaktweg", "", "Telefon|Mail|Filiale|Post"),
    ("henvendelse", "Årsag til henvendelse", "Flytning|Regning|Klage|Opsigelse|Andet"),
    ("case_type", "Case type", "Billing|Fault|Move|Sale"),
    ("sagstype", "", "Skade|Ændring|Opsigelse"),
    ("skadetyp", "Skadetyp", "Vatten|Brand|Stöld|Glas|Bil"),
    ("Team", "Team that answered", "Team Viking|Team Odin|Team Thor|Team Freja"),
    ("avdelning", "Avdelning", "Ortopedi|Kirurgi|Medicin|Akuten"),
    ("yrke", "Yrke", "Lärare|Snickare|Sjuksköterska|Ekonom|Chaufför|Student|Pensionär"),
    ("Berufsgruppe", "", "Angestellte|Beamte|Selbständige|Arbeiter"),
    ("education", "Highest education", "Primary|Secondary|Bachelor|Master|PhD"),
    ("sivilstand", "Sivilstand", "Gift|Samboer|Enslig|Skilt"),
    ("gender", "", "Male|Female|Other"),
    ("Altersgruppe", "Altersgruppe", "16-29|30-44|45-59|60+"),
    ("boligtype", "Boligtype", "Hus|Lejlighed|Rækkehus|Andelsbolig"),
    ("flight", "Flight", "SK1471|SK263|DY620|WF154|SK4035|DY1302"),
    ("route", "Route", "OSL-BGO|OSL-TRD|ARN-GOT|CPH-AAL|FRA-MUC"),
    ("tog", "Tog", "R10|L1|F4|RE30|RE11"),
    ("cabin", "Cabin", "Go|Plus|Business"),
    ("hotel", "Hotel", "Hotel Anna|Villa Maria|Hotel Christian IV|Grand|Hotel Kong Carl"),
    ("kampanje", "Kampanje", "Black Friday|Sommersalg|Påske|Ingen"),
    ("language", "", "nb|nn|sv|da|de|en"),
    ("tz", "Time zone", "Europe/Oslo|Europe/Stockholm|Europe/Berlin"),
    ("currency", "", "NOK|SEK|DKK|EUR|GBP"),
    ("NPS_group", "NPS category", "Promoter|Passive|Detractor"),
    ("quarter", "", "2025-Q1|2025-Q2|2025-Q3|2025-Q4"),
    ("dag", "Ukedag", "mandag|tirsdag|onsdag|torsdag|fredag"),
    ("SampleSource", "", "CRM|Panel A|Panel B"),
    ("supplier_name", "", "Nordpol Strøm AS|Fjellkraft ASA|Kystlys AS|Energi Øst AS"),
    ("kedja", "Kedja", "Åhléns|Jula|Biltema|Clas Ohlson|Lindex|Ellos"),
    ("Wohnungsgesellschaft", "", "GAG|Vonovia|LEG|Neue Heimat"),
    ("lid_kleur", "Colour of the product", "Red|Blue|Green|Rose|Violet|Amber"),
    ("respondent_type", "Respondent", "Owner|Tenant|Both"),
    ("kontakt_type", "Kontakt", "Inngående|Utgående"),
    ("person_type", "Person", "Privat|Näringsidkare"),
    ("postal_region", "Postal region", "NO-0|NO-1|NO-4|NO-5|NO-7"),
]  # fmt: skip
_NUMBERS: list[tuple[str, str, Draw]] = [
    ("store_no", "Store number", _number(1001, 1060)),
    ("butikknr", "Butikknummer", _number(20100, 20190)),
    ("FilialNr", "", _number(301, 380)),
    ("dealer", "Dealer code", lambda r: f"D{r.randrange(100, 160)}"),
    ("kommunenr", "Kommunenummer", lambda r: f"{r.choice(['0301', '4601', '5001', '1103', '3901'])}"),
    ("AGS", "Amtlicher Gemeindeschlüssel", lambda r: f"0531{r.randrange(1, 9)}000"),
    ("model_year", "Model year", _number(2009, 2026)),
    ("årsmodell", "", _number(2001, 2026)),
    ("Baujahr", "Baujahr des Hauses", _number(1901, 2024)),
    ("customer_since", "Customer since (year)", _number(1988, 2026)),
    ("tenure_m", "Months as a customer", _number(0, 340)),
    ("order_value", "Order value in EUR", _amount(4.5, 2)),
    ("Bestellwert", "", _amount(4, 2)),
    ("ordrestr", "Ordrestørrelse i kroner", _amount(7, 0)),
    ("order_lines", "Number of order lines", _number(1, 25)),
    ("antal_varor", "Antal varor i ordern", _number(1, 60)),
    ("antall_ordrer", "Antall ordrer siste 12 måneder", _number(0, 40)),
    ("anrufe", "Anzahl Anrufe", _number(0, 15)),
    ("calls_n", "Calls to this phone number before the interview", _number(1, 12)),
    ("km_stand", "Kilometerstand", _number(10_000, 99_000)),
    ("mileage", "Mileage of the car", _number(10_000, 99_000)),
    ("mätarställning", "Mätarställning", _number(10_000, 98_000)),
    ("kwh", "Årsforbruk kWh", _number(11_000, 42_000)),
    ("sqm", "Living area in square metres", _number(28, 260)),
    ("premie", "Årlig forsikringspremie", _number(10_100, 48_000)),
    ("loan", "Loan amount", lambda r: float(r.randrange(1_000_000, 9_900_000))),
    ("saldo_poeng", "Bonuspoeng", _number(10_000, 99_000)),
    ("loyalty_points", "Points on the loyalty card", _number(10_000, 99_000)),
    ("hhincome", "Gross household income", lambda r: float(r.randrange(250_000, 990_000))),
    ("ansatte", "Antall ansatte i bedriften", _number(1, 900)),
    ("LOI", "Length of interview (s)", _number(240, 2400)),
    ("resp_ms", "Response time in ms", _number(10_000, 90_000)),
    ("wait", "Ventetid i sekunder", _number(0, 1500)),
    ("Lieferzeit", "Lieferzeit in Tagen", _number(1, 30)),
    ("delay_min", "Delay in minutes", _number(0, 180)),
    ("wgt_pop", "Population weight", lambda r: round(r.uniform(800, 42_000), 6)),
    ("vægt", "", lambda r: round(r.lognormvariate(0, 0.4), 8)),
    ("Hochrechnung", "Hochrechnungsfaktor", lambda r: float(r.randrange(10_000, 99_000))),
    ("sjanse", "Sannsynlighet for frafall", lambda r: round(r.random(), 8)),
    ("churn_score", "Churn model score", lambda r: round(r.random(), 15)),
    ("index_sat", "Satisfaction index", lambda r: round(r.uniform(0, 100), 5)),
    ("psu", "Primary sampling unit", _number(10_001, 10_045)),
    ("samplepoint", "Sample point", _number(50_001, 50_040)),
    ("int_nr", "Interviewer", _number(201, 240)),
    ("attempt", "Call attempt", _number(1, 9)),
    ("batch", "Batch", _number(1, 6)),
    ("CollectorId", "Collector", lambda r: 402_113_977.0),
    ("svv", "Survey version", lambda r: 20_260_201.0),
    ("art_no", "Article number", lambda r: f"{r.choice(['401', '502', '603'])}.{r.randrange(100, 130)}.20"),
    ("household", "Persons in the household", _number(1, 7)),
    ("age_yrs", "", _number(18, 89)),
    ("fodear", "Födelseår", _number(1937, 2007)),
    ("Geburtsjahr_Kind", "Geburtsjahr des jüngsten Kindes", _number(1998, 2026)),
]  # fmt: skip
_DATES: list[tuple[str, str, Draw]] = [
    ("InterviewDate", "Date of interview", _day(2026, 80)),
    ("intervjudag", "", lambda r: f"{_day(2026, 80)(r):%Y-%m-%d}"),
    ("Befragungsdatum", "Datum der Befragung", lambda r: f"{_day(2026, 80)(r):%d.%m.%Y}"),
    ("order_dt", "Order date", lambda r: float(f"{_day(2025, 400)(r):%Y%m%d}")),
    ("leveringsdato", "Leveringsdato", lambda r: f"{_day(2025, 400)(r):%d-%m-%Y}"),
    ("Vertragsbeginn", "Vertragsbeginn", lambda r: f"{_day(1985, 14_600)(r):%d.%m.%Y}"),
    ("kunde_fra", "Kunde fra dato", _day(1990, 13_000)),
    ("RecordedDate", "", _moment()),
    ("call_end", "End of call", _moment("%d.%m.%Y %H:%M:%S")),
    ("epoch_ms", "", lambda r: float(1_770_000_000_000 + r.randrange(9 * 10**9))),
]


def ordinary(seed: int, rows: int) -> Iterator[Sent]:
    """Yield the 150 ordinary variables."""
    for language, name, label in _SCALES:
        yield _drawn(seed, rows, name, label, _number(1, 6), _coded(_FIVE[language]))
    for language, name, label in _MENTIONED:
        yield _drawn(seed, rows, name, label, _number(0, 2), _coded(_YES[language], 0))
    for name, label, texts in _TEXTS:
        yield _drawn(seed, rows, name, label, _one_of(texts))
    for name, label, draw in (*_NUMBERS, *_DATES):
        yield _drawn(seed, rows, name, label, draw)
