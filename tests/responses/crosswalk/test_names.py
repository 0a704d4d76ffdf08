"""Names of countries and industries, against lists written by hand, in four languages."""

from __future__ import annotations

import pytest
from babel import Locale
from tests.reference.countries import made

from advocacy.responses.crosswalk.names import (
    country_codes,
    fold,
    folded_sql,
    lookup_sql,
)
from advocacy.sql import connect, literal

# Written by hand from ISO 3166-1: a code, and its names as people write them.
COUNTRIES = {
    "en": """AR Argentina, AT Austria, AU Australia, BE Belgium, BR Brazil, CA Canada,
        CH Switzerland,
        CL Chile, CN China, CZ Czech Republic, CZ Czechia, DE Germany, DK Denmark, EE Estonia,
        EG Egypt, ES Spain, FI Finland, FO Faroe Islands, FR France, GB United Kingdom,
        GB Great Britain, GL Greenland, GR Greece, HR Croatia, HU Hungary, IE Ireland, IN India,
        IS Iceland, IT Italy, JP Japan, KR South Korea, LT Lithuania, LV Latvia, MX Mexico,
        NL Netherlands, NL The Netherlands, NO Norway, NZ New Zealand, PL Poland, PT Portugal,
        RO Romania, RU Russia, SE Sweden, SK Slovakia, TR Turkey, UA Ukraine, US United States,
        US USA, ZA South Africa, CI Ivory Coast, BA Bosnia and Herzegovina""",
    "nb": """AR Argentina, AT Østerrike, AU Australia, BE Belgia, BR Brasil, CA Canada, CH Sveits,
        CL Chile, CN Kina, CZ Tsjekkia, DE Tyskland, DK Danmark, EE Estland, EG Egypt, ES Spania,
        FI Finland, FO Færøyene, FR Frankrike, GB Storbritannia, GL Grønland, GR Hellas,
        HR Kroatia, HU Ungarn, IE Irland, IN India, IS Island, IT Italia, JP Japan, KR Sør-Korea,
        LT Litauen, LV Latvia, MX Mexico, NL Nederland, NO Norge, NO Noreg, NZ New Zealand,
        PL Polen, PT Portugal, RO Romania, RU Russland, SE Sverige, SK Slovakia, TR Tyrkia,
        UA Ukraina, US USA, ZA Sør-Afrika, CI Elfenbenskysten, AT Austerrike,
        BA Bosnia og Hercegovina""",
    "sv": """AR Argentina, AT Österrike, AU Australien, BE Belgien, BR Brasilien, CA Kanada,
        CH Schweiz, CL Chile, CN Kina, CZ Tjeckien, DE Tyskland, DK Danmark, EE Estland,
        EG Egypten, ES Spanien, FI Finland, FO Färöarna, FR Frankrike, GB Storbritannien,
        GL Grönland, GR Grekland, HR Kroatien, HU Ungern, IE Irland, IN Indien, IS Island,
        IT Italien, JP Japan, KR Sydkorea, LT Litauen, LV Lettland, MX Mexiko, NL Nederländerna,
        NO Norge, NZ Nya Zeeland, PL Polen, PT Portugal, RO Rumänien, RU Ryssland, SE Sverige,
        SK Slovakien, TR Turkiet, UA Ukraina, US USA, ZA Sydafrika, CI Elfenbenskusten,
        AX Åland, BA Bosnien och Hercegovina""",
    "da": """AR Argentina, AT Østrig, AU Australien, BE Belgien, BR Brasilien, CA Canada,
        CH Schweiz, CL Chile, CN Kina, CZ Tjekkiet, DE Tyskland, DK Danmark, EE Estland,
        EG Egypten, ES Spanien, FI Finland, FO Færøerne, FR Frankrig, GB Storbritannien,
        GL Grønland, GR Grækenland, HR Kroatien, HU Ungarn, IE Irland, IN Indien, IS Island,
        IT Italien, JP Japan, KR Sydkorea, LT Litauen, LV Letland, MX Mexico, NL Holland,
        NO Norge, NZ New Zealand, PL Polen, PT Portugal, RO Rumænien, RU Rusland, SE Sverige,
        SK Slovakiet, TR Tyrkiet, UA Ukraine, US USA, ZA Sydafrika, BA Bosnien-Hercegovina""",
}


@pytest.mark.parametrize("language", COUNTRIES)
def test_countries_by_their_names(language: str) -> None:
    listed = [entry.strip() for entry in COUNTRIES[language].replace("\n", " ").split(",")]
    assert len(listed) > 40
    expected = {entry[3:]: entry[:2] for entry in listed}
    assert {name: country_codes().get(fold(name)) for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("NORGE", "NO"),
        ("  norge ", "NO"),
        ("osterrike", "AT"),
        ("U.S.A.", "US"),
        ("UK", "GB"),
        ("no", "NO"),
        ("NOR", "NO"),
        ("AND", "AD"),
        ("NA", "NA"),
        ("Bosnia & Herzegovina", "BA"),
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "CI"),
        ("Cote d'Ivoire", "CI"),
    ],
)
def test_how_a_country_may_be_written(name: str, code: str) -> None:
    assert country_codes()[fold(name)] == code


@pytest.mark.parametrize(
    "name", ["Kongo", "Korea", "Norway?x", "Europe", "Norden", "XX", "ZZ", "EU", "CT", "", "47"]
)
def test_what_is_no_single_country(name: str) -> None:
    assert fold(name) not in country_codes()


def test_the_codes_are_those_of_iso_3166() -> None:
    """ISO 3166-1 has 249 codes; Kosovo's is not one of them."""
    codes = set(country_codes().values())
    assert len(codes) == 250
    assert "XK" in codes
    assert not codes & {"EU", "UN", "AC", "IC", "XA", "AA", "UK"}


def test_the_table_of_countries_is_what_it_is_made_from() -> None:
    """Else run `tests/reference/countries.py`."""
    assert list(country_codes().items()) == list(made().items())


def test_the_database_folds_as_python_does() -> None:
    locales = ("en", "nb", "nn", "sv", "da")
    names = [name for tag in locales for name in Locale(tag).territories.values()]
    names += ["ØÆÅ øæå", "U.K.", "  a\tb\N{NO-BREAK SPACE}c ", "Straße", "THE AND og och &", "Łódź"]
    rows = ", ".join(f"({literal(name)})" for name in names)
    with connect() as connection:
        found = connection.execute(
            f"SELECT name, {folded_sql('name')} FROM (VALUES {rows}) names(name)"
        ).fetchall()
    assert len(found) == len(names)
    assert dict(found) == {name: fold(name) for name in names}


def test_names_are_looked_up_in_sql() -> None:
    sql = (
        f"SELECT {lookup_sql(country_codes(), 'x')} FROM (VALUES ('Färöarna'), ('?'), (NULL)) t(x)"
    )
    with connect() as connection:
        assert sorted(connection.execute(sql).fetchall(), key=str) == [("FO",), (None,), (None,)]
