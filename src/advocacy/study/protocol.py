"""The study's protocol, `analysis/study.toml`, and where the study keeps its files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advocacy.errors import UsageError

# Sections of the protocol that ask for further tables.
_SECTIONS = ("pairs", "lift", "standardisation", "equivalence", "curve")


@dataclass(frozen=True)
class Table:
    """One table of estimates: what it is about, its file, and the files that the book shows.

    ``published`` holds what disclosure leaves of ``estimates``; ``truth`` the estimates beside
    the truth, where the data are simulated.
    """

    target: str
    by: tuple[str, ...]
    estimates: Path
    published: Path
    shown: Path
    truth: Path


@dataclass(frozen=True)
class Further:
    """One table that is more than estimates: comparisons, curves, or tests of curves.

    Parameters
    ----------
    kind
        `pairs`, `lift`, `standardisation`, `equivalence`, `curve` or `curve_tests`.
    by
        Segments within whose crossing it is made.
    compares
        What is compared: a segment, or `intent`; empty for curves.
    mix
        Segments whose mix is made common.
    estimates, published, shown
        As in `Table`.
    """

    kind: str
    by: tuple[str, ...]
    compares: str
    mix: tuple[str, ...]
    estimates: Path
    published: Path
    shown: Path


@dataclass(frozen=True)
class Pooling:
    """What is asked of the multilevel model of programmes.

    Parameters
    ----------
    draws, seed
        Arguments of `pool`.
    conf_level
        Probability of its intervals.
    answers
        Effective number of answers from which the next programme will observe its rate.
    """

    draws: int
    seed: int
    conf_level: float
    answers: int


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
    crossings, finer
        Segments of each table of estimates: for all targets, and for the first alone.
    between, quantity, adjust
        Arguments of `compare`, a table for each segment.
    lift_crossings
        Segments of each table of lift.
    standardise_between, mix
        Arguments of `standardise`.
    equivalence_crossings, margin, equivalence_conf_level
        Arguments of `equivalence`, a table for each crossing.
    curve_crossings
        Segments of each table of curves, and of each table of their tests.
    pooling
        What is asked of the multilevel model.
    disclosure
        Arguments of `DisclosureRules`.
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
    finer: tuple[tuple[str, ...], ...]
    between: tuple[str, ...]
    quantity: str
    adjust: str
    lift_crossings: tuple[tuple[str, ...], ...]
    standardise_between: str
    mix: tuple[str, ...]
    equivalence_crossings: tuple[tuple[str, ...], ...]
    margin: float
    equivalence_conf_level: float
    curve_crossings: tuple[tuple[str, ...], ...]
    pooling: Pooling
    disclosure: Mapping[str, float]

    @property
    def derived(self) -> Path:
        """Folder of everything that the study writes."""
        return self.root / "data" / "derived"

    @property
    def deliveries(self) -> Path:
        """Folder of the simulated deliveries."""
        return self.root / "data" / "raw" / "simulated"

    @property
    def pooled(self) -> Path:
        """Folder of the fitted multilevel model, and of what it says."""
        return self.derived / "pooled"

    @property
    def shown(self) -> Path:
        """Folder of what the book shows."""
        return self.derived / "book"

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of estimates by name, such as `sector` or `these_programmes:sector`."""
        tables = {}
        for target in self.targets:
            headline = target == self.targets[0]
            prefix = "" if headline else f"{target}:"
            for by in (*self.crossings, *(self.finer if headline else ())):
                name = f"{prefix}{'_'.join(by) or 'overall'}"
                file = name.replace(":", "-")
                tables[name] = Table(
                    target=target,
                    by=by,
                    estimates=self.derived / "estimates" / f"{file}.parquet",
                    published=self.derived / "published" / f"{file}.parquet",
                    shown=self.shown / "tables" / f"{file}.md",
                    truth=self.shown / "tables" / f"truth-{file}.md",
                )
        return tables

    @property
    def further(self) -> dict[str, Further]:
        """Comparisons, curves and tests by name, such as `pairs_country` or `curve_sector`."""
        between = self.standardise_between
        made = [
            *(("pairs", (), segment, ()) for segment in self.between),
            *(("lift", by, "intent", ()) for by in self.lift_crossings),
            ("standardisation", (), between, self.mix),
            *(("equivalence", by, "", ()) for by in self.equivalence_crossings),
            *(("curve", by, "", ()) for by in self.curve_crossings),
            *(("curve_tests", by, "", ()) for by in self.curve_crossings),
        ]
        return {
            name: Further(
                kind=kind,
                by=by,
                compares=compares,
                mix=mix,
                estimates=self.derived / "estimates" / f"{name}.parquet",
                published=self.derived / "published" / f"{name}.parquet",
                shown=self.shown / "tables" / f"{name}.md",
            )
            for kind, by, compares, mix in made
            for name in ["_".join(filter(None, [kind, *by, compares.replace("intent", "")]))]
        }

    def needed(self, name: str, by: str) -> Table | Further:
        """Return a table that the study cannot do without, of `tables` or of `further`.

        Parameters
        ----------
        name
            Its name, such as `sector` or `curve_sector`.
        by
            What needs it, such as "the figure years".

        Raises
        ------
        UsageError
            The protocol does not ask for it.
        """
        tables = self.tables | self.further
        if name not in tables:
            section = next((kind for kind in _SECTIONS if name.startswith(kind)), "segments")
            raise UsageError(
                f"The protocol asks for no table {name}, which {by} needs.",
                where=str(self.root / "analysis" / "study.toml"),
                remedy=f"Name its segments in [{section}] again, or take {by} out of analysis/ "
                "and book/.",
            )
        return tables[name]


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
        crossings=_crossings(content["segments"]["crossings"]),
        finer=_crossings(content["segments"]["finer"]),
        between=tuple(content["pairs"]["between"]),
        quantity=content["pairs"]["quantity"],
        adjust=content["pairs"]["adjust"],
        lift_crossings=_crossings(content["lift"]["crossings"]),
        standardise_between=content["standardisation"]["between"],
        mix=tuple(content["standardisation"]["mix"]),
        equivalence_crossings=_crossings(content["equivalence"]["crossings"]),
        margin=content["equivalence"]["margin"],
        equivalence_conf_level=content["equivalence"]["conf_level"],
        curve_crossings=_crossings(content["curve"]["crossings"]),
        pooling=Pooling(**content["pooling"]),
        disclosure=content["disclosure"],
        targets=tuple(content["estimation"].pop("targets")),
        **content["estimation"],
    )


def _crossings(listed: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(by) for by in listed)
