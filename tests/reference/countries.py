"""Write the codes of countries by their names, from Unicode CLDR and ``names.toml``.

Run after a change of either: ``.venv/bin/python tests/reference/countries.py``. The commands read
what it writes, since to make it takes longer than the rest of what they do to a small file.
"""

from __future__ import annotations

import csv
from pathlib import Path

from babel import Locale
from babel.core import get_global

from advocacy.responses.crosswalk import names

# Both written forms of Norwegian.
_LOCALES = ("en", "nb", "nn", "sv", "da")

# What CLDR lists beside countries: unions, test regions, and parts of countries whose codes
# ISO only reserves. Kosovo (XK) stays: it has no ISO code of its own, and this one is in use.
_NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)


def made() -> dict[str, str]:
    """Return the ISO 3166-1 alpha-2 code of each folded name, or code, of a country."""
    pairs = [
        (name, code)
        for locale in _LOCALES
        for code, name in Locale(locale).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    ]
    countries = {code for _, code in pairs}
    pairs += [(code, code) for code in sorted(countries)]
    # Codes of three letters. Withdrawn ones of two are left alone: CT is a state as well.
    pairs += [
        (alias, codes[0])
        for alias, codes in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in countries
    ]
    further = names.further_names()["countries"]
    pairs += [(name, code) for code, own in further["names"].items() for name in own]
    return names.unambiguous(pairs, further["ambiguous"])


if __name__ == "__main__":
    path = Path(names.__file__).with_name("countries.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows([("name", "code"), *made().items()])
