"""What is said of a file that is read straight, before its estimates."""

from __future__ import annotations

import click

from advocacy.report.wording import ENGLISH, counted
from advocacy.responses import Responses

# Remarks on answers that may be other than the file seems to say; the rest `inspect` shows.
_ON_ANSWERS = (
    "encoding.undecoded",
    "layout.",
    "delimited.either_comma",
    "spss.values",
    "spss.system_missing",
    "dates.impossible",
)


def say_what_was_assumed(responses: Responses) -> None:
    """Say what of a file's answers was read otherwise than it stands, and what does not count."""
    for remark in responses.remarks:
        if remark.key.startswith(_ON_ANSWERS):
            click.echo(f"Read: {ENGLISH.said(remark)}", err=True)
    found = responses.weightless
    if found and responses.weighs:
        verb = "have" if found > 1 else "has"
        words = f"{counted(found, 'rating')} {verb} no weight above 0, and so do not count."
        click.echo(words, err=True)
