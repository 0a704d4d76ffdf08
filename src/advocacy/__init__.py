"""How often does the intent to recommend go with an actual recommendation?"""

from __future__ import annotations


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Here, because to look into the installed packages takes longer than to start.
    from importlib.metadata import version

    return version("advocacy")
