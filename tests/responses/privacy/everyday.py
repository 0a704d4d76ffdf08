"""Everyday variables of surveys, made up for the tests: none of them identifies a person."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from advocacy.responses.labelled import Variable

COMPANIES = (
    "Nordlys Kraft AS,Telia,Byggmax AB,Sparebank 1,Jysk,Vattenfall GmbH,Elkjøp,ICA Maxi,Hansen Rør AS,"
    "Jensen's Bøfhus,Deutsche Bahn AG,Tesco,Boots,Andersen & Sønner AS,If Skadeförsäkring,Tryg,Netto,"
    "Volvo Cars,Fjordline,Müller Drogerie KG,DB Schenker,Posten,Bring,PostNord,Coop Extra,Vy,SAS"
).split(",")
PLACES = (
    "Oslo,Bergen,Trondheim,Stavanger,Kristiansand,Tromsø,Drammen,Fredrikstad,Sandnes,Bodø,Ålesund,"
    "Stockholm,Göteborg,Malmö,Uppsala,København,Aarhus,Odense,Hamburg,München,Köln,Leeds,York"
).split(",")
STAGES = {
    "en": ["Call centre", "Store visit", "Web shop", "App", "Delivery", "Invoice", "Complaint"],
    "no": ["Kundeservice", "Butikk", "Nettbutikk", "App", "Levering", "Faktura", "Klage"],
    "sv": ["Kundtjänst", "Butik", "Webbutik", "App", "Leverans", "Faktura", "Klagomål"],
    "da": ["Kundeservice", "Butik", "Webshop", "App", "Levering", "Regning", "Klage"],
    "de": ["Kundendienst", "Filiale", "Webshop", "App", "Lieferung", "Rechnung", "Beschwerde"],
}

# Labels of questions about things whose words are those of personal data too.
ASKED = {
    "en": ["How satisfied are you with your mobile phone subscription?", "Did you get an e-mail from us?", "How easy was it to find the customer number on the invoice?", "Did we comment on your order number?", "How likely are you to recommend your bank account?", "Have you been in contact with our customer service by phone?"],
    "no": ["Hvor fornøyd er du med mobilabonnementet?", "Har du fått e-post fra oss?", "Hvor lett var det å finne kundenummeret på fakturaen?", "Har du vært i kontakt med oss på telefon?", "Hvor sannsynlig er det at du anbefaler kontoen?", "Hvorfor anbefaler du oss? Pris"],
    "sv": ["Hur nöjd är du med ditt mobilabonnemang?", "Har du fått e-post från oss?", "Hur lätt var det att hitta kundnumret?", "Har du varit i kontakt med oss per telefon?", "Varför rekommenderar du oss? Pris"],
    "da": ["Hvor tilfreds er du med dit mobilabonnement?", "Har du fået en e-mail fra os?", "Hvor let var det at finde kundenummeret?", "Har du været i kontakt med os på telefon?", "Hvorfor anbefaler du os? Pris"],
    "de": ["Wie zufrieden sind Sie mit Ihrem Handyvertrag?", "Haben Sie eine E-Mail von uns erhalten?", "Wie leicht war die Kundennummer zu finden?", "Hatten Sie telefonisch Kontakt mit uns?", "Warum empfehlen Sie uns? Preis"],
}  # fmt: skip
YES = {"en": ["Yes", "No", "Don't know"], "no": ["Ja", "Nei", "Vet ikke"], "sv": ["Ja", "Nej", "Vet ej"],
       "da": ["Ja", "Nej", "Ved ikke"], "de": ["Ja", "Nein", "Weiß nicht"]}  # fmt: skip

NUMBERS: dict[str, list[tuple[str, str, Any]]] = {
    "en": [("weight", "Weight", "w"), ("duration", "Duration in seconds", "s"), ("yob", "Year of birth", "y"), ("age", "Age", "a"), ("revenue", "Annual revenue", "r"), ("income", "Household income", "r")],
    "no": [("vekt", "Vekt", "w"), ("varighet", "Varighet i sekunder", "s"), ("fødselsår", "Fødselsår", "y"), ("alder", "Alder", "a"), ("omsetning", "Omsetning i kroner", "r"), ("inntekt", "Husstandens inntekt", "r")],
    "sv": [("vikt", "Vikt", "w"), ("tid", "Tid i sekunder", "s"), ("födelseår", "Födelseår", "y"), ("ålder", "Ålder", "a"), ("omsättning", "Omsättning", "r"), ("inkomst", "Hushållets inkomst", "r")],
    "da": [("vægt", "Vægt", "w"), ("varighed", "Varighed i sekunder", "s"), ("fødselsår", "Fødselsår", "y"), ("alder", "Alder", "a"), ("omsætning", "Omsætning", "r"), ("indkomst", "Husstandens indkomst", "r")],
    "de": [("gewicht", "Gewicht", "w"), ("dauer", "Dauer in Sekunden", "s"), ("gebjahr", "Geburtsjahr", "y"), ("alter", "Alter", "a"), ("umsatz", "Jahresumsatz", "r"), ("einkommen", "Haushaltseinkommen", "r")],
}  # fmt: skip


def _number(rng: random.Random, what: str) -> Any:
    return {
        "w": lambda: round(rng.lognormvariate(0, 0.4), 6),
        "s": lambda: float(int(rng.lognormvariate(6, 0.7))),
        "y": lambda: float(rng.randrange(1935, 2008)),
        "a": lambda: float(rng.randrange(16, 92)),
        "r": lambda: float(int(rng.lognormvariate(13, 0.6))),
    }[what]()


def everyday(seed: int, rows: int = 300) -> Iterator[tuple[Variable, list[Any]]]:
    """Yield variables with their values, drawn from a seed."""
    rng = random.Random(seed)

    def drawn(pool: list[Any]) -> list[Any]:
        return [rng.choice(pool) for _ in range(rows)]

    grades = [float(code) for code in range(11)]
    for language, labels in ASKED.items():
        for i, label in enumerate(labels):
            yield Variable(f"q{i}", label), drawn(grades)
            yield Variable(f"q{i}"), drawn(["1", "2", "9", "10"])
            yield Variable(f"q{i}", label), drawn(YES[language])
            coded = tuple((float(code), text) for code, text in enumerate(YES[language]))
            yield Variable(f"q{i}", label, coded), drawn([0.0, 1.0, 2.0])
        yield Variable("touchpoint"), drawn(STAGES[language])
        yield Variable("v7", "Touchpoint"), drawn(STAGES[language])
        for name, label, what in NUMBERS[language]:
            yield Variable(name, label), [_number(rng, what) for _ in range(rows)]
            yield Variable(name), [str(_number(rng, what)) for _ in range(rows)]
            yield Variable("v1", label), [_number(rng, what) for _ in range(rows)]
    day = date(2023, 3, 1)
    days = [day + timedelta(days=rng.randrange(700)) for _ in range(rows)]
    moments = [datetime(2024, 1, 1) + timedelta(seconds=rng.randrange(3 * 10**7)) for _ in days]
    for name, label in (
        ("StartDate", ""),
        ("intervjudato", "Intervjudato"),
        ("v3", "Interviewdatum"),
    ):
        yield Variable(name, label), days
        yield Variable(name, label), moments
        for written in ("%d.%m.%Y", "%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d.%m.%y"):
            yield Variable(name, label), [d.strftime(written) for d in days]
        for written in ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y%m%d%H%M%S", "%H:%M:%S"):
            yield Variable(name, label), [m.strftime(written) for m in moments]
        yield Variable(name, label), [float(d.strftime("%Y%m%d")) for d in days]
    since = [date(1998, 1, 1) + timedelta(days=rng.randrange(9000)) for _ in range(rows)]
    yield Variable("kunde_siden", "Kunde siden"), [d.isoformat() for d in since]
    yield Variable("unix"), [float(int(m.timestamp())) for m in moments]
    yield Variable("id"), [float(i) for i in range(1, rows + 1)]
    yield Variable("row"), [str(i) for i in range(1, rows + 1)]
    yield Variable("respondent_id"), [f"R{i:05}" for i in range(1, rows + 1)]
    yield Variable("RespID", "Respondent number"), [float(100_000 + i) for i in range(rows)]
    for name in ("supplier", "leverandør", "företag", "v4", "brand"):
        yield Variable(name), drawn(COMPANIES)
    for name in ("city", "sted", "region", "v5"):
        yield Variable(name), drawn(PLACES)
    yield Variable("supplier"), [f"{rng.choice(COMPANIES)} {i}" for i in range(rows)]
    yield Variable("programme"), drawn([f"{c} 2024" for c in COMPANIES])
    yield Variable("interviewer", "Interviewer ID"), drawn([float(i) for i in range(101, 140)])
    yield Variable("IntNr"), drawn([f"INT{i}" for i in range(20)])
    yield (
        Variable("orgnr", "Organisasjonsnummer"),
        [float(rng.randrange(811_000_000, 999_999_999)) for _ in range(rows)],
    )
    yield Variable("agegroup"), drawn(["18-24", "25-34", "35-44", "45-54", "55-64", "65+"])
    yield Variable("wave"), drawn(["2023Q1", "2023Q2", "2023Q3", "2023Q4"])
    yield Variable("country"), drawn(["NO", "SE", "DK", "DE", "GB"])
    yield Variable("language"), drawn(["nb-NO", "sv-SE", "da-DK", "de-DE", "en-GB"])
    yield Variable("version"), drawn(["1.0.2", "1.1.0", "2.0.14.1"])
    yield Variable("browser"), drawn(["Chrome 119", "Safari 17", "Edge 118", "Firefox 115"])
    yield Variable("resolution"), drawn(["1920x1080", "1366x768", "390x844", "412x915"])
    yield Variable("nps_index"), [round(rng.uniform(0, 100), 4) for _ in range(rows)]
    yield Variable("mean"), [round(rng.uniform(0, 10), 3) for _ in range(rows)]
    yield Variable("industry"), drawn(["C10.1", "G47", "K64", "H49.3", "J61"])
    yield (
        Variable("salg", "Salg i kroner"),
        [round(rng.uniform(100, 99_999), 2) for _ in range(rows)],
    )
    yield Variable("psu"), drawn([float(i) for i in range(1, 40)])
    yield Variable("stratum"), drawn(["Nord", "Sør", "Øst", "Vest"])
