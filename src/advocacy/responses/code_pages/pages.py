"""Code pages: their names and numbers, and which one undeclared letters are likely in."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

# Windows' numbers of code pages that Python knows by a name; others are cp<number>.
# https://learn.microsoft.com/windows/win32/intl/code-page-identifiers
_NUMBERS = {
    2: "ASCII",  # SPSS's numbers: 7-bit ASCII
    936: "GBK",
    1361: "johab",
    10000: "mac-roman",
    10006: "mac-greek",
    10007: "mac-cyrillic",
    10029: "mac-latin2",
    10079: "mac-iceland",
    10081: "mac-turkish",
    20127: "ASCII",
    20866: "KOI8-R",
    20932: "EUC-JP",
    20936: "GB2312",
    21866: "KOI8-U",
    51932: "EUC-JP",
    51936: "GB2312",
    51949: "EUC-KR",
    54936: "GB18030",
    65001: "UTF-8",
    **{28590 + part: f"ISO-8859-{part}" for part in range(1, 17)},
    **{page: f"windows-{page}" for page in range(1250, 1259)},
}
_NUMBERED = re.compile(r"(?:windows|win|cp|ibm|ms|dos|codepage)?[-_ ]?(\d{3,5})")
_NAMED = {"macintosh": "mac-roman", "x-macroman": "mac-roman", "windows-31j": "cp932"}

# Letters beyond ASCII of each language, the frequent ones first.
_ALPHABETS = {
    "cs": "íáěéřčžšýůúňóďť",
    "da": "åøæé",
    "de": "üäöß",
    "es": "óíáéñúü¿¡",
    "et": "äõüöšž",
    "fr": "éèàêçâôîùûëïœ",
    "hr": "čšžćđ",
    "hu": "áéőöóíüúű",
    "is": "áíðéóúýþæö",
    "it": "èàùòìé",
    "lt": "ėšųįąžūęč",
    "lv": "āīēšūņļžķčģ",
    "nl": "ëéïèöü",
    "no": "åøæéôòó",
    "pl": "ąęłóżśćńź",
    "pt": "ãçáéíóêâõàúô",
    "ro": "ăîțșâţş",
    "sk": "áíčšžéťýúľňôďóäĺŕ",
    "sv": "äåöé",
    "tr": "ıüşğçöİâî",
    "vi": "đàáưôâạơêảóìấậíộãốếầệủờịểợựọừớứồúễắẽỏẻùặõẵằẳẩẫỗổỉĩũụữửỳýỷỹỵéèẹ",
    "ar": "اليمونرتبةعدسفهكقحجشطصخأإذىئضثءزغظؤآ،؟",
    "bg": "аоиетнрсвлкдпмзгуябчъжцхшщюйфь",
    "el": "αοιετσνηυρπκμλςωδγίόάχθέήφβώξύζψ",
    "he": "יוהלאמרתבשנכםדקפעחטגסזןצךףץ",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "sr": "аоиенртсвдкјумплзгбшчцжњхћљђфџ",
    "th": "านรอกเงมยลวดทสตปบคหแจพชขไใโะิีึืุูั่้็์ำ",
    "uk": "оаинвіеркстлумдпзяьбгйчхцїжюєшщфґ",
}
_WESTERN = ("no", "da", "sv", "de", "fr", "es", "pt", "it", "nl", "is", "et")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr")
_CYRILLIC = ("ru", "uk", "bg", "sr")
# Pages in the order of their preference where letters fit equally.
_PAGES = {
    "windows-1252": _WESTERN,
    "cp850": _WESTERN,
    "mac-roman": _WESTERN,
    "windows-1250": _CENTRAL,
    "ISO-8859-2": _CENTRAL,
    "cp852": _CENTRAL,
    "windows-1254": ("tr",),
    "windows-1257": ("lv", "lt", "et"),
    "windows-1251": _CYRILLIC,
    "KOI8-R": ("ru",),
    "KOI8-U": ("uk",),
    "ISO-8859-5": _CYRILLIC,
    "cp866": ("ru",),
    "windows-1253": ("el",),
    "windows-1255": ("he",),
    "windows-1256": ("ar",),
    "windows-1258": ("vi",),
    "cp874": ("th",),
}
_ASIAN = ("cp949", "cp932", "gb18030", "cp950")
_LAST_LATIN = "\N{LATIN SMALL LETTER EZH WITH CARON}"
_SIGNS = frozenset("–—‘’“”„…•€«»§°®©½·´\N{NO-BREAK SPACE}")
_ASIAN_SIGNS = re.compile(r"[\u3000-\u303f\uff00-\uffef]")
_HANGUL, _KANA, _HAN = map(re.compile, ("[가-힣]", "[ぁ-ヿ]", "[一-鿿]"))
# Logarithms of probabilities: of a sign, of a letter that the language has not, of a byte that
# the page has not, and of a letter of the large alphabets.
_SIGN, _STRANGE, _IMPOSSIBLE = math.log(0.01), math.log(1e-4), math.log(1e-8)
_ASIAN_LETTER = {"cp949": (_HANGUL, 500), "cp932": (_KANA, 100), "gb18030": (_HAN, 1500)}
_CLEAR = math.log(1e4)  # the next page is that much less likely
_MOST_TEXTS, _SHOWN = 2_000, 6


@dataclass(frozen=True)
class Guess:
    """The likeliest code page of bytes that no declaration explains.

    Parameters
    ----------
    page
        Its name.
    letters
        Letters beyond ASCII that the bytes then are, the frequent ones first; those that differ
        where there is another page.
    other, other_letters
        The next page, in which these are other letters; empty where none is nearly as likely.
    """

    page: str
    letters: str
    other: str = ""
    other_letters: str = ""


def known_page(declared: str | int | None) -> str | None:
    """Return the name under which Python has a code page, or None.

    Parameters
    ----------
    declared
        A name, or one of Windows' or SPSS's numbers, as a file has it.
    """
    if declared is None:
        return None
    if isinstance(declared, int):
        name = _NUMBERS.get(declared, f"cp{declared}")
        return name if _exists(name) else None
    if not declared.isascii():  # Python passes over such letters, which damage has left
        return None
    if _exists(declared):
        return declared
    plain = declared.strip().casefold()
    plain = _NAMED.get(plain, plain.removeprefix("x-"))
    if _exists(plain):
        return plain
    numbered = _NUMBERED.fullmatch(plain)
    return known_page(int(numbered.group(1))) if numbered else None


def guess_page(texts: Sequence[bytes]) -> Guess:
    """Return the page in which texts beyond ASCII are likeliest.

    The likelihood of a page is that of its best language, by the frequencies of letters.
    """
    texts = texts[:_MOST_TEXTS]
    weights = {page: _likelihood(texts, page) for page in (*_PAGES, *_ASIAN)}
    best, *others = sorted(weights, key=lambda page: -weights[page])
    read = [text.decode(best, errors="replace") for text in texts]
    for page in others:
        if weights[page] < weights[best] - _CLEAR:
            break
        differing = [
            (ours, theirs)
            for text, known in zip(texts, read, strict=True)
            for ours, theirs in zip(known, text.decode(page, errors="replace"), strict=False)
            if ours != theirs
        ]
        if differing:
            ours, theirs = ("".join(letters) for letters in zip(*differing, strict=True))
            return Guess(best, _special(ours), page, _special(theirs))
    return Guess(best, _special("".join(read)))


def _exists(name: str) -> bool:
    try:
        "".encode(name)
    except (ValueError, LookupError):  # a damaged name may hold a zero, which is no LookupError
        return False
    return True


def _special(text: str) -> str:
    counts = Counter(c for c in text if not c.isascii() and c.isprintable())
    return " ".join(letter for letter, _ in counts.most_common(_SHOWN))


def _likelihood(texts: Sequence[bytes], page: str) -> float:
    """Return the logarithm of the likelihood of texts in a page's likeliest language."""
    decoded = [text.decode(page, errors="replace") for text in texts]
    if page in _ASIAN:
        return sum(_asian(c, page) for text in decoded for c in text if not c.isascii())
    other_script = _ALPHABETS[_PAGES[page][0]][0] > _LAST_LATIN
    counts: Counter[str] = Counter()
    for text in decoded:
        for before, letter in zip(" " + text, text, strict=False):
            if not letter.isascii():
                # A capital inside a word, or two scripts in one, are signs of another page.
                mixed = other_script and before.isascii() and before.isalpha()
                odd = mixed or (letter.isupper() and before.islower())
                counts["" if odd else letter] += 1
    return max(_in_language(counts, language) for language in _PAGES[page])


