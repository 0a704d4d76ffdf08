"""How the ratings were drawn: weights, strata and primary sampling units (PSUs).

Two inference targets. `these_programmes` asks about the customers of the programmes at hand:
a stratum is a programme (crossed with its given strata), a PSU the given one, else the
account, else the respondent. `programmes_like_these` asks about programmes of which those at
hand are draws: a PSU is a programme. They are no probability sample of programmes: that is a
model, and every estimate says so in its label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from advocacy.errors import DesignError, UsageError
from advocacy.responses import Responses

Target = Literal["these_programmes", "programmes_like_these", "as_given"]
Scaling = Literal["respondents", "equal_programme", "none"]
LonelyPSU = Literal["fail", "adjust", "average", "remove", "certainty"]
DegreesOfFreedom = Literal["domain", "design"]

_GIVEN = ("weight", "stratum", "psu")
_CLUSTERS = ("psu", "account", "respondent_id")


@dataclass(frozen=True)
class SurveyDesign:
    """The design, described once and used by every estimator.

    Parameters
    ----------
    target
        Inference target; `as_given` where the columns weight, stratum and psu are the design
        as they stand.
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
    """

    target: Target
    weight: str | None = None
    strata: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    scaling: Scaling = "none"
    lonely_psu: LonelyPSU = "fail"
    df: DegreesOfFreedom = "domain"

    def describe(self) -> str:
        """Say in one sentence what is taken as weight, stratum and PSU."""
        weight = self.weight or "none, each rating counts once"
        scaling = {
            "respondents": ", scaled so that a programme's weights sum to its ratings",
            "equal_programme": ", scaled so that every programme counts the same",
            "none": "",
        }[self.scaling if self.weight or self.scaling == "equal_programme" else "none"]
        psu = " else ".join(self.clusters) or "the rating"
        return (
            f"target {self.target}; weights: {weight}{scaling}; "
            f"strata: {' × '.join(self.strata) or 'none'}; PSU: {psu}; "
            "no finite-population correction"
        )


def survey_design(
    responses: Responses,
    target: str | None = None,
    *,
    weight_scaling: Scaling = "respondents",
    lonely_psu: LonelyPSU = "fail",
    df: DegreesOfFreedom = "domain",
) -> SurveyDesign:
    """Describe the design of responses for an inference target.

    Parameters
    ----------
    responses
        What `open_responses` gave.
    target
        `these_programmes`, `programmes_like_these` or `as_given`. Without one: in responses of
        one source, any of the columns weight, stratum and psu are the design as it stands;
        otherwise one programme gives `these_programmes` and several `programmes_like_these`.
        Weights and names of strata mean nothing across sources, so there they are never
        taken as they stand.
    weight_scaling
        Rule that makes the weights of several programmes comparable.
    lonely_psu, df
        See `SurveyDesign`.

    Raises
    ------
    UsageError
        Unknown target, rule or policy.
    DesignError
        `programmes_like_these` with a single programme, or `as_given` with several sources.

    Notes
    -----
    R equivalent: ``survey::svydesign(ids, strata, weights, nest = TRUE)``.
    """
    _check_choice("target", target, (*get_args(Target), None))
    _check_choice("weight scaling", weight_scaling, ("respondents", "equal_programme"))
    _check_choice("rule for lonely PSUs", lonely_psu, get_args(LonelyPSU))
    _check_choice("degrees of freedom", df, get_args(DegreesOfFreedom))
    chosen = target or _default_target(responses)
    # Even without a value: the pass refuses missing weights, it does not pass over them.
    weight = "weight" if "weight" in responses.columns else None
    stratum = ("stratum",) if responses.has("stratum") else ()
    clusters = tuple(name for name in _CLUSTERS if responses.has(name))
    if chosen == "as_given":
        _refuse_several_sources(responses)
        return SurveyDesign("as_given", weight, stratum, clusters, "none", lonely_psu, df)
    if chosen == "these_programmes":
        programme = ("programme",) if responses.has("programme") else ()
        return SurveyDesign(
            "these_programmes",
            weight,
            programme + stratum,
            clusters,
            weight_scaling,
            lonely_psu,
            df,
        )
    if responses.programmes < 2:
        raise DesignError(
            "One programme says nothing about how programmes differ.",
            where=responses.name,
            remedy="Use --target these_programmes.",
        )
    return SurveyDesign(
        "programmes_like_these", weight, (), ("programme",), weight_scaling, lonely_psu, df
    )


def _default_target(responses: Responses) -> str:
    if len(responses.sources) == 1 and any(responses.has(name) for name in _GIVEN):
        return "as_given"
    return "these_programmes" if responses.programmes == 1 else "programmes_like_these"


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
