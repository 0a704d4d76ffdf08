"""A chapter without what the data do not allow.

A chapter is written as if everything could be shown. What the study does not have drops out of it
by one rule: a figure, an included table, or a paragraph, an item of a list or a row with a number,
falls where that is absent; a section falls with the last result that it had, a chapter with its
last section, and a link to it becomes its title. Where a reader would miss something, a line says
what was left out and why. The kind of evidence is put in as well: at the top of each page, and at
each figure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from advocacy.report.wording import counted
from advocacy.study.book.exhibits.downloads import links
from advocacy.study.book.notices import FACES, notice

_NUMBER = re.compile(r"\{number\}`([^`]+)`")
_SHOWN = re.compile(r"\.\./data/derived/book/(\S+\.(?:svg|md))")
_LINK = re.compile(r"\[([^\]]*)\]\(([\w-]+)\.md(?:#[^)]*)?\)")
_DIRECTIVE = re.compile(r"\{([\w-]+)\}\s*(.*)")
# Numbers that are no results, so that no section stays for their sake.
_OF_PROTOCOL = ("study:", "next:")
_PARSER = MarkdownIt("commonmark").enable("table").use(colon_fence_plugin).use(front_matter_plugin)


@dataclass(frozen=True)
class Contents:
    """What the book can show.

    Parameters
    ----------
    kind
        Kind of evidence of the study's data.
    numbers
        Text of each number of the ledger, and its kind of evidence, by identifier.
    shown
        Kinds of evidence behind each figure and page, by file, such as `figures/years.svg`.
    absent
        Why there is no such file or number, for each that a chapter names.
    left_out
        Titles of chapters that fall, by name.
    version
        Under which the numbers are published.
    made
        The function that makes each figure and page, and on what a figure rests, by file.
    """

    kind: str
    numbers: Mapping[str, tuple[str, str | None]]
    shown: Mapping[str, Sequence[str]]
    absent: Mapping[str, str]
    left_out: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    made: Mapping[str, Sequence[str]] = field(default_factory=dict)


def named(text: str) -> set[str]:
    """Return the files and numbers that a chapter names."""
    return {*_SHOWN.findall(text), *_NUMBER.findall(text)}


def title(text: str, contents: Contents) -> str:
    """Return the title of a chapter."""
    return next(_plain(block.text, contents) for block in _blocks(text, contents) if block.level)


def abridged(text: str, contents: Contents, *, root: bool) -> str | None:
    """Return a chapter without what is absent; ``None`` where nothing of its results is left.

    Parameters
    ----------
    text
        The chapter as it is written.
    contents
        What the book can show.
    root
        It is the first page, which stays whatever it has.
    """
    blocks = _blocks(text, contents)
    kinds = _kinds(blocks, contents, root=root)
    page = _Section.of(blocks).reduced(contents)
    if page.results and not page.left and not root:
        return None
    return "\n\n".join(_with_notice(page.texts, notice(kinds, contents.kind))) + "\n"


def without_chapters(contents: Contents, texts: Mapping[str, str], root: str) -> Contents:
    """Return contents that know which chapters fall.

    Parameters
    ----------
    contents
        What the book can show.
    texts
        The chapters as they are written, by name.
    root
        Name of the first page.
    """
    fallen = [n for n, text in texts.items() if abridged(text, contents, root=n == root) is None]
    reasons = {
        f"{name}.md": next(
            contents.absent[one] for one in sorted(named(texts[name])) if one in contents.absent
        )
        for name in fallen
    }
    left_out = {name: title(texts[name], contents) for name in fallen}
    return replace(contents, absent={**contents.absent, **reasons}, left_out=left_out)


def without_links(text: str, contents: Contents) -> str:
    """Put the titles of chapters that fall in the place of links to them."""

    def put(match: re.Match[str]) -> str:
        words, name = match.groups()
        return (words or contents.left_out[name]) if name in contents.left_out else match[0]

    return _LINK.sub(put, text)


def chapters_in(toc: Mapping[str, Any]) -> list[str]:
    """Return the names of all chapters in a table of contents, the first page in front."""
    lists = [toc.get("chapters", []), *(part["chapters"] for part in toc.get("parts", []))]
    return [toc["root"], *(one["file"] for own in lists for one in own)]


def abridged_toc(toc: Mapping[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """Return a table of contents without chapters that fall, and parts that have none left."""

    def kept(own: Mapping[str, Any]) -> dict[str, Any]:
        chapters = [one for one in own.get("chapters", []) if one["file"] not in left_out]
        return {**own, "chapters": chapters} if "chapters" in own else dict(own)

    parts = [part for part in map(kept, toc.get("parts", [])) if part["chapters"]]
    return kept(toc) | ({"parts": parts} if "parts" in toc else {})


# Blocks and what is left of them


@dataclass(frozen=True)
class _Missing:
    """What was left out, in words, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class _Reduced:
    """What is left of a part of a chapter.

    Parameters
    ----------
    texts
        Its blocks.
    results
        Results that it had.
    left
        Results that it still has.
    missing
        What was left out of it.
    """

    texts: tuple[str, ...] = ()
    results: int = 0
    left: int = 0
    missing: tuple[_Missing, ...] = ()