def _in_language(counts: Counter[str], language: str) -> float:
    logs = _logs(language)
    return sum(times * _letter(letter, logs) for letter, times in counts.items())


def _letter(letter: str, logs: dict[str, float]) -> float:
    if letter in _SIGNS:
        return _SIGN
    if letter == "\N{REPLACEMENT CHARACTER}" or not letter.isprintable():
        return _IMPOSSIBLE
    return logs.get(letter, logs.get(letter.lower(), _STRANGE))


@cache
def _logs(language: str) -> dict[str, float]:
    """Return the logarithm of each letter's probability, by its rank among the letters."""
    letters = _ALPHABETS[language]
    total = sum(1 / (rank + 2) for rank in range(len(letters)))
    return {x: math.log(1 / ((rank + 2) * total)) for rank, x in enumerate(letters)}


def _asian(letter: str, page: str) -> float:
    if letter == "\N{REPLACEMENT CHARACTER}":
        return _IMPOSSIBLE
    if _ASIAN_SIGNS.match(letter):
        return 2 * _SIGN
    own, size = _ASIAN_LETTER.get(page, (_HAN, 1500))
    if own.match(letter):
        return -math.log(size)
    # Japanese has Han letters beside its own; a rare letter tells of the wrong page.
    return -math.log(2000) if page == "cp932" and _HAN.match(letter) else 2 * _STRANGE
