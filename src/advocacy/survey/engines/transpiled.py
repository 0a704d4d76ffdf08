"""What engines share that speak another dialect than the statement's."""

from __future__ import annotations

from collections.abc import Sized
from importlib import import_module
from typing import Any

from advocacy.errors import UsageError


def package(module: str, extra: str) -> Any:
    """Import a module of an optional package.

    Raises
    ------
    UsageError
        It is not installed; names the extra that has it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"The engine {extra} needs the package {module.split('.')[0]}, "
            f"which cannot be imported ({error}).",
            remedy=f"Install the extra advocacy[{extra}].",
        ) from error


def parsed(sql: str, extra: str) -> Any:
    """Return the tree of a statement in DuckDB's dialect, as `sqlglot` has it."""
    return package("sqlglot", extra).parse_one(sql, read="duckdb")


def refuse_files(found: Sized, engine: str, remedy: str) -> None:
    """Refuse answers of a file, whose crosswalk is written for the embedded engine alone."""
    if found:
        raise UsageError(f"The engine {engine} does not read survey files.", remedy=remedy)
