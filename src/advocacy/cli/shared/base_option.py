"""The option of the ratings that a file of follow-ups or invitations is compared with."""

from __future__ import annotations

import click

from advocacy.cli.shared.input_file import LocalPath

base_option = click.option(
    "--base",
    type=LocalPath(exists=True),
    help="Of a file of follow-ups or invitations: a survey file or dataset of ratings that it may "
    "belong to; without it the files beside it are looked at.",
)
