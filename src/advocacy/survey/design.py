"""How the ratings were drawn: weights, strata and primary sampling units (PSUs).

Two inference targets. `these_programmes` asks about the customers of the programmes at hand:
a stratum is a programme (crossed with its given strata), a PSU the given one, else the
account, else the respondent. `programmes_like_these` asks about programmes of which those at
hand are draws: a PSU is a programme. They are no probability sample of programmes: that is a
model, and every estimate says so in its label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from advocacy.errors import DesignError, MissingColumnError, UsageError
from advocacy.responses import Responses
from advocacy.responses.schema import REPLICATE_PREFIX
from advocacy.survey.margins import Margins
from advocacy.survey.replication import Replication

Target = Literal["these_programmes", "programmes_like_these", "as_given"]
Scaling = Literal["respondents", "equal_programme", "none"]
LonelyPSU = Literal["fail", "adjust", "average", "remove", "certainty"]
DegreesOfFreedom = Literal["domain", "design"]

_GIVEN = ("weight", "stratum", "psu", "fpc")
# Columns of a design that tell how ratings were drawn, with the SQL condition that they say it.
# A stratum that all share, and a PSU for each rating, are what there is without the column.
_DRAWN = {
    "stratum": "count(DISTINCT stratum) > 1",
    "psu": "count(DISTINCT psu) < count(psu)",
    "fpc": "count(fpc) > 0",
}
_CLUSTERS = ("psu", "account", "respondent_id")
_FEWEST_REPLICATES = 2  # that have a variance


@dataclass(frozen=True)
class SurveyDesign:
    """The design, described once and used by every estimator.

    Parameters
    ----------
    target
        Inference target; `as_given` where the columns weight, stratum, psu and fpc are the
        design as they stand.
    weight
        Column of weights; ``None`` counts each rating once.
    strata
        Columns whose crossing is the stratum; empty for none.
    clusters
        Columns of which the first that is not missing names the PSU; empty where every
        rating is its own.
    scaling
        How weights of different programmes are made comparable: each programme's weights sum
        to its number of ratings (`respondents`) or to 1 (`equal_programme`), or are taken as
        they stand (`none`).
    lonely_psu
        What to do with a stratum of one PSU, as R's ``options(survey.lonely.psu)`` with
        ``survey.adjust.domain.lonely = FALSE``.
    df
        Degrees of freedom of an estimate: PSUs less strata among its own ratings (`domain`)
        or among all (`design`).
    populations
        Columns with the number of units in the population, for finite-population corrections:
        none, `fpc`, or `fpc` and `fpc_ssu` where a second stage was drawn within PSUs.
    nest
        Codes of PSUs start again in each stratum, so that the same code in two is two PSUs.
    replication
        Replicates that the variance is had from; ``None`` for linearization. Made of PSUs, they
        know a finite population of one stage; of two stages, PSUs count as drawn with
        replacement, which errs on the careful side.
    margins
        Population margins that the weights are calibrated to; ``None`` for none.
    """

    target: Target
    weight: str | None = None
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    scaling: Scaling = "none"
    lonely_psu: LonelyPSU = "fail"
    df: DegreesOfFreedom = "domain"
    populations: tuple[str, ...] = ()
    nest: bool = False
    replication: Replication | None = None
    margins: Margins | None = None

    @property
    def two_stage(self) -> bool:
        """Whether secondary units were drawn within PSUs from a known number."""
        return "fpc_ssu" in self.populations

    @property
    def keeps_units(self) -> bool:
        """Whether the pass keeps the sums of each PSU, not of strata alone."""
        if self.replication is None:
            return bool(self.clusters) or self.margins is not None
        return bool(self.clusters) or self.replication.made

    @property
    def method(self) -> str:
        """How variances are had: `linearization`, or the kind of replicates."""
        return self.replication.name if self.replication else "linearization"

    def describe(self) -> str:
        """Say in one sentence what is taken as weight, stratum and PSU."""
        weight = self.weight or "none, each rating counts once"
        scaling = {
            "respondents": ", scaled so that a programme's weights sum to its ratings",
            "equal_programme": ", scaled so that every programme counts the same",
            "none": "",
        }[self.scaling if self.weight or self.scaling == "equal_programme" else "none"]
        return (
            f"target {self.target}; weights: {weight}{scaling}"
            f"{'' if self.replication and not self.replication.made else self._units()}"
            f"{f'; raked to {self.margins.describe()}' if self.margins else ''}"
            f"{f'; variance: {self.replication.describe()}' if self.replication else ''}"
        )

    def _units(self) -> str:
        psu = " else ".join(self.clusters) or "the rating"
        strata = " × ".join(self.strata) or "none"
        return f"; strata: {strata}; PSU: {psu}; {self._correction()}"

    def _correction(self) -> str:
        if not self.populations:
            return "no finite-population correction"
        stages = "two stages" if self.two_stage else "one stage"
        return f"finite-population correction of {stages}: {', '.join(self.populations)}"


def survey_design(
    responses: Responses,
    target: str | None = None,
    *,
    weight_scaling: Scaling = "respondents",
    lonely_psu: LonelyPSU = "fail",
    df: DegreesOfFreedom = "domain",
    nest: bool = False,
    replication: Replication | None = None,
    margins: Margins | None = None,
) -> SurveyDesign:
    """Describe the design of responses for an inference target.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    target
        `these_programmes`, `programmes_like_these` or `as_given`. Without one: several programmes
        give `programmes_like_these`, unless responses of one source say how they were drawn:
        strata, PSUs of several ratings, or fpc. Those are then the design as it stands. Weights
        say nothing of that and do not decide. One programme gives `as_given` where one source has
        any of the columns weight, stratum, psu and fpc, else `these_programmes`; the numbers are
        the same. Weights and names of strata mean nothing across sources, so there they are
        never taken as they stand.
    weight_scaling
        Rule that makes the weights of several programmes comparable.
    lonely_psu, df, nest, replication
        See `SurveyDesign`. Replicate weights as given are of the design as it stands.
    margins
        What `read_margins` gave, to calibrate the weights to; scaled by programme before.

    Raises
    ------
    UsageError
        Unknown target, rule or policy.
    DesignError
        `programmes_like_these` with a single programme, `as_given` with several sources, or
        replicate weights as given for another target.
    MissingColumnError
        Replicate weights are asked for that the responses do not have.

    Notes
    -----
    R equivalent: ``survey::svydesign(ids, strata, weights, fpc, nest)``.
    """
    _check_choice("target", target, (*get_args(Target), None))
    _check_choice("weight scaling", weight_scaling, ("respondents", "equal_programme"))
    _check_choice("rule for lonely PSUs", lonely_psu, get_args(LonelyPSU))
    _check_choice("degrees of freedom", df, get_args(DegreesOfFreedom))
    if replication and not replication.made:
        return replace(_given_replicates(responses, target, replication, df), margins=margins)
    chosen = target or _default_target(responses)
    programmes = chosen == "programmes_like_these"
    if programmes and responses.programmes < 2:
        raise DesignError(
            "One programme says nothing about how programmes differ.",
            where=responses.name,
            remedy="Use --target these_programmes.",
        )
    if chosen == "as_given":
        _refuse_several_sources(responses)
    return SurveyDesign(
        target=chosen,  # type: ignore[arg-type]  # checked above
        # Even without a value: the pass refuses missing weights, it does not pass over them.
        weight="weight" if "weight" in responses.columns else None,
        strata=() if programmes else _strata(responses, nested=chosen == "these_programmes"),
        clusters=("programme",) if programmes else _having(responses, _CLUSTERS),
        populations=() if programmes else _populations(responses),
        scaling="none" if chosen == "as_given" else weight_scaling,
        lonely_psu=lonely_psu,
        df=df,
        nest=nest,
        replication=replication,
        margins=margins,
    )


def _given_replicates(
    responses: Responses, target: str | None, replication: Replication, df: DegreesOfFreedom
) -> SurveyDesign:
    """Return the design that replicate weights are: they stand for strata, PSUs and corrections."""
    if target not in (None, "as_given"):
        raise DesignError(
            "Replicate weights say how the ratings were drawn, which is the target as_given alone.",
            where=responses.name,
            remedy=f"Leave out --target {target}, or the replicate weights.",
        )
    _refuse_several_sources(responses)
    responses.require(["weight"], "A design of replicate weights")
    columns = tuple(name for name in responses.columns if name.startswith(REPLICATE_PREFIX))
    if len(columns) < _FEWEST_REPLICATES:
        raise MissingColumnError(
            f"The responses have {len(columns)} columns of replicate weights.",
            where=responses.name,
            remedy=f"Name them {REPLICATE_PREFIX}1, {REPLICATE_PREFIX}2, and so on.",
        )
    filled = replace(replication, columns=tuple(sorted(columns, key=_number)))
    filled.given_factors()  # refuses a wrong number of factors before anything is estimated
    return SurveyDesign("as_given", weight="weight", df=df, replication=filled)


def _number(column: str) -> tuple[int, str]:
    """Order columns by the number behind their prefix, 2 before 10."""
    rest = column.removeprefix(REPLICATE_PREFIX)
    return (int(rest) if rest.isdigit() else 0, rest)


def _having(responses: Responses, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if responses.has(name))


def _strata(responses: Responses, *, nested: bool) -> tuple[str, ...]:
    return _having(responses, ("programme", "stratum") if nested else ("stratum",))


def _populations(responses: Responses) -> tuple[str, ...]:
    """Return the corrections that apply: of a second stage only where the first has its own."""
    if not responses.has("fpc"):
        return ()
    # Otherwise the PSU is not the given one, and its secondary units are not known.
    second = responses.has("psu") and responses.has("ssu") and responses.has("fpc_ssu")
    return ("fpc", "fpc_ssu") if second else ("fpc",)


def _default_target(responses: Responses) -> str:
    several = responses.programmes > 1
    if len(responses.sources) == 1 and (
        _says_how_drawn(responses) if several else any(responses.has(name) for name in _GIVEN)
    ):
        return "as_given"
    return "programmes_like_these" if several else "these_programmes"


def _says_how_drawn(responses: Responses) -> bool:
    """Tell whether the responses bring a design of their own."""
    known = [condition for name, condition in _DRAWN.items() if name in responses.columns]
    if not known:
        return False
    return any(responses.fetch(f"SELECT {', '.join(known)} FROM {responses.relation}"))


def _refuse_several_sources(responses: Responses) -> None:
    if len(responses.sources) > 1:
        raise DesignError(
            "Weights, strata and PSUs of several sources cannot be taken as given: their values "
            "mean something within their own source only.",
            where=responses.name,
            remedy="Use --target these_programmes or programmes_like_these.",
        )


def _check_choice(what: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        names = ", ".join(str(name) for name in allowed if name)
        raise UsageError(f"{value!r} is no {what}.", remedy=f"Use one of: {names}.")
