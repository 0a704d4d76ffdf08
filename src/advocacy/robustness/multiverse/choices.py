"""The choices of a multiverse, registered beforehand in a file, each checked by its rule."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import prod
from pathlib import Path
from typing import Any, get_args

from advocacy.errors import UsageError
from advocacy.estimation.estimands import find_intent
from advocacy.survey.design import Target
from advocacy.survey.intervals import INTERVALS

# What a rating without an answer is: outside the base, or a no.
DONT_KNOW = ("left_out", "as_no")
# How ratings are weighted: by their weights, each once, or each programme the same.
WEIGHTS = ("weighted", "unweighted", "equal_programmes")
# What is estimated of programmes: the rate of all their ratings, or the mean of their rates.
ESTIMATORS = ("pooled", "mean_of_programmes")
# Which answers of a respondent about a supplier count; `as_imported` is what the import chose.
REPEAT = ("as_imported", "first", "last", "all")
ALL_COUNTRIES, WITHOUT = "all", "without "
# The target that `survey_design` takes for the responses.
USUAL_TARGET = "usual"
# Months before the interview in which a recommendation counts; the question asks about 12.
MONTHS = 12


@dataclass(frozen=True)
class Choices:
    """What a reasonable analyst might have chosen, a tuple of options for each choice.

    The first option of each is the study's own. Fields in the order in which tables show them.

    Parameters
    ----------
    intent
        Names in `INTENTS`, or scores such as ``8,9,10``.
    dont_know
        In `DONT_KNOW`. As no: the programme asks, the rating has a score, and no answer.
    window
        Months before the interview in which a recommendation counts, 1 to 12.
    repeat
        In `REPEAT`.
    countries
        ``all``, ``without XX`` or countries such as ``NO,SE``, by ISO 3166-1 alpha-2 codes.
    weights
        In `WEIGHTS`.
    target
        Inference targets of `survey_design`; ``usual`` is what it takes for the responses.
    estimator
        In `ESTIMATORS`.
    interval
        Names in `INTERVALS`.

    Raises
    ------
    UsageError
        A choice without an option, an unknown option, or one twice, be it by another name.
    """

    intent: tuple[str, ...] = ("score_10",)
    dont_know: tuple[str, ...] = DONT_KNOW[:1]
    window: tuple[int, ...] = (MONTHS,)
    repeat: tuple[str, ...] = REPEAT[:1]
    countries: tuple[str, ...] = (ALL_COUNTRIES,)
    weights: tuple[str, ...] = WEIGHTS[:1]
    target: tuple[str, ...] = (USUAL_TARGET,)
    estimator: tuple[str, ...] = ESTIMATORS[:1]
    interval: tuple[str, ...] = ("korn_graubard",)

    def __post_init__(self) -> None:
        for name, options in self.options().items():
            if not options:
                raise UsageError(
                    f"The choice {name} has no option.", remedy="Give it one, or leave it out."
                )
            for option in options:
                _CHECKS[name](name, option)
            if len(set(options)) < len(options):
                raise UsageError(
                    f"The choice {name} has an option twice: {', '.join(map(str, options))}.",
                    remedy="Name each once.",
                )
            _refuse_alike(name, options)

    def options(self) -> dict[str, tuple[Any, ...]]:
        """Return the options by the name of the choice, in the order of tables."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def varied(self) -> list[str]:
        """Return the names of the choices with several options."""
        return [name for name, options in self.options().items() if len(options) > 1]

    def __len__(self) -> int:
        return prod(len(options) for options in self.options().values())


@dataclass(frozen=True)
class Multiverse:
    """What is asked of every analysis.

    Parameters
    ----------
    choices
        The options of each choice.
    value
        What the rate is held against, a proportion: is it below, above, or not told apart?
    conf_level
        Confidence level, a proportion in (0, 1).
    """

    choices: Choices = field(default_factory=Choices)
    value: float = 0.5
    conf_level: float = 0.95

    def __post_init__(self) -> None:
        for name, value in (("value", self.value), ("conf_level", self.conf_level)):
            if not 0 < value < 1:
                raise UsageError(
                    f"{name} is {value:g}, and a proportion lies between 0 and 1.",
                    remedy="Write 0.5 for 50 %, 0.95 for 95 %.",
                )


