"""What a number is that others have published: in words, and what it is no proof of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advocacy.evidence.schema import CONTEXT, OTHER
from advocacy.report.wording import ENGLISH

Entry = Mapping[str, Any]

# What a number is of a figure, and of all figures that are drawn of a quantity.
_OF_FIGURE = {
    "": "",
    "low": "lower end",
    "n": "size of its base",
    "window": "months that it covers",
}
_OF_RANGE = {
    "low": "lowest of {figures}",
    "high": "highest of {figures}",
    "figures": "number of figures that others have published",
    "with_n": "of {figures}, how many have the size of their base",
}
# What a figure of a quantity is easily taken for, and is not.
_NOT = {
    "acted_given_intended": "It is a share of those who had stated an intention. "
    "It is no share of all customers.",
    "acted": "It is a share of all customers, whatever they intended. "
    "It is not the share of those who intend to recommend that do.",
    "acted_per_intended": "It is one share divided by another, and an upper bound. "
    "It is not the share of those who intend to recommend that do.",
    "intended_given_acted": "It looks back from those who recommended. "
    "It is not the share of those who intend to recommend that do.",
    "other": "It is no share of those who intend to recommend that do, "
    "and is compared with no other figure.",
}
_RANGE = (
    "It is of a range over figures with different bases, windows and questions. "
    "The range is no interval, has no mean, and is no forecast of what another company would find."
)
_BETWEEN = "The figure is known as a range only. The range is no interval."
_NO_N = "The size of its base was not seen: how sure it is cannot be said."
_NO_INTERVAL = "Its source gives no interval, as far as it was seen."
_NO_WINDOW = "The months that it covers were not seen: it is no rate within 12 months."
_ALONE = "It is context, and was neither drawn beside other figures nor pooled."


def in_parts(identifier: str, entry: Entry) -> list[str]:
    """Return what a published number is: the quantity, its base, whose it is, and the part."""
    quantity = ENGLISH(f"published.quantities.{entry['quantity']}")
    part = _part(identifier)
    if _is_range(entry):
        return [quantity, "", "", _OF_RANGE[part].format(figures=_figures(entry))]
    share = ENGLISH("published.of", what=entry["what"], base=entry["base"])
    words = "" if part == "low" and not _is_between(entry) else _OF_FIGURE[part]
    if entry["quantity"] == OTHER:  # the name of no quantity
        return [share, "", entry["label"], words]
    return [quantity, share, entry["label"], words]


def cautions(entry: Entry) -> list[str]:
    """Return what a published number may not be used for, what is not known of it included."""
    said = [_NOT[entry["quantity"]]]
    if _is_range(entry):
        return [_RANGE, *said]
    said += [_BETWEEN] if _is_between(entry) else []
    said += [_NO_N] if entry.get("n") is None else []
    said += [_NO_INTERVAL] if entry.get("conf_low") is None else []
    said += [_NO_WINDOW] if entry.get("window_months") is None else []
    said += [_ALONE] if entry["include"] == CONTEXT else []
    return [*said, f"To bear in mind: {entry['why']}"]


def facts(entry: Entry) -> dict[str, str]:
    """Return what is known of a published number, in words, by what it is called."""
    months = entry.get("window_months")
    return {
        "source": entry["published_by"],
        "quantity": ENGLISH(f"published.quantities.{entry['quantity']}"),
        "what": entry.get("what") or "",
        "base": entry.get("base") or "",
        "months": "" if months is None else ENGLISH.shortest(float(months)),
        "n": "" if entry.get("n") is None else ENGLISH.count(float(entry["n"])),
        "note on n": entry.get("n_note") or "",
        "how it was seen": entry.get("seen") or "",
    }


def _is_range(entry: Entry) -> bool:
    return bool(entry.get("figures"))


def _is_between(entry: Entry) -> bool:
    return bool(entry.get("low") != entry.get("high"))


def _figures(entry: Entry) -> str:
    number = len(entry["figures"].split())
    return f"{number} published figures" if number > 1 else "the one published figure"


def _part(identifier: str) -> str:
    """Return which number it is of its figure or quantity; nothing where it is the figure."""
    return identifier.split(":", 2)[2] if identifier.count(":") > 1 else ""
