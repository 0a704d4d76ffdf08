"""The study's protocol, `analysis/study.toml`, and where the study keeps its files."""

from __future__ import annotations

import copy
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
from advocacy.estimation.curves.stated import stated_likelihood
from advocacy.estimation.estimands import find_estimand
from advocacy.estimation.follow_up.attrition import attrition
from advocacy.estimation.follow_up.over_time import incidence_over_time
from advocacy.estimation.ladder.ladder import ladder
from advocacy.estimation.segments import find_segments
from advocacy.study.checks.lines import Text, read_text, written
from advocacy.study.checks.names import unknown
from advocacy.study.checks.problems import refuse
from advocacy.study.robustness import tables as robustness_tables

# The estimator of each kind of table; a section of the protocol has the name of the kind.
ESTIMATORS: dict[str, Callable[..., Estimates]] = {
    "rates": estimate,
    "pairs": compare,
    "lift": lift,
    "standardisation": standardise,
    "equivalence": equivalence,
    "curve": curve,
    "curve_tests": curve_tests,
    "ladder": ladder,
    "stated_likelihood": stated_likelihood,
    "over_time": incidence_over_time,
    "attrition": attrition,
    "robustness": robustness_tables.robustness,
    "misreport": robustness_tables.misreports,
    "recall": robustness_tables.recall,
    "participation": robustness_tables.participation,
    "specifications": robustness_tables.specifications,
    "multiverse_test": robustness_tables.multiverse_test,
}
# Kinds of the layer `robustness`, whose code makes them stale too.
OF_ROBUSTNESS = (
    "robustness", "misreport", "recall", "participation", "specifications", "multiverse_test",
)  # fmt: skip
# Arguments that [estimation] gives every estimator that takes them.
_COMMON = ("intent", "interval", "conf_level")
# What the chapters are worded for.
HEADLINE = "recommended_past_12m"
# What those who are followed go on to do, which has chapters of its own.
AFTER = "converted_within_12m"
# The rates that the multilevel model stands beside, without which it is not fitted.
POOLED_CELLS = "sector_industry_country"
# Where the demonstration deliveries are, below the root.
DELIVERIES = Path("data", "raw", "simulated")
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

    @property
    def registered(self) -> tuple[Path, ...]:
        """Files beside the protocol in which its choices are registered."""
        return tuple(own for own in self.options.values() if isinstance(own, Path))

    @property
    def fineness(self) -> int:
        """Number of segments that the responses are crossed by for it."""
        listed = [*self.options.get("by", ()), *self.options.get("mix", ())]
        return len(listed) + ("between" in self.options)


@dataclass(frozen=True)
class Simulation:
    """Size and seed of the demonstration deliveries."""

    responses: int
    seed: int


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


@dataclass(frozen=True, eq=False)
class Protocol:
    """What the study does; the same where it is the same object.

    Parameters
    ----------
    root
        Root of the repository.
    sources
        Folder below which every `source.toml` is a source.
    repeat, repeat_window_days
        Contact rule: which answers of a respondent about a supplier count.
    simulation
        The demonstration deliveries; ``None`` where the sources are one's own.
    estimands
        What is estimated; the first goes without saying in names of tables and numbers, and is what
        the chapters are about.
    intent, weight_scaling, interval, conf_level, lonely_psu
        Arguments of `survey_design` and `estimate`.
    targets
        Inference targets; the first goes without saying in names of tables and numbers.
    threads
        Threads of the grouped pass.
    tables
        The tables that it asks for, by name.
    pooling
        What is asked of the multilevel model; ``None`` where nothing is.
    disclosure
        Arguments of `DisclosureRules`.
    """

    root: Path
    sources: Path
    repeat: str
    repeat_window_days: int
    simulation: Simulation | None
    estimands: tuple[str, ...]
    intent: str
    targets: tuple[str, ...]
    weight_scaling: str
    interval: str
    conf_level: float
    lonely_psu: str
    threads: int
    tables: Mapping[str, StudyTable]
    pooling: Pooling | None
    disclosure: Mapping[str, float]

    @property
    def derived(self) -> Path:
        """Folder of everything that the study writes."""
        return self.root / "data" / "derived"

    @property
    def allowed(self) -> Path:
        """File of what the data allow: it is there once the protocol asks for nothing else."""
        return self.derived / "allowed.json"

    @property
    def deliveries(self) -> Path:
        """Folder of the simulated deliveries."""
        return self.root / DELIVERIES

    @property
    def pooled(self) -> Path:
        """Folder of the fitted multilevel model, and of what it says."""
        return self.derived / "pooled"

    @property
    def published_figures(self) -> Path:
        """What others have published, a row a figure, as it was transcribed."""
        return self.root / "data" / "raw" / "published" / "figures.csv"

    @property
    def published_claims(self) -> Path:
        """What the source documents claim, a row a claim, with the book's rulings."""
        return self.published_figures.with_name("claims.csv")

    @property
    def evidence(self) -> Path:
        """What others have published, read and checked."""
        return self.derived / "evidence" / "figures.parquet"

    @property
    def shown(self) -> Path:
        """Folder of what the book shows."""
        return self.derived / "book"

    @property
    def together(self) -> dict[str, list[StudyTable]]:
        """Tables of one estimand and target, which share their passes: the finest is first."""
        found: dict[str, list[StudyTable]] = {}
        for table in sorted(self.tables.values(), key=lambda table: -table.fineness):
            about = table.options.get("estimand", table.kind)
            found.setdefault(f"{about}, {table.target}", []).append(table)
        return found

    @property
    def estimand(self) -> str:
        """What the chapters are about."""
        return self.estimands[0]


