"""Options of all commands that read a file: how much memory and time that may take."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import click

from advocacy.limits import limited, limits, size

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB)", re.IGNORECASE)
_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


class _Size(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click alone
    """A number of bytes, such as 16GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes that a text names."""
        found = _SIZE.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no size such as 16GB or 500MB", param, ctx)
        return int(float(found[1]) * _UNITS[found[2].lower()])


def _memory(context: click.Context, _: click.Parameter, value: int | None) -> None:
    if value is not None:
        context.with_resource(limited(replace(limits(), memory=value)))


def _seconds(context: click.Context, _: click.Parameter, value: float | None) -> None:
    if value is not None:
        context.with_resource(limited(replace(limits(), seconds=value)))


LIMIT_OPTIONS = (
    click.Option(
        ["--most-memory"],
        type=_Size(),
        expose_value=False,
        callback=_memory,
        help="Memory that reading a file may take, such as 16GB; the size that a small file may "
        f"expand to grows with it.  [default: {size(limits().memory)}]",
    ),
    click.Option(
        ["--most-seconds"],
        type=click.FloatRange(min=0, min_open=True),
        expose_value=False,
        callback=_seconds,
        help=f"Seconds that reading a file may take.  [default: {limits().seconds:g}]",
    ),
)
