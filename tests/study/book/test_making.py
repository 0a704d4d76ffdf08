"""What the book shows is made of its parts in the order in which it takes them."""

from __future__ import annotations

from pathlib import Path

from advocacy.study.book.making import Shown, made, paths_of
from advocacy.study.protocol import read_protocol


def test_parts_are_given_in_their_order_whatever_else_is_there(root: Path) -> None:
    study = read_protocol(root / "analysis" / "study.toml")
    shown = Shown(lambda *parts: parts, ("attrition_tried", "scaling"))
    backwards = dict(reversed(paths_of(study, shown).items()))
    more = paths_of(study, Shown(lambda: None, ("coverage",)))
    first, second = made(study, shown, {**more, **backwards}) or ((), ())
    alone = Shown(lambda part: part, ("attrition_tried",))
    assert first == made(study, alone, paths_of(study, alone))
    assert first != second
