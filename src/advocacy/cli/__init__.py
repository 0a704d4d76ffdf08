"""The command line: one file a command, each imported only when it is called."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from importlib import import_module
from io import StringIO
from typing import NoReturn

import click

from advocacy.cli.shared.limit_options import LIMIT_OPTIONS
from advocacy.errors import UsageError, said
from advocacy.startup import (
    INTERRUPTED,
    degrade_output,
    heed_interrupts,
    hide_pandas_from_pyarrow,
    import_later,
    leave_when_interrupted,
)
from advocacy.temporary import clear_abandoned_places

# By what they are for, as `advocacy --help` shows them.
_GROUPS = {
    "From a file to a report": {"report": "report.report"},
    "From a file to a dataset": {
        "inspect": "inspect",
        "crosswalk": "crosswalk",
        "import": "import_",
        "check": "dataset.check",
        "forget": "forget",
        "export": "export",
        "codebook": "codebook",
    },
    "Rates, and what goes with them": {
        "estimate": "estimate",
        "compare": "compare",
        "distribution": "rates.distribution",
        "curve": "curve",
        "stated-likelihood": "rates.stated_likelihood",
        "regress": "regress",
        "net": "rates.net",
        "track": "rates.track",
        "change": "rates.change",
        "drivers": "rates.drivers",
    },
    "What people go on to do": {
        "follow-up": "rates.follow_up",
        "attrition": "rates.attrition",
        "ladder": "rates.ladder",
    },
    "How wrong a rate could be": {"robustness": "rates.robustness"},
    "Programmes among others": {
        "expect": "expect",
        "benchmark": "benchmark",
        "pool": "pool",
    },
    "What others have published": {"evidence": "rates.evidence"},
    "A study of one's own": {"study": "study"},
    "Data with a known truth": {"simulate": "simulate"},
}
_NAMES = max(len(name) for group in _GROUPS.values() for name in group)
_COMMANDS = {name: file for group in _GROUPS.values() for name, file in group.items()}
_READ_FILES = _COMMANDS.keys() - {"forget", "codebook", "expect", "simulate", "evidence"}


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for, so that each starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, group in _GROUPS.items():
            rows = [(name, self._help(ctx, name)) for name in group]
            with formatter.section(title):
                formatter.write_dl(rows, col_max=_NAMES, col_spacing=2)

    def _help(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of a command's help, whole: the formatter wraps it."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str(len(command.help or "")) if command else ""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"advocacy.cli.{_COMMANDS[cmd_name]}").command
        heed_interrupts()  # from here on there may be something to clear away
        if not isinstance(command, click.Command):
            return None
        if all(option.name != _QUIET.name for option in command.params):
            command.params += [*(LIMIT_OPTIONS if cmd_name in _READ_FILES else ()), _QUIET]
        return command


def _silence(context: click.Context, _: click.Parameter, quiet: bool) -> None:
    """Say nothing on standard error while the command runs; errors are printed after it."""
    if quiet:
        context.with_resource(redirect_stderr(StringIO()))


_QUIET = click.Option(
    ["--quiet"],
    is_flag=True,
    expose_value=False,
    callback=_silence,
    help="Say nothing but results and errors.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="advocacy")
def cli() -> None:
    """How often does the intent to recommend go with an actual recommendation?"""


# What simulates and what samples is built on pandas, whose values pyarrow must know then.
_NEED_PANDAS = {"simulate", "pool"}
# They leave tables to another process, and import no pyarrow.
_WITHOUT_TABLES = {"inspect"}


def program() -> None:
    """Be the program `advocacy`: run a command as `main` does, in a process that is its own."""
    leave_when_interrupted()
    import_later()
    # Without a command, all are imported to be listed.
    if set(sys.argv[1:2]) & (_COMMANDS.keys() - _NEED_PANDAS - _WITHOUT_TABLES):
        hide_pandas_from_pyarrow()
    main()


def main() -> None:
    """Run a command. Exit status: 0, 1 for bad data, 2 for bad usage, 130 when interrupted."""
    degrade_output()
    try:
        clear_abandoned_places()
        status = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _interrupted()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is said
        if str(error) == "Query interrupted":  # so DuckDB calls Ctrl-C
            _interrupted()
        click.echo(f"advocacy: {_unnameable(error) or said(error)}", err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    sys.exit(status if isinstance(status, int) else 0)


def _interrupted() -> NoReturn:
    click.echo(INTERRUPTED, err=True)
    sys.exit(130)


def _unnameable(error: Exception) -> str | None:
    """Say that a name is not of this system's encoding, where that is what is wrong."""
    if not isinstance(error, UnicodeEncodeError) or "surrogates" not in error.reason:
        return None
    return (
        "A name has characters that this locale does not know.\n"
        f"  where:  {error.object}\n"
        "  remedy: Set PYTHONUTF8=1, or choose a locale of UTF-8; else name the file in ASCII."
    )
