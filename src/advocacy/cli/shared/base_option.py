"""The option of the ratings that a file of follow-ups or invitations is compared with."""

from __future__ import annotations

from pathlib import Path

import click

base_option = click.option(
    "--base",
    type=click.Path(exists=True, path_type=Path),
    help="Of a file of follow-ups or invitations: a survey file or dataset of ratings that it may "
    "belong to; without it the files beside it are looked at.",
)
