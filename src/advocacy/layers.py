"""The order of the packages, stated once.

It feeds the architecture test, the map in the README, and what makes a task of the study
stale: a task runs again when a file of its layer, or of one that it builds on, has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Layer:
    """A package, the question that it answers, and the packages that it may import."""

    package: str
    question: str
    imports: tuple[str, ...]


LAYERS = (
    Layer("responses", "What was asked", ()),
    Layer("simulation", "What if the truth were known", ("responses",)),
    Layer("survey", "How it was drawn", ("responses",)),
    Layer("estimation", "What is estimated", ("responses", "survey")),
    Layer("robustness", "How wrong it could be", ("responses", "survey", "estimation")),
    Layer("evidence", "What others found", ("estimation",)),
    Layer(
        "report",
        "How it is shown",
        ("responses", "estimation", "robustness", "evidence"),
    ),
    Layer(
        "study",
        "What the published study says",
        ("responses", "survey", "estimation", "robustness", "evidence", "report"),
    ),
    Layer(
        "cli",
        "How it is called",
        (
            "responses",
            "simulation",
            "survey",
            "estimation",
            "robustness",
            "evidence",
            "report",
            "study",
        ),
    ),
)


def source_files(package: str) -> tuple[Path, ...]:
    """Return the files of a layer, of all that it may import, and of the foundation."""
    layer = next(layer for layer in LAYERS if layer.package == package)
    folders = [_PACKAGE / name for name in (package, *layer.imports)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    code = [path for path in files if path.suffix in (".py", ".toml", ".csv")]
    return tuple(sorted([*_PACKAGE.glob("*.py"), *code]))


@cache
def source_digest(package: str) -> str:
    """Return a digest of `source_files`: one dependency of a task instead of hundreds."""
    digest = sha256()
    for path in source_files(package):
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def readme_map() -> str:
    """Return the map of the packages as a Markdown table."""
    rows = [
        f"| `{layer.package}` | {layer.question} | "
        f"{', '.join(f'`{name}`' for name in layer.imports) or '–'} |"
        for layer in LAYERS
    ]
    return "\n".join(["| package | question | may import |", "| --- | --- | --- |", *rows])