@dataclass(frozen=True)
class _Block:
    """A block of Markdown; ``level`` is that of a heading, else 0."""

    text: str
    kind: str
    level: int = 0

    def reduced(self, contents: Contents) -> _Reduced:
        """Return what is left of the block."""
        if self.kind == "list":
            return self._items(contents)
        if self.kind == "colon_fence" and not self.text.lstrip(":").startswith("{figure}"):
            return self._fenced(contents)
        names = named(self.text)
        reasons = [contents.absent[name] for name in sorted(names) if name in contents.absent]
        if reasons:
            return _Reduced((), 1, 0, (_Missing(_what(self.text), reasons[0]),))
        text = without_links(_faced(self.text, contents), contents)
        results = int(any(not name.startswith(_OF_PROTOCOL) for name in names))
        return _Reduced((text,), results, results)

    def _items(self, contents: Contents) -> _Reduced:
        parts = [_item(text, contents) for text in _split_list(self.text)]
        whole = _together(parts)
        texts = ("\n".join(whole.texts),) if whole.texts else ()
        return _Reduced(texts, whole.results, whole.left, whole.missing)

    def _fenced(self, contents: Contents) -> _Reduced:
        """Reduce what a directive of colons holds; it falls where it had results and has none."""
        opening, *inside, closing = self.text.splitlines()
        parts = [block.reduced(contents) for block in _blocks("\n".join(inside), contents)]
        whole = _together(parts)
        if whole.results and not whole.left:
            return whole if not whole.texts else _Reduced((), whole.results, 0, whole.missing)
        text = "\n".join([opening, "\n\n".join(whole.texts), closing])
        return _Reduced((text,), whole.results, whole.left, whole.missing)


@dataclass(frozen=True)
class _Section:
    """A heading, the blocks below it, and the sections below those."""

    heading: _Block | None
    blocks: tuple[_Block, ...]
    sections: tuple[_Section, ...]

    @classmethod
    def of(cls, blocks: Sequence[_Block], heading: _Block | None = None) -> _Section:
        """Return blocks as a section, those under a heading in sections of their own."""
        first = next((place for place, one in enumerate(blocks) if one.level), len(blocks))
        sections, rest = [], blocks[first:]
        while rest:
            head, *behind = rest
            end = next(
                (place for place, one in enumerate(behind) if 0 < one.level <= head.level),
                len(behind),
            )
            sections.append(cls.of(behind[:end], head))
            rest = behind[end:]
        return cls(heading, tuple(blocks[:first]), tuple(sections))

    def reduced(self, contents: Contents) -> _Reduced:
        """Return what is left: nothing where the section had results and has none any more."""
        own = _together([block.reduced(contents) for block in self.blocks])
        parts = [(section, section.reduced(contents)) for section in self.sections]
        below = _together([part for _, part in parts])
        results, left = own.results + below.results, own.left + below.left
        fallen = [
            _Missing(_plain(section.heading.text, contents), part.missing[0].reason)
            for section, part in parts
            if section.heading and not part.texts
        ]
        missing = (*own.missing, *fallen)
        if results and not left and self.heading and self.heading.level > 1:
            return _Reduced((), results, 0, missing)
        head = (self.heading.text,) if self.heading else ()
        if not head:  # what stands above the title: its only section is the page
            return _Reduced((*own.texts, *below.texts), results, left, missing)
        return _Reduced((*head, *own.texts, *_note(missing), *below.texts), results, left, missing)


def _together(parts: Sequence[_Reduced]) -> _Reduced:
    return _Reduced(
        tuple(text for part in parts for text in part.texts),
        sum(part.results for part in parts),
        sum(part.left for part in parts),
        tuple(one for part in parts for one in part.missing),
    )


