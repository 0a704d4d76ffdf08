"""Code pages by name, by number and by letters; every text is encoded by Python's codec."""

from __future__ import annotations

import pytest

from advocacy.responses.code_pages.pages import guess_page, known_page


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("WINDOWS-1255", "WINDOWS-1255"),
        ("x-windows-949", "cp949"),
        ("CP-1250", "windows-1250"),
        ("ibm-850", "cp850"),
        ("windows-28592", "ISO-8859-2"),
        ("x-mac-cyrillic", "mac-cyrillic"),
        ("macintosh", "macintosh"),
        ("utf8", "utf8"),
        (28595, "ISO-8859-5"),
        (20866, "KOI8-R"),
        (10000, "mac-roman"),
        (932, "cp932"),
        (1257, "windows-1257"),
        (65001, "UTF-8"),
        (3, None),
        (-5, None),
        ("klingon", None),
        ("base64", None),
        ("UTF-8\0", None),
        (None, None),
    ],
)
def test_names_and_numbers(declared: str | int | None, name: str | None) -> None:
    assert known_page(declared) == name


TEXTS = {
    "cp1252": [
        ["Svært misfornøyd", "Åse"],
        ["Mycket nöjd, Göteborg"],
        ["Hyvin tyytyväinen", "Jyväskylä"],
        ["Très satisfait", "Orléans", "Été", "déjà"],
        ["Köln", "Groß", "sehr unwahrscheinlich – für"],
        ["São Paulo", "não", "recomendação"],
        ["¿Cuál?", "España", "Sí", "mañana"],
        ["Hversu líklegt er að þú mælir með okkur", "Já", "Reykjavík"],
        ["Tromsø"],
        ["café"],
    ],
    "cp850": [["Svært misfornøyd", "Åse"], ["Meget tilfreds på Ærø"]],
    "mac-roman": [["Svært misfornøyd", "Åse"], ["Mycket nöjd, Göteborg", "på"]],
    "cp1250": [
        ["Łódź", "Gdańsk", "Zupełnie nieprawdopodobne", "Czy w ciągu 12 miesięcy polecałeś?"],
        ["Jak pravděpodobné je, že byste nás doporučil příteli?", "Vůbec není"],
        ["Mennyire valószínű, hogy ajánlaná ismerőseinek?", "Győr", "Székesfehérvár"],
        ["Bucureşti", "Da, foarte mulţumit", "Braşov"],
    ],
    "iso8859-2": [["Łódź", "Gdańsk", "Zupełnie nieprawdopodobne", "miesięcy polecałeś ciągu"]],
    "cp1254": [["Muğla", "Eskişehir", "İstanbul", "Hiç olası değil"]],
    "cp1257": [
        ["Rīga", "Cēsis", "Jūrmala", "Ļoti iespējams", "ieteiksiet draugam mēnešu laikā"],
        ["Kiek tikėtina, kad rekomenduosite mus draugui?", "Šiauliai"],
    ],
    "cp1251": [["Насколько вероятно, что вы порекомендуете", "Да", "Москва"]],
    "koi8-r": [["Насколько вероятно, что вы порекомендуете", "Да", "Москва"]],
    "iso8859-5": [["Насколько вероятно, что вы порекомендуете", "Да", "Москва"]],
    "cp866": [["Насколько вероятно, что вы порекомендуете", "Да", "Москва"]],
    "cp1253": [["Πόσο πιθανό είναι να μας συστήσετε σε έναν φίλο", "Ναι"]],
    "cp1255": [["מה הסיכוי שתמליץ על לחבר", "חיפה", "ירושלים"]],
    "cp1256": [["ما مدى احتمال أن توصي بنا لصديق", "نعم", "لا"]],
    "cp874": [["คุณมีแนวโน้มที่จะแนะนำเราให้เพื่อนมากแค่ไหน", "ใช่"]],
    "cp949": [["대구", "서울", "전혀 아니다", "추천할 가능성은 얼마나 됩니까"]],
    "cp932": [["東京", "あなたは友人に薦める可能性はどのくらいありますか", "全くない"]],
    "gb18030": [["北京", "您向朋友推荐我们的可能性有多大", "完全不可能"]],
    "big5": [["台北", "您向朋友推薦我們的可能性有多大", "完全不可能"]],
}


@pytest.mark.parametrize(
    ("encoding", "texts"), [(page, texts) for page, many in TEXTS.items() for texts in many]
)
def test_the_letters_tell_the_page(encoding: str, texts: list[str]) -> None:
    raw = [text.encode(encoding) for text in texts]
    guess = guess_page([text for text in raw if not text.isascii()])
    assert [text.decode(guess.page) for text in raw] == texts


def test_one_letter_is_not_called_likely() -> None:
    """Tromsø in windows-1252 and Tromsų in windows-1257 are the same bytes."""
    guess = guess_page(["Tromsø".encode("cp1252")])
    assert (guess.letters, guess.other, guess.other_letters) == ("ø", "windows-1257", "ų")
    many = ["Svært misfornøyd", "Åse på Ærø", "Kjøper du øl på Røros?", "Bærum og Ås"]
    assert not guess_page([text.encode("cp1252") for text in many]).other
