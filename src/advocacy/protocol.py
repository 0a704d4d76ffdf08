"""The study's protocol, `analysis/study.toml`, and where the study keeps its files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy.errors import UsageError


@dataclass(frozen=True)
class Table:
    """One table of estimates: what it is about, its file, and the files that the book shows.

    ``truth`` holds the estimates beside the truth, where the data are simulated.
    """

    target: str
    by: tuple[str, ...]
    estimates: Path
    shown: Path
    truth: Path


@dataclass(frozen=True)
class Protocol:
    """What the study does.

    Parameters
    ----------
    root
        Root of the repository.
    sources
        Folder below which every `source.toml` is a source.
    repeat, repeat_window_days
        Contact rule: which answers of a respondent about a supplier count.
    simulated_responses, seed
        Size and seed of the demonstration deliveries.
    estimand, intent, weight_scaling, interval, conf_level, lonely_psu
        Arguments of `survey_design` and `estimate`.
    targets
        Inference targets; the first goes without saying in names of tables and numbers.
    threads
        Threads of the grouped pass.
    crossings
        Segments of each table of estimates.
    smallest_n
        Estimates on fewer ratings are withheld from the book.
    """

    root: Path
    sources: Path
    repeat: str
    repeat_window_days: int
    simulated_responses: int
    seed: int
    estimand: str
    intent: str
    targets: tuple[str, ...]
    weight_scaling: str
    interval: str
    conf_level: float
    lonely_psu: str
    threads: int
    crossings: tuple[tuple[str, ...], ...]
    smallest_n: int

    @property
    def derived(self) -> Path:
        """Folder of everything that the study writes."""
        return self.root / "data" / "derived"

    @property
    def deliveries(self) -> Path:
        """Folder of the simulated deliveries."""
        return self.root / "data" / "raw" / "simulated"

    @property
    def shown(self) -> Path:
        """Folder of what the book shows."""
        return self.derived / "book"

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of estimates by name, such as `sector` or `these_programmes:sector`."""
        tables = {}
        for target in self.targets:
            prefix = "" if target == self.targets[0] else f"{target}:"
            for by in self.crossings:
                name = f"{prefix}{'_'.join(by) or 'overall'}"
                file = name.replace(":", "-")
                tables[name] = Table(
                    target=target,
                    by=by,
                    estimates=self.derived / "estimates" / f"{file}.parquet",
                    shown=self.shown / "tables" / f"{file}.md",
                    truth=self.shown / "tables" / f"truth-{file}.md",
                )
        return tables


def read_protocol(path: Path) -> Protocol:
    """Read the protocol; ``path`` is `analysis/study.toml` of a repository.

    Raises
    ------
    UsageError
        It is no TOML, or an entry is absent or not known.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _protocol(path.resolve().parents[1], content)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageError(
            f"The protocol cannot be read ({error}).",
            where=str(path),
            remedy="Compare it with analysis/study.toml of the published study.",
        ) from error


def _protocol(root: Path, content: dict[str, Any]) -> Protocol:
    simulation = content["simulation"]
    return Protocol(
        root=root,
        sources=root / content["sources"]["folder"],
        simulated_responses=simulation["responses"],
        **content["eligibility"],
        seed=simulation["seed"],
        crossings=tuple(tuple(by) for by in content["segments"]["crossings"]),
        smallest_n=content["limits"]["smallest_n"],
        targets=tuple(content["estimation"].pop("targets")),
        **content["estimation"],
    )
