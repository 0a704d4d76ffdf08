"""The study's protocol, `analysis/study.toml`, and where the study keeps its files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from advocacy.errors import UsageError
from advocacy.estimation import Estimates, estimate
from advocacy.estimation.comparisons.equivalence import equivalence
from advocacy.estimation.comparisons.lift import lift
from advocacy.estimation.comparisons.pairwise import compare
from advocacy.estimation.comparisons.standardisation import standardise
from advocacy.estimation.curves.curve import curve
from advocacy.estimation.curves.curve_tests import curve_tests

# The estimator of each kind of table; a section of the protocol has the name of the kind.
ESTIMATORS: dict[str, Callable[..., Estimates]] = {
    "rates": estimate,
    "pairs": compare,
    "lift": lift,
    "standardisation": standardise,
    "equivalence": equivalence,
    "curve": curve,
    "curve_tests": curve_tests,
}
# Arguments that [estimation] gives every estimator that takes them.
_COMMON = ("estimand", "intent", "interval", "conf_level")
_OTHER_SECTIONS = {"sources", "eligibility", "simulation", "estimation", "pooling", "disclosure"}


@dataclass(frozen=True)
class StudyTable:
    """A table that the study asks for.

    Parameters
    ----------
    name
        Such as `sector`, `these_programmes:sector` or `pairs_country`.
    kind
        Kind of its `Estimates`, by which `ESTIMATORS` has what makes it.
    target
        Inference target.
    options
        Arguments of the estimator, but for responses, design and engine.
    estimates, published
        Its file, and that of what disclosure leaves of it.
    """

    name: str
    kind: str
    target: str
    options: Mapping[str, Any]
    estimates: Path
    published: Path

    @property
    def by(self) -> tuple[str, ...]:
        """Segments within whose crossing it is made."""
        by: tuple[str, ...] = self.options.get("by", ())
        return by


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
    tables
        The tables that it asks for, by name.
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
    tables: Mapping[str, StudyTable]
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

    def needed(self, name: str, by: str) -> StudyTable:
        """Return a table that the study cannot do without.

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
        if name not in self.tables:
            kinds = [kind for kind in ESTIMATORS if name.startswith(kind)]
            section = max(kinds, key=len, default="rates")
            raise UsageError(
                f"The protocol asks for no table {name}, which {by} needs.",
                where=str(self.root / "analysis" / "study.toml"),
                remedy=f"Name its segments in [{section}] again, or take {by} out of the study "
                "and of book/.",
            )
        return self.tables[name]


def read_protocol(path: Path) -> Protocol:
    """Read the protocol; ``path`` is `analysis/study.toml` of a repository.

    Raises
    ------
    UsageError
        It is no TOML, or a section or an entry is absent or not known.
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
    simulation, estimation = content["simulation"], content["estimation"]
    targets = tuple(estimation.pop("targets"))
    common = {name: estimation[name] for name in _COMMON}
    tables = [
        table
        for kind, section in content.items()
        if kind not in _OTHER_SECTIONS
        for table in _tables(root, kind, section, common, targets)
    ]
    return Protocol(
        root=root,
        sources=root / content["sources"]["folder"],
        simulated_responses=simulation["responses"],
        **content["eligibility"],
        seed=simulation["seed"],
        tables={table.name: table for table in tables},
        pooling=Pooling(**content["pooling"]),
        disclosure=content["disclosure"],
        targets=targets,
        **estimation,
    )


def _tables(
    root: Path,
    kind: str,
    section: Mapping[str, Any],
    common: Mapping[str, Any],
    targets: Sequence[str],
) -> Iterator[StudyTable]:
    """Yield the tables of a section, a table an entry of its lists; the rest is the same in all.

    Rates are for all targets, unless they are finer, and the other kinds for the first alone.
    """
    takes = signature(ESTIMATORS[kind])
    entries = {name: tuple(own) if isinstance(own, list) else own for name, own in section.items()}
    if "between" in takes.parameters:
        asked, finer = [{"between": segment} for segment in entries.pop("between")], []
    else:
        asked = [{"by": tuple(by)} for by in entries.pop("crossings")]
        finer = [{"by": tuple(by)} for by in entries.pop("finer")] if kind == "rates" else []
    shared = {name: own for name, own in common.items() if name in takes.parameters} | entries
    for target in targets if kind == "rates" else targets[:1]:
        for own in [*asked, *finer] if target == targets[0] else asked:
            takes.bind(None, **shared, **own)
            yield _table(root, kind, target, shared | own, headline=target == targets[0])


def _table(
    root: Path, kind: str, target: str, options: Mapping[str, Any], *, headline: bool
) -> StudyTable:
    segments = [*options.get("by", ()), *([options["between"]] if "between" in options else [])]
    name = "_".join([*([] if kind == "rates" else [kind]), *segments]) or "overall"
    name = name if headline else f"{target}:{name}"
    estimates, published = (
        root / "data" / "derived" / folder / f"{name.replace(':', '-')}.parquet"
        for folder in ("estimates", "published")
    )
    return StudyTable(name, kind, target, options, estimates, published)
