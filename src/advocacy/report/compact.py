"""A figure as SVG without what only its writer needs: it looks the same in a third of the room.

matplotlib writes coordinates to a millionth of a point, a look of its own for each line, names of
groups, of which several are the same, and a document type that e-readers refuse.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from string import ascii_lowercase
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_SVG = "http://www.w3.org/2000/svg"
_G, _STYLE = f"{{{_SVG}}}g", f"{{{_SVG}}}style"
_NUMBER = re.compile(r"(?<![\w#])-?\d+\.\d{3,}")
# Space that says nothing in a path: around letters, and at its ends.
_IN_PATH = re.compile(r"\s*([A-Za-z])\s*|\s+$")


def compact(svg: str) -> str:
    """Return a figure with coordinates in hundredths of a point, each look said once."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    for part in root.iter():
        part.tail = None
        if len(part):
            part.text = None
        if part.tag == _G:
            part.attrib.pop("id", None)
        part.attrib.update({name: _shorter(name, value) for name, value in part.attrib.items()})
    _say_looks_once(root)
    _regroup(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _shorter(name: str, value: str) -> str:
    value = _NUMBER.sub(_rounded, value)
    return _IN_PATH.sub(r"\1", value) if name == "d" else value


def _rounded(number: re.Match[str]) -> str:
    """Return a number to the hundredth; one below 1, such as a scale, to three digits."""
    value = float(number[0])
    if abs(value) < 1:
        return f"{value:.3g}" if abs(value) >= 1e-4 else "0"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _say_looks_once(root: Element) -> None:
    """Name each look that several parts have, in the sheet of the figure."""
    often = Counter(part.get("style", "") for part in root.iter())
    looks = [look for look, times in often.items() if look and times > 1]
    names = {look: _name(place) for place, look in enumerate(looks)}
    for part in root.iter():
        if part.get("style") in names:
            part.set("class", names[part.attrib.pop("style")])
    sheet = Element(_STYLE)
    sheet.text = "".join(f".{name}{{{look};}}" for look, name in names.items())
    root.insert(0, sheet)


def _name(place: int) -> str:
    head, letter = divmod(place, len(ascii_lowercase))
    return (_name(head - 1) if head else "") + ascii_lowercase[letter]


def _regroup(part: Element) -> None:
    """Put in place of each group that says nothing what it holds; cut neighbours alike once."""
    children: list[Element] = []
    for child in part:
        _regroup(child)
        children.extend(child if child.tag == _G and not child.attrib else [child])
    part[:] = [one for cut, run in groupby(children, _cut) for one in _cut_once(cut, run)]


def _cut(part: Element) -> str:
    """Return by what a part is cut off; what is moved moves that too."""
    return "" if part.get("transform") else part.get("clip-path", "")


def _cut_once(cut: str, run: Iterable[Element]) -> list[Element]:
    parts = list(run)
    if not cut or len(parts) == 1:
        return parts
    group = Element(_G, {"clip-path": cut})
    for part in parts:
        del part.attrib["clip-path"]
        group.append(part)
    return [group]
