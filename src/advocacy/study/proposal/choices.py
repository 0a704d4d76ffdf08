"""What a protocol asks for, chosen by what the responses have.

A table is asked for where two of its levels or more could be published; nobody looks at a rate to
choose one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from advocacy.estimation.disclosure.rules import DisclosureRules
from advocacy.estimation.pooling.layout import FEW_PROGRAMMES, FEWEST_PROGRAMMES
from advocacy.study.proposal.holdings import Holdings, Level
from advocacy.study.protocol import AFTER, HEADLINE, POOLED_CELLS

Crossing = tuple[str, ...]

INTENT = "score_10"
RULES = DisclosureRules()
SEGMENTS = ("sector", "industry", "country", "year")
POOLED = tuple(POOLED_CELLS.split("_"))
# What else is estimated where the columns are there; what is not named is possible too.
_ON_RECORD = ("verified_past_12m", "verified_within_12m")
_BESIDE = ("recommender_share", "discouraged_past_12m", "nps", *_ON_RECORD, AFTER)
_BELOW = ("0-6", "7-8")
_RATES = ("rates", "finer")


@dataclass(frozen=True)
class Choices:
    """What a protocol asks for.

    Parameters
    ----------
    folder
        Folder of the sources, below the root.
    targets, estimands
        As in `Protocol`.
    asked
        By section, the crossings or segments that it names; `finer` is a section here.
    pooled
        Whether the multilevel model is fitted.
    own
        All ratings are of one supplier, which can hide from nobody.
    lonely_psu, lonely_because
        What is done about a stratum of one sampling unit, and what was found.
    refused
        What an estimator refused on these responses, by section and entry, and why.
    """

    folder: str
    targets: tuple[str, ...]
    estimands: tuple[str, ...]
    asked: Mapping[str, tuple[Crossing, ...]]
    pooled: bool
    own: bool
    lonely_psu: str = "fail"
    lonely_because: str = ""
    refused: Mapping[tuple[str, Crossing], str] = field(default_factory=dict)

    @property
    def rules(self) -> DisclosureRules:
        """What may be published."""
        return RULES.own_file() if self.own else RULES

    @property
    def mix(self) -> Crossing:
        """Segments at whose common mix levels are compared."""
        return tuple(name for name in ("industry", "country") if (name,) in self.asked["rates"])

    def with_lonely(self, rule: str, because: str) -> Choices:
        """Return the choices with a rule for strata of one sampling unit."""
        return replace(self, lonely_psu=rule, lonely_because=because)

    def without(self, refused: Mapping[tuple[str, Crossing], str]) -> Choices:
        """Return the choices without what has been refused, by section and entry, and why."""
        asked = {
            section: tuple(
                own
                for own in entries
                if ("rates" if section in _RATES else section, own) not in refused
            )
            for section, entries in self.asked.items()
        }
        return replace(
            self,
            targets=tuple(name for name in self.targets if ("targets", (name,)) not in refused),
            estimands=tuple(
                name for name in self.estimands if ("estimands", (name,)) not in refused
            ),
            asked=asked,
            pooled=self.pooled and POOLED in asked["finer"],
            refused=refused,
        )


def choose(held: Holdings, folder: str) -> Choices:
    """Return what a protocol for these responses asks for.

    Parameters
    ----------
    folder
        Folder of the sources, below the root.
    """
    own = held.suppliers == 1
    segments = [(name,) for name in SEGMENTS if len(shown(held, name, own)) > 1]
    scores = [(name,) for name in ("score", "score_band") if len(shown(held, name, own)) > 1]
    sector, country = [("sector",)] * (("sector",) in segments), ("country",) in segments
    within: list[Crossing] = [(), *sector, *[("country",)] * country]
    below = set(_BELOW) <= set(shown(held, "score_band", own))
    whole = shown(held, "score", own) == [*held.levels.get("score", {})]
    pooled = held.programmes >= FEW_PROGRAMMES and all(map(held.levels.get, POOLED))
    mix = [own for own in (("industry",), ("country",)) if own in segments]
    two = len(held.levels.get("sector", {})) == 2
    return Choices(
        folder=folder,
        targets=_targets(held),
        estimands=(HEADLINE, *(name for name in _BESIDE if name in held.estimands)),
        asked={
            "rates": ((), *scores, *segments, *[("sector", "score")] * bool(sector and scores)),
            "finer": (
                *[("sector", "industry")] * bool(sector and ("industry",) in segments),
                *[("sector", "country")] * bool(sector and country),
                *[("country", "score")] * bool(country and scores),
                *[POOLED] * pooled,
            ),
            "pairs": tuple(own for own in segments if own != ("year",)),
            "lift": ((), *sector) if below else (),
            "standardisation": tuple(sector) if two and mix else (),
            "equivalence": tuple(within),
            "curve": tuple(within) if below else (),
            "curve_tests": tuple(within) if below and whole else (),
            "ladder": ((), *sector) if set(held.estimands) & {AFTER, *_ON_RECORD} else (),
            "stated_likelihood": ((),) if below and whole else (),
            "over_time": ((), *sector) if AFTER in held.estimands else (),
            "attrition": ((), *sector) if AFTER in held.estimands else (),
            # What needs columns or files that are not there is refused on trial, with the reason.
            "robustness": ((), *sector),
            "misreport": (("score_band",),),
            "recall": ((),),
            "participation": ((),),
            "specifications": ((),),
            "multiverse_test": tuple(sector) if two else (),
        },
        pooled=pooled,
        own=own,
    )


def shown(held: Holdings, segment: str, own: bool) -> list[str]:
    """Return the levels of a segment that could be published."""
    return [name for name, level in held.levels.get(segment, {}).items() if _shown(level, own)]


def _shown(level: Level, own: bool) -> bool:
    return level.ratings >= RULES.smallest_n and (own or level.suppliers >= RULES.fewest_suppliers)


def _targets(held: Holdings) -> tuple[str, ...]:
    if held.programmes < FEWEST_PROGRAMMES:
        return ("these_programmes",)
    return "programmes_like_these", "these_programmes"