def read_multiverse(path: Path) -> Multiverse:
    """Read a multiverse from TOML: the sections ``[statement]`` and ``[choices]``.

    Raises
    ------
    UsageError
        The file is no TOML, or a section, choice or option in it is unknown.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("There is no such file.", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"This is no TOML: {error}.", where=str(path), remedy="Correct that line."
        ) from error
    _refuse_unknown(content, ("statement", "choices"), "section", path)
    statement, choices = content.get("statement", {}), content.get("choices", {})
    _refuse_unknown(statement, ("value", "conf_level"), "line of [statement]", path)
    _refuse_unknown(choices, [part.name for part in fields(Choices)], "choice", path)
    try:
        return Multiverse(
            Choices(**{name: _listed(name, options) for name, options in choices.items()}),
            **{name: _number(name, value) for name, value in statement.items()},
        )
    except UsageError as error:
        raise UsageError(error.what, where=str(path), remedy=error.remedy) from error


def _refuse_alike(name: str, options: tuple[Any, ...]) -> None:
    """Refuse options that mean the same by other names: an analysis would count twice."""
    meant: dict[Any, Any] = {}
    for option in options:
        meaning = _MEANINGS.get(name, _itself)(option)
        if meaning in meant:
            raise UsageError(
                f"The choice {name} has the options {meant[meaning]} and {option}, which are the "
                "same.",
                remedy="Name one of them.",
            )
        meant[meaning] = option


def _listed(name: str, options: Any) -> tuple[Any, ...]:
    if not isinstance(options, list):
        raise UsageError(
            f"The choice {name} is no list of options.", remedy=f"Write {name} = [{options!r}]."
        )
    return tuple(options)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{name} is {value!r}, which is no number.", remedy="Write 0.5.")
    return float(value)


def _refuse_unknown(
    content: Mapping[str, Any], known: Sequence[str], what: str, path: Path
) -> None:
    unknown = [name for name in content if name not in known]
    if unknown:
        raise UsageError(
            f"{unknown[0]!r} is no {what} of a multiverse.",
            where=str(path),
            remedy=f"Use: {', '.join(known)}.",
        )


def _itself(option: Any) -> Any:
    return option


def _of(*allowed: str) -> Callable[[str, Any], None]:
    """Return the check of a choice that has these options."""

    def check(name: str, option: Any) -> None:
        if option not in allowed:
            raise UsageError(
                f"{option!r} is no option of the choice {name}.",
                remedy=f"Use: {', '.join(allowed)}.",
            )

    return check


def _intent(name: str, option: Any) -> None:
    find_intent(str(option))


def _window(name: str, option: Any) -> None:
    whole = isinstance(option, int) and not isinstance(option, bool)
    if not whole or not 1 <= option <= MONTHS:
        raise UsageError(
            f"A window of {option!r} months has no meaning here.",
            remedy=f"Give whole months from 1 to {MONTHS}: the question asks about {MONTHS}.",
        )


def codes_of(option: str) -> tuple[list[str], bool]:
    """Return the countries that an option names, and whether they are left out."""
    without = option.startswith(WITHOUT)
    codes = [code.strip() for code in option.removeprefix(WITHOUT).split(",")]
    return codes, without


def _countries(name: str, option: Any) -> None:
    codes, _ = codes_of(str(option))
    if option != ALL_COUNTRIES and not all(
        len(c) == 2 and c.isalpha() and c.isupper() for c in codes
    ):
        raise UsageError(
            f"{option!r} names no countries.",
            remedy="Write all, without NO, or NO,SE: ISO 3166-1 alpha-2 codes.",
        )


_CHECKS: dict[str, Callable[[str, Any], None]] = {
    "intent": _intent,
    "dont_know": _of(*DONT_KNOW),
    "window": _window,
    "repeat": _of(*REPEAT),
    "countries": _countries,
    "weights": _of(*WEIGHTS),
    "target": _of(USUAL_TARGET, *get_args(Target)),
    "estimator": _of(*ESTIMATORS),
    "interval": _of(*INTERVALS),
}

_MEANINGS: dict[str, Callable[[Any], Any]] = {
    "intent": lambda option: frozenset(find_intent(str(option)).scores),
    "countries": lambda option: (frozenset(codes_of(option)[0]), codes_of(option)[1]),
}

# What any file with a score and an answer allows; what needs more stands in a file of choices.
USUAL = Choices(
    intent=("score_10", "promoters", "top_3"),
    dont_know=DONT_KNOW,
    interval=("korn_graubard", "logit", "wilson"),
)