def _item(text: str, contents: Contents) -> _Reduced:
    """Reduce an item of a list: it falls with a number, or with all chapters that it leads to."""
    leads = [name for _, name in _LINK.findall(text)]
    if leads and all(name in contents.left_out for name in leads):
        missing = (_Missing(contents.left_out[n], contents.absent[f"{n}.md"]) for n in leads)
        return _Reduced(missing=tuple(missing))
    return _Block(text, "item").reduced(contents)


def _what(text: str) -> str:
    if "{figure}" in text.splitlines()[0]:
        return "a figure"
    return "a table" if "{include}" in text.splitlines()[0] else "a statement"


def _note(missing: Sequence[_Missing]) -> list[str]:
    """Return a line on what was left out, with the reasons."""
    by_reason: dict[str, list[str]] = {}
    for one in missing:
        by_reason.setdefault(one.reason, []).append(one.what)
    said = [f"{_listed(things)} ({reason})" for reason, things in by_reason.items()]
    return [f"*Left out here: {'; '.join(said)}.*"] if said else []


def _listed(things: Sequence[str]) -> str:
    """Return things in words, like ones counted: 2 figures and a table."""
    words = []
    for thing in dict.fromkeys(things):
        number = things.count(thing)
        words.append(counted(number, thing.removeprefix("a ")) if number > 1 else thing)
    return ", ".join(words)


# Kinds of evidence


def _kinds(blocks: Sequence[_Block], contents: Contents, *, root: bool) -> list[str]:
    """Return the kinds of evidence of what blocks show, that of the data first.

    What others have published comes first where it is most of what the page shows, but on the first
    page, which speaks for the whole book.
    """
    found = Counter[str]()
    for name in {name for block in blocks for name in named(block.text)} - contents.absent.keys():
        kind = contents.numbers[name][1] if name in contents.numbers else None
        found.update({*contents.shown.get(name, ()), *([kind] if kind else [])})
    is_published = 2 * found["published"] > found.total() and not root
    mostly = "published" if is_published else contents.kind
    return sorted(+found, key=lambda kind: (kind != mostly, kind))


def _with_notice(texts: Sequence[str], said: str) -> Iterator[str]:
    """Yield blocks, and a notice below the title."""
    waiting = bool(said)
    for text in texts:
        yield text
        if waiting and text.startswith("# "):
            yield said
            waiting = False


def _faced(text: str, contents: Contents) -> str:
    """Put the kind of evidence into a figure's alternative text and caption, and downloads below.

    The caption says on which base the figure rests and how that is weighted.
    """
    opening, *lines = text.splitlines()
    match = re.match(r":::+\{figure\}", opening)
    shown = _SHOWN.findall(opening)
    if not match or not shown:
        return text
    face = " and ".join(FACES[kind] for kind in contents.shown[shown[0]])
    *inside, closing = lines
    alt = ":alt: "
    inside = [f"{alt}{face}. {one[len(alt) :]}" if one.startswith(alt) else one for one in inside]
    made_by, resting = contents.made.get(shown[0], ("", ""))
    below = ["", links(shown[0], ("svg", "png", "csv"), made_by)] if made_by else []
    said = " ".join(filter(None, (resting, f"{face}.")))
    return "\n".join([opening, *inside, said, *below, closing])


# Markdown


def _blocks(text: str, contents: Contents) -> list[_Block]:
    """Return the blocks of a text; those for other kinds of evidence are left out.

    Between ``:::{only} simulated`` and ``:::`` stands what is said of simulated data alone.
    """
    lines, found = text.splitlines(), []
    for token in _PARSER.parse(text):
        if token.level or not token.map or token.nesting < 0:
            continue
        own = "\n".join(lines[slice(*token.map)]).rstrip()
        directive = _DIRECTIVE.match(token.info) if token.type == "colon_fence" else None
        if directive and directive[1] == "only":
            if contents.kind in directive[2].replace(",", " ").split():
                found += _blocks(token.content, contents)
            continue
        kind = "list" if token.type.endswith("list_open") else token.type
        level = int(token.tag[1:]) if token.type == "heading_open" else 0
        found.append(_Block(own, kind, level))
    return found


def _split_list(text: str) -> list[str]:
    lines = text.splitlines()
    starts = [token.map[0] for token in _PARSER.parse(text)
              if token.type == "list_item_open" and token.level == 1 and token.map]  # fmt: skip
    return [
        "\n".join(lines[start:end]).rstrip()
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]


def _plain(heading: str, contents: Contents) -> str:
    """Return a heading in words alone."""
    text = heading.lstrip("# ")
    return _NUMBER.sub(lambda match: contents.numbers.get(match[1], ("", None))[0], text)