def read_protocol(path: Path) -> Protocol:
    """Read the protocol; ``path`` is `analysis/study.toml` of a repository.

    Raises
    ------
    UsageError
        It is no TOML, or says what cannot be in any study; all of it is named, by line.
    """
    text = read_text(path)
    refuse([*unknown(text, ESTIMATORS, DELIVERIES), *_contradictions(text)])
    return _protocol(path.resolve().parents[1], copy.deepcopy(dict(text.content)))


def _protocol(root: Path, content: dict[str, Any]) -> Protocol:
    estimation, folder = content["estimation"], root / content["sources"]["folder"]
    targets, estimands = (tuple(estimation.pop(name)) for name in ("targets", "estimands"))
    common = {name: estimation[name] for name in _COMMON}
    asked = {kind: own for kind, own in content.items() if kind not in _OTHER_SECTIONS}
    tables = [
        table
        for number, estimand in enumerate(estimands)
        for kind, section in asked.items()
        if kind == "rates" or number == 0
        for own in ([estimand] if kind == "rates" else _estimands(kind, section))
        for table in _tables(root, kind, section, common, targets, own, first=number == 0)
    ]
    return Protocol(
        root=root,
        sources=folder,
        **content["eligibility"],
        simulation=Simulation(**content["simulation"]) if folder == root / DELIVERIES else None,
        tables={table.name: table for table in tables},
        pooling=Pooling(**content["pooling"]) if "pooling" in content else None,
        disclosure=content["disclosure"],
        targets=targets,
        estimands=estimands,
        **estimation,
    )


def _contradictions(protocol: Text) -> Iterator[UsageError]:
    """Yield entries that can be, each by itself, but not beside others."""
    estimands = protocol.entries("estimation", "estimands")
    if estimands and estimands[0] != HEADLINE:
        others = [name for name in estimands if name != HEADLINE]
        yield UsageError(
            f"The chapters are about {HEADLINE}, and the first estimand is {estimands[0]}.",
            where=protocol.where("estimation", "estimands"),
            remedy=f"Write {written('estimands', [HEADLINE, *others])}.",
        )
    cells = POOLED_CELLS.split("_")
    crossings = [*protocol.entries("rates", "crossings"), *protocol.entries("rates", "finer")]
    if "pooling" in protocol.content and cells not in crossings:
        finer = written("finer", [*protocol.entries("rates", "finer"), cells])
        yield UsageError(
            "The multilevel model stands beside the rates by sector, industry and country, and the "
            "protocol does not ask for them.",
            where=protocol.where("pooling"),
            remedy=f"Write {finer} in [rates]; or take [pooling] out, with all below it.",
        )


def _estimands(kind: str, section: Mapping[str, Any]) -> Sequence[str | None]:
    """Return what a section is about: what it names, else what its estimator is about."""
    named: Sequence[str] = section.get("estimands", ())
    return named or [usual_estimand(kind)]


def usual_estimand(kind: str) -> str | None:
    """Return what tables of a kind are about where nothing is said; ``None`` where of several."""
    taken = signature(ESTIMATORS[kind]).parameters.get("estimand")
    return taken.default if taken else None


def _tables(
    root: Path,
    kind: str,
    section: Mapping[str, Any],
    common: Mapping[str, Any],
    targets: Sequence[str],
    estimand: str | None,
    *,
    first: bool,
) -> Iterator[StudyTable]:
    """Yield the tables of a section, a table an entry of its lists; the rest is the same in all.

    Rates are for all targets, unless they are finer, and the other kinds for the first alone.
    Estimands but the first are for the first target, and not by score.
    """
    takes = signature(ESTIMATORS[kind])
    entries: dict[str, Any] = {
        name: tuple(own) if isinstance(own, list) else own
        for name, own in section.items()
        if name != "estimands"
    }
    if "choices" in entries:
        entries["choices"] = root / entries["choices"]
    asked: list[dict[str, Any]] = [{}]
    finer: list[dict[str, Any]] = []
    if "between" in takes.parameters:
        asked = [{"between": segment} for segment in entries.pop("between")]
    elif "by" in takes.parameters:
        asked = [{"by": tuple(by)} for by in entries.pop("crossings")]
        finer = [{"by": tuple(by)} for by in entries.pop("finer", [])] if kind == "rates" else []
    shared = {name: own for name, own in common.items() if name in takes.parameters} | entries
    if estimand is not None:
        shared["estimand"] = estimand
    if not first and estimand is not None:
        asked, finer = [own for own in asked if not _by_score(own.get("by", ()))], []
        if not find_estimand(estimand).proportion:
            shared.pop("interval")  # of proportions; others have their own
    for target in targets if kind == "rates" and first else targets[:1]:
        for own in [*asked, *finer] if target == targets[0] else asked:
            takes.bind(None, **shared, **own)
            usual = first if kind == "rates" else estimand == usual_estimand(kind)
            prefixes = [
                *([] if usual or estimand is None else [estimand]),
                *([] if target == targets[0] else [target]),
            ]
            yield _table(root, kind, target, shared | own, prefixes)


def _by_score(by: Sequence[str]) -> bool:
    return any(segment.replaces_intent for segment in find_segments(by))


def _table(
    root: Path, kind: str, target: str, options: Mapping[str, Any], prefixes: Sequence[str]
) -> StudyTable:
    segments = [*options.get("by", ()), *([options["between"]] if "between" in options else [])]
    name = "_".join([*([] if kind == "rates" else [kind]), *segments]) or "overall"
    name = ":".join([*prefixes, name])
    estimates, published = (
        root / "data" / "derived" / folder / f"{name.replace(':', '-')}.parquet"
        for folder in ("estimates", "published")
    )
    return StudyTable(name, kind, target, options, estimates, published)
