"""Roles proposed for wordings that clients use and the simulator does not.

The oracle are question texts written by hand, in the manner of questionnaires in each
language; none of them is a wording in `wordings.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from advocacy.responses.crosswalk.names import country_codes
from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.proposal.levels import ProfiledFile, profiled
from advocacy.responses.proposal.roles import Proposal, propose_roles
from advocacy.responses.proposal.wordings import answer, country, wordings
from advocacy.responses.readers.scan import Scan, slices

ROWS = 60
LIKELY = [float(i % 11) for i in range(ROWS)]
YES_NO = [1.0, 2.0, 2.0] * 20
COUNT = [0.0, 1.0, 5.0, 0.0, 2.0, 14.0] * 10
STEPS = [1.0, 2.0, 3.0, 4.0, 5.0, 5.0] * 10
CODES = [1.0, 2.0, 3.0] * 20
FRACTIONS = [0.5 + i / 50 for i in range(ROWS)]
NUMBERS = [float(7_000_000 + 13 * i) for i in range(ROWS)]
VALUES = {
    "score": LIKELY,
    **dict.fromkeys(("recommended_past_12m", "discouraged_past_12m", "opportunity"), YES_NO),
    **dict.fromkeys(
        ("recommendations_past_12m", "months_since_recommended", "wow_moments", "days_since_event"),
        COUNT,
    ),
    **dict.fromkeys(("country", "sector", "customer_status", "wave", "channel"), CODES),
    "journey_stage": CODES,
    "weight": FRACTIONS,
    **dict.fromkeys(("respondent_id", "account"), NUMBERS),
}

WORDINGS: dict[str, list[tuple[str, str]]] = {
    "en": [
        ("score", "How likely would you be to recommend Acme Energy to friends or family?"),
        ("score", "Q1. Based on your last visit, how likely are you to recommend us (0-10)?"),
        ("score", "Likelihood to recommend Acme"),
        ("score", "Would you recommend our bank to a colleague?  0 = never, 10 = certainly"),
        ("score", "How probable is it that you refer us to another business?"),
        ("recommended_past_12m", "In the last year, did you recommend Acme to anybody?"),
        ("recommended_past_12m", "Have you ever actually recommended us to friends?"),
        ("recommendations_past_12m", "To how many people did you recommend Acme last year?"),
        ("recommendations_past_12m", "Number of referrals made in the past twelve months"),
        ("months_since_recommended", "How long ago did you last recommend Acme (months)?"),
        ("discouraged_past_12m", "Have you warned anyone against using Acme?"),
        ("discouraged_past_12m", "Did you discourage someone from buying from us last year?"),
        ("satisfaction", "Overall, how satisfied are you with Acme?"),
        ("satisfaction", "Your overall satisfaction with our services"),
        ("ease", "Acme made it easy for me to handle my issue"),
        ("ease", "How much effort did you personally have to put forth?"),
        ("consistency", "I get a consistent experience whatever I contact them about"),
        ("resolution", "How well was your complaint handled?"),
        ("channel_ease", "It is simple to switch between channels such as web and phone"),
        ("advice", "The quality of the advice we receive"),
        ("relationship", "We have a strong relationship with Acme"),
        ("relationship", "Overall, how would you rate the quality of your relationship with us?"),
        ("business_value", "Acme contributes to our company's results"),
        ("wow_moments", "How often were you surprised by service beyond what you expected?"),
        ("weight", "Post-stratification weight"),
        ("respondent_id", "Unique respondent identifier"),
        ("account", "Customer number in CRM"),
        ("customer_status", "Are you still a customer of Acme?"),
    ],
    "nb": [
        ("score", "Hvor sannsynlig er det at du ville anbefalt Acme Strøm til familie og venner?"),
        ("score", "Sannsynlighet for å anbefale (0-10)"),
        ("score", "Vil du anbefale banken vår til en kollega? 0 = aldri, 10 = helt sikkert"),
        ("score", "Kor sannsynleg er det at du vil tilrå oss til andre?"),
        ("score", "Etter samtalen i dag: hvor sannsynlig er det at du anbefaler oss?"),
        ("recommended_past_12m", "Har du det siste året anbefalt Acme til noen du kjenner?"),
        ("recommended_past_12m", "Har du noen gang faktisk anbefalt oss?"),
        ("recommendations_past_12m", "Hvor mange har du anbefalt Acme til siste år?"),
        ("recommendations_past_12m", "Antall anbefalinger siste 12 måneder"),
        ("months_since_recommended", "Når anbefalte du oss sist?"),
        ("discouraged_past_12m", "Har du advart noen mot Acme?"),
        ("discouraged_past_12m", "Har du frarådet andre å bli kunde?"),
        ("satisfaction", "Samlet sett, hvor tilfreds er du med Acme?"),
        ("satisfaction", "Totalt sett hvor fornøyd er du med leverandøren"),
        ("ease", "Hvor enkelt var det å få hjelp?"),
        ("ease", "Det er lett å være kunde i Acme"),
        ("consistency", "Jeg får en helhetlig opplevelse"),
        ("resolution", "Hvor godt ble klagen din håndtert?"),
        ("channel_ease", "Det er lett å bytte mellom kanaler"),
        ("relationship", "Vi har en god relasjon til Acme"),
        ("advice", "Kvaliteten på rådgivningen"),
        ("business_value", "Acme bidrar til lønnsomhet i bedriften"),
        ("wow_moments", "Hvor ofte er du blitt positivt overrasket?"),
        ("weight", "Vekting etter kjønn, alder og region"),
        ("respondent_id", "Løpenummer"),
        ("account", "Organisasjonsnummer"),
        ("customer_status", "Er du fremdeles kunde?"),
    ],
    "sv": [
        ("score", "Hur troligt är det att du skulle rekommendera Acme Energi till familjen?"),
        ("score", "Sannolikhet att rekommendera (0-10)"),
        ("score", "Hur benägen är du att rekommendera oss till en kollega?"),
        ("score", "Skulle du rekommendera banken? 0 = aldrig, 10 = helt säkert"),
        ("recommended_past_12m", "Har du under det senaste året rekommenderat Acme?"),
        ("recommended_past_12m", "Har du faktiskt rekommenderat oss till någon?"),
        ("recommended_past_12m", "Har du tipsat någon om oss?"),
        ("recommendations_past_12m", "Hur många har du rekommenderat Acme för?"),
        ("recommendations_past_12m", "Antal rekommendationer senaste året"),
        ("months_since_recommended", "När rekommenderade du oss senast?"),
        ("discouraged_past_12m", "Har du varnat någon för Acme?"),
        ("discouraged_past_12m", "Har du avrått andra från att bli kund?"),
        ("satisfaction", "Sammantaget, hur nöjd är du med Acme?"),
        ("satisfaction", "Helhetsbetyg: hur nöjd är du totalt sett"),
        ("ease", "Hur enkelt var det att få hjälp?"),
        ("ease", "Det är lätt att vara kund hos Acme"),
        ("consistency", "Jag får en sammanhängande upplevelse"),
        ("resolution", "Hur väl hanterades ditt klagomål?"),
        ("channel_ease", "Det är lätt att växla mellan kanaler"),
        ("relationship", "Vi har en bra relation till Acme"),
        ("advice", "Kvaliteten på rådgivningen"),
        ("business_value", "Acme bidrar till lönsamhet i företaget"),
        ("wow_moments", "Hur ofta har du blivit positivt överraskad: antal gånger, wow"),
        ("weight", "Viktning efter kön, ålder och region"),
        ("respondent_id", "Löpnummer"),
        ("account", "Organisationsnummer"),
        ("customer_status", "Är du fortfarande kund?"),
    ],
    "da": [
        ("score", "Hvor sandsynligt er det, at du ville anbefale Acme El til familie og venner?"),
        ("score", "Sandsynlighed for at anbefale (0-10)"),
        ("score", "Vil du anbefale banken til en kollega? 0 = aldrig, 10 = helt sikkert"),
        ("score", "Hvor tilbøjelig er du til at anbefale os?"),
        ("recommended_past_12m", "Har du det seneste år anbefalet Acme til nogen?"),
        ("recommended_past_12m", "Har du nogensinde faktisk anbefalet os?"),
        ("recommendations_past_12m", "Hvor mange har du anbefalet Acme til?"),
        ("recommendations_past_12m", "Antal anbefalinger seneste år"),
        ("months_since_recommended", "Hvornår anbefalede du os sidst?"),
        ("discouraged_past_12m", "Har du advaret nogen mod Acme?"),
        ("discouraged_past_12m", "Har du frarådet andre at blive kunde?"),
        ("satisfaction", "Samlet set, hvor tilfreds er du med Acme?"),
        ("satisfaction", "Hvor tilfreds er du generelt med leverandøren"),
        ("ease", "Hvor nemt var det at få hjælp?"),
        ("ease", "Det er let at være kunde hos Acme"),
        ("consistency", "Jeg får en sammenhængende oplevelse"),
        ("resolution", "Hvor godt blev din klage håndteret?"),
        ("channel_ease", "Det er let at skifte mellem kanaler"),
        ("relationship", "Vi har en god relation til Acme"),
        ("advice", "Kvaliteten af rådgivningen"),
        ("business_value", "Acme bidrager til lønsomhed i virksomheden"),
        ("wow_moments", "Hvor ofte er du blevet positivt overrasket?"),
        ("weight", "Vægtning efter køn, alder og region"),
        ("respondent_id", "Løbenummer"),
        ("account", "CVR-nummer"),
        ("customer_status", "Er du stadig kunde?"),
    ],
}
# Questions near to ours that are not ours.
OTHERS = [
    ("Why would you not recommend us?", ["too dear", "slow, and nobody answers the phone"]),
    ("Hva er grunnen til at du vil anbefale oss?", ["pris", "god service over mange år"]),
    ("NPS group", [1.0, 2.0, 3.0]),
    ("Age of the respondent", [18.0, 44.0, 71.0]),
    ("Body weight in kg", [60.5, 71.25, 90.0]),
    ("Landsdel", [1.0, 2.0, 3.0]),
    ("How often do you visit our shop?", [1.0, 2.0, 3.0]),
    ("Kjønn", [1.0, 2.0]),
]


def table(*columns: tuple[Variable, Sequence[object]], weight: str = "") -> ProfiledFile:
    values = pa.table({variable.name: pa.array(data) for variable, data in columns})
    variables = tuple(v for v, _ in columns)
    empty = LabelledTable(Path("f.sav"), values.slice(0, 0), variables, weight=weight)
    return profiled(Scan(empty, values.num_rows, lambda names, size: slices(values, names, size)))


def proposed(*columns: tuple[Variable, Sequence[object]], weight: str = "") -> dict[str, Proposal]:
    return {p.name: p for p in propose_roles(table(*columns, weight=weight))}


def test_no_country_is_called_as_an_answer() -> None:
    """So an answer is told from a country without the table of them."""
    assert not [name for name in country_codes() if len(name) > 2 and answer(name)]
    country_codes.cache_clear()
    country.cache_clear()
    assert [country(text) for text in ("Yes", "1 Nei", "Vet ikke")] == ["", "", ""]
    assert country_codes.cache_info().misses == 0
    assert [country(text) for text in ("NO", "No", "1 Norge")] == ["NO", "", "NO"]


@pytest.mark.parametrize(
    ("column", "label"), [pair for texts in WORDINGS.values() for pair in texts]
)
def test_wordings_that_clients_use(column: str, label: str) -> None:
    found = proposed((Variable("V17", label), VALUES.get(column, STEPS)))["V17"]
    assert found.column == column, found


def test_the_wordings_are_held_out() -> None:
    known = {
        one["text"].lower()
        for languages in wordings()["questions"].values()
        for texts in languages.values()
        if isinstance(texts, list)
        for one in texts
    }
    for texts in WORDINGS.values():
        assert len(texts) >= 20
        assert not known & {label.lower() for _, label in texts}


@pytest.mark.parametrize(("label", "values"), OTHERS)
def test_other_questions_get_no_role(label: str, values: list[object]) -> None:
    assert proposed((Variable("V17", label), values * 20))["V17"].column == ""


def test_confidence_follows_the_documented_rule() -> None:
    found = proposed((Variable("V17", "Overall, how satisfied are you?"), STEPS))["V17"]
    # The label's words (0.75) and the form (0.20): 1 - 0.25 x 0.80.
    assert found.confidence == pytest.approx(0.80)
    assert found.reasons == (
        "its label has the words (English)",
        "its values are points of a scale, 1-5",
    )


def test_a_declared_weight_is_the_weight_whatever_its_name() -> None:
    found = proposed((Variable("z9"), FRACTIONS), (Variable("wgt"), NUMBERS), weight="z9")
    assert (found["z9"].column, found["z9"].reasons[0]) == (
        "weight",
        "the file declares it as weight",
    )
    assert found["wgt"].column == ""


def test_two_score_questions_are_rivals() -> None:
    found = proposed(
        (Variable("q1", "How likely are you to recommend Acme?"), LIKELY),
        (Variable("q9", "After this call, how likely are you to recommend us?"), LIKELY),
    )
    assert {name: (p.column, tuple(p.rivals)) for name, p in found.items()} == {
        "q1": ("score", ("q9",)),
        "q9": ("score", ("q1",)),
    }


def test_the_better_of_two_satisfaction_questions_has_the_role() -> None:
    found = proposed(
        (Variable("a", "How satisfied are you with the price?"), STEPS),
        (Variable("b", "All in all, how satisfied are you?"), STEPS),
    )
    assert (found["a"].column, found["b"].column) == ("", "satisfaction")
    assert "b fits better" in found["a"].reasons[0]


def test_a_scale_without_question_text_is_known_by_its_ends() -> None:
    labels = ((1.0, "1 Svært lite sannsynlig"), (10.0, "10 Svært sannsynlig"))
    variable = Variable("q15b", "q15b", labels, (MissingRange(98.0, 98.0),))
    assert proposed((variable, [2.0, 10.0] * 30))["q15b"].column == "score"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Norge", "NO"),
        ("Noreg", "NO"),
        ("Sverige", "SE"),
        ("Tyskland", "DE"),
        ("Frankrig", "FR"),
        ("Österrike", "AT"),
        ("1 United Kingdom", "GB"),
        ("GB", "GB"),
        ("No", ""),
        ("Annet", ""),
        ("XX", ""),
    ],
)
def test_countries_in_four_languages(name: str, code: str) -> None:
    assert country(name) == code


def test_a_clearer_score_question_does_not_silence_the_other() -> None:
    ends = ((0.0, "Not at all likely"), (10.0, "Extremely likely"))
    clear = "How likely is it that you would recommend Acme to a friend or colleague?"
    found = proposed(
        (Variable("q1", clear, ends), LIKELY), (Variable("q9", "Likely to recommend"), LIKELY)
    )
    assert found["q1"].confidence - found["q9"].confidence > 0.1
    assert tuple(found["q1"].rivals) == ("q9",)
