"""Where something stands in a protocol, and how a line of it is written."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy.errors import UsageError
from advocacy.reading import ordinary_file

_SECTION = re.compile(r"\s*\[{1,2}\s*([A-Za-z_][\w-]*)\s*\]{1,2}\s*(#.*)?")
_ENTRY = re.compile(r"\s*([A-Za-z_][\w-]*)\s*=")
_AT = re.compile(r" \(at line (\d+), column \d+\)")


@dataclass(frozen=True)
class Text:
    """A protocol as it is written, and what it says.

    Parameters
    ----------
    path
        Its file.
    text
        All of it.
    content
        What it says, by section and entry.
    """

    path: Path
    text: str
    content: Mapping[str, Any]

    def entries(self, section: str, entry: str) -> list[Any]:
        """Return what a list holds; nothing where there is none, or it is no list."""
        content = self.content.get(section)
        value = content.get(entry) if isinstance(content, dict) else None
        return value if isinstance(value, list) else []

    def where(self, section: str, entry: str = "", *values: str) -> str:
        """Return file and lines of a section, of an entry in it, or of values of that entry.

        What is not found, such as an entry that is not there, is where its section is.
        """
        lines = self._lines(section, entry, values) or self._lines(section, "", ())
        if not lines:
            return str(self.path)
        return f"{self.path}, line{'s' * (len(lines) > 1)} {', '.join(map(str, lines))}"

    def _lines(self, section: str, entry: str, values: tuple[str, ...]) -> list[int]:
        found, here, there = [], "", ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if match := _SECTION.fullmatch(line):
                here, there = match[1], ""
            elif match := _ENTRY.match(line):
                there = match[1]
            begins = bool(match)
            if (here, there) == (section, entry) and (_names(line, values) if values else begins):
                found.append(number)
        return found


def _names(line: str, values: tuple[str, ...]) -> bool:
    """Tell whether a line has one of the values, as a text outside of a comment."""
    texts = re.findall(r"""["']([^"']*)["']""", line.split("#")[0])
    return not set(texts).isdisjoint(values)


def written(entry: str, value: Any) -> str:
    """Return an entry as it is written in TOML: texts, numbers, and lists of them."""
    return f"{entry} = {json.dumps(value, ensure_ascii=False)}"


def read_text(path: Path) -> Text:
    """Read a protocol as it is written.

    Raises
    ------
    UsageError
        It is not there, or no TOML; the message has the line.
    """
    try:
        text = ordinary_file(path).read_text(encoding="utf-8")
        return Text(path, text, tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The protocol cannot be read ({error}).",
            where=str(path),
            remedy="Save it as text in UTF-8 under this name.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(path, text, str(error)) from error


def _no_toml(path: Path, text: str, said: str) -> UsageError:
    at = _AT.search(said)
    number = int(at[1]) if at else len(text.splitlines())
    line = text.splitlines()[number - 1].strip() if text else ""
    return UsageError(
        f"The protocol is no TOML: {_AT.sub('', said)}.",
        where=f"{path}, line {number}: {line}",
        remedy="A line is [section], entry = value or a # comment. A value is a text in double "
        "quotes, a number, or a list in square brackets with commas between; each entry and "
        "section stands once. Is the line before it whole?",
    )
