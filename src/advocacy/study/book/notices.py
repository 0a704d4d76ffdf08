"""What a page says of the kinds of evidence that it shows."""

from __future__ import annotations

from collections.abc import Sequence

# What the kinds of evidence are called below a figure and in its alternative text.
FACES = {
    "simulated": "Simulated data",
    "collected": "Collected data",
    "published": "Published figures",
    "measured": "Measured",
}


def notice(kinds: Sequence[str], own: str) -> str:
    """Return the admonition at the top of a page with results; nothing where none needs one.

    Parameters
    ----------
    kinds
        Kinds of evidence of what the page shows, the first first.
    own
        Kind of evidence of the study's data.
    """
    if not {own, "simulated", "published"}.intersection(kinds):
        return ""
    as_published = kinds[0] == "published"
    first, *others = kinds if own in kinds or as_published else ["simulated", *kinds]
    words = {
        "simulated": "those of simulations",
        "measured": "measurements",
        "published": "published figures",
        "collected": "those of collected data",
    }
    but = " and ".join(words[kind] for kind in dict.fromkeys(others) if kind != first)
    except_for = f", but for {but}, which say so" if but else ""
    if first == "simulated":
        return (
            ":::{admonition} Simulated data\n:class: warning simulated\n"
            f"The numbers and figures on this page come from simulated programmes with a known "
            f"truth{except_for}. They show what the method does; they say nothing about any "
            "company, industry or country. They are not findings.\n:::"
        )
    if as_published:
        return (
            ":::{admonition} Published figures\n:class: note published\n"
            "The numbers and figures on this page are what others have published, as far as it "
            f"was seen{except_for}.\n:::"
        )
    return (
        f":::{{admonition}} {FACES[first]}\n:class: note {first}\n"
        f"The numbers and figures on this page come from {first} data{except_for}.\n:::"
    )
