"""A protocol as text: what is asked for, each choice with the numbers on which it rests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import wrap

from advocacy.estimation.pooling.layout import FEW_PROGRAMMES, FEWEST_PROGRAMMES
from advocacy.report.wording import counted as number_of
from advocacy.study.proposal.choices import (
    INTENT,
    POOLED,
    RULES,
    SEGMENTS,
    Choices,
    Crossing,
    shown,
)
from advocacy.study.proposal.delivery import PROGRAMMES
from advocacy.study.proposal.holdings import Holdings
from advocacy.study.protocol import AFTER, HEADLINE

_WIDTH = 96


def protocol_text(choices: Choices, held: Holdings) -> str:
    """Return the content of `analysis/study.toml`."""
    sections = [
        _said(
            "The protocol: what the study does, fixed before anything is looked at. Written by "
            "`advocacy study` to fit what the data have; change it, and run `make book`."
        ),
        *_sources(choices, held),
        *_estimation(choices, held),
        *_rates(choices, held),
        *_comparisons(choices, held),
        *_curves(choices, held),
        *_followed(choices),
        *_robustness(choices),
        *_pooling(choices, held),
        *_disclosure(choices, held),
    ]
    return "\n".join(sections)


def _said(text: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(text, _WIDTH, break_on_hyphens=False))


def _list(entries: tuple[Crossing, ...]) -> str:
    return "\n".join(["[", *(f"    {json.dumps(list(own))}," for own in entries), "]"])


def _names(entries: tuple[Crossing, ...]) -> str:
    return json.dumps([name for (name,) in entries])


def _sources(choices: Choices, held: Holdings) -> Iterator[str]:
    yield (
        "[sources]\n"
        + _said("Every folder below this one that has a source.toml is a source.")
        + f"folder = {json.dumps(choices.folder)}\n"
    )
    if not held.respondents:
        why = (
            "No file tells respondents apart, so that every rating counts: one who answered "
            "twice could not be seen."
        )
    else:
        why = (
            f"Of {number_of(held.respondents, 'respondent')}, {held.repeated} have several "
            "ratings that count, further apart than the window or of several suppliers. Nearer "
            "ones count once."
        )
    yield f'[eligibility]\n{_said(why)}repeat = "first"\nrepeat_window_days = 365\n'


def _estimation(choices: Choices, held: Holdings) -> Iterator[str]:
    others = [name for name in held.estimands if name not in choices.estimands]
    also = f" The columns allow these too: {', '.join(others)}." if others else ""
    lines = [
        "[estimation]",
        _said(
            "The chapters are about the first; rates of the others, without the score, stand "
            f"beside it.{also}{_refused(choices, 'estimands')}"
        )
        + f"estimands = {json.dumps(list(choices.estimands))}",
        _said(
            f"{held.base} of {held.ratings} ratings score 10 and have an answer on recommending; "
            f"{held.answered} have a score and an answer."
        )
        + f'intent = "{INTENT}"',
        _said(_about_targets(choices, held) + _refused(choices, "targets"))
        + f"targets = {json.dumps(list(choices.targets))}",
        _said(_about_weights(held)) + 'weight_scaling = "respondents"',
        'interval = "korn_graubard"\nconf_level = 0.95',
        _said(_about_lonely(choices, held)) + f'lonely_psu = "{choices.lonely_psu}"',
        _said("One thread: sums of doubles are then the same bit by bit.") + "threads = 1",
    ]
    yield "\n".join(lines) + "\n"


def _about_targets(choices: Choices, held: Holdings) -> str:
    n = held.programmes
    if n < FEWEST_PROGRAMMES:
        return (
            f"{number_of(n, 'programme')}: how programmes differ is not to be had from so few, "
            "so the rates are of the customers of "
            f"{'this programme' if n == 1 else 'these programmes'} alone."
        )
    few = " That is little, and the intervals are wide." if n < FEW_PROGRAMMES else ""
    return (
        f"{n} programmes: programmes like these can be estimated; the interval over all rests "
        f"on {n - 1} degrees of freedom.{few} The first is the headline's, and the other "
        "stands beside it. No programme was drawn at random: that they are like others is a "
        "supposition."
    )


def _about_weights(held: Holdings) -> str:
    if not held.weighted:
        return "No file has unequal weights: each rating counts once."
    verb = "has" if held.weighted == 1 else "have"
    return (
        f"{held.weighted} of {number_of(held.programmes, 'programme')} {verb} weights; a "
        "programme's weights are scaled to sum to its number of ratings."
    )


def _about_lonely(choices: Choices, held: Holdings) -> str:
    given = [name for name in held.design if name != "weight"]
    design = (
        f"Of the sample design the data have {', '.join(given)}"
        if given
        else (
            "The data have no strata and no sampling units: a respondent, or their organisation, "
            "is the unit"
        )
    )
    strata = f", {held.strata} strata within programmes" if held.strata else ""
    if choices.lonely_because:
        return (
            f"{design}{strata}. {choices.lonely_because} Such a stratum counts by its distance "
            "from the mean of all, which errs on the careful side."
        )
    return f"{design}{strata}. No stratum has one sampling unit alone."


def _rates(choices: Choices, held: Holdings) -> Iterator[str]:
    segments = " ".join(_about_segment(choices, held, name) for name in SEGMENTS)
    text = (
        f"[rates]\n{_said(f'[] is all ratings together. {segments}')}"
        f"{_said(_refused(choices, 'rates'))}"
        f"crossings = {_list(choices.asked['rates'])}\n"
    )
    if choices.asked["finer"]:
        text += _said("For the headline's target alone.")
        text += f"finer = {_list(choices.asked['finer'])}\n"
    others = [
        name
        for name, levels in held.levels.items()
        if name not in (*SEGMENTS, "score", "score_band", "programme", "supplier")
        and len(shown(held, name, choices.own)) > 1
    ]
    if others:
        text += _said(
            "Crossings by these are possible too: "
            + ", ".join(f"{name} ({number_of(len(held.levels[name]), 'level')})" for name in others)
            + "."
        )
    yield text


def _about_segment(choices: Choices, held: Holdings, name: str) -> str:
    levels = held.levels.get(name, {})
    if not levels:
        place = f"fill in {PROGRAMMES} beside the sources" if name in POOLED else ""
        place = place or "no file has the date of the interview"
        return f"Nothing is known of the {name}: {place}."
    suppliers = "" if choices.own else f" of {RULES.fewest_suppliers} suppliers"
    enough = len(shown(held, name, choices.own))
    said = f"By {name} there {'is one level' if len(levels) == 1 else f'are {len(levels)} levels'}"
    if enough > 1:
        return f"{said}, {enough} with {RULES.smallest_n} ratings or more{suppliers}."
    if len(levels) == 1:
        return f"{said}, so that there is nothing to compare."
    return (
        f"{said}, {enough or 'none'} with {RULES.smallest_n} ratings or more{suppliers}: too "
        "little for a table."
    )


def _comparisons(choices: Choices, held: Holdings) -> Iterator[str]:
    asked = choices.asked
    if asked["pairs"]:
        yield _section(
            choices,
            "pairs",
            "All levels of each segment against one another. Holm: "
            "the chance of any false difference in a table is at most 1 - conf_level.",
            f'between = {_names(asked["pairs"])}\nquantity = "difference"\nadjust = "holm"\n',
        )
    else:
        yield _absent(choices, "pairs", "no segment has two levels that can be shown")
    if asked["lift"]:
        yield _section(
            choices,
            "lift",
            "The intent set against the scores 0-6 and 7-8.",
            f"crossings = {_list(asked['lift'])}\n",
        )
    else:
        yield _absent(choices, "lift", _about_below(choices, held))
    if asked["standardisation"] and choices.mix:
        yield _section(
            choices,
            "standardisation",
            "The difference between the two levels of each segment at a common mix of others.",
            f"between = {_names(asked['standardisation'])}\n"
            f"mix = {json.dumps(list(choices.mix))}\n",
        )
    else:
        yield _absent(
            choices,
            "standardisation",
            "it needs two sectors, and industries or countries that both have",
        )
    if asked["equivalence"]:
        yield _section(
            choices,
            "equivalence",
            "Is the rate one in two, give or take the margin? "
            "At 0.90 the two one-sided tests have 5 %.",
            f"crossings = {_list(asked['equivalence'])}\nmargin = 0.05\nconf_level = 0.90\n",
        )


def _curves(choices: Choices, held: Holdings) -> Iterator[str]:
    for section, about in (
        ("curve", "Curves over the scores 0 to 10."),
        ("curve_tests", "Tests of such curves."),
    ):
        if entries := choices.asked[section]:
            yield _section(choices, section, about, f"crossings = {_list(entries)}\n")
        elif choices.asked["curve"]:
            few = [s for s in held.levels["score"] if s not in shown(held, "score", choices.own)]
            yield _absent(
                choices,
                section,
                "a test of a curve would give away the scores that "
                f"have too few ratings to be shown: {', '.join(few)}",
            )
        else:
            yield _absent(choices, section, _about_below(choices, held))


def _followed(choices: Choices) -> Iterator[str]:
    """Yield what is asked of rungs beside each other, and of those who were followed."""
    about = [name for name in (HEADLINE, AFTER) if name in choices.estimands]
    sections = {
        "ladder": "What customers say they did, went on to do and have on record.",
        "stated_likelihood": "The likelihood that a score states against what its givers did.",
        "over_time": "What share go on to recommend within 1 to 12 months.",
        "attrition": "The same, under several suppositions on those who left the follow-up.",
    }
    for section, why in sections.items():
        entries = choices.asked[section]
        estimands = f"estimands = {json.dumps(about)}\n" if section == "stated_likelihood" else ""
        if entries:
            content = f"{estimands}crossings = {_list(entries)}\n"
            yield _section(choices, section, why, content)
        elif section == "over_time":
            yield _absent(
                choices,
                section,
                "nobody was followed up; `advocacy codebook --questions` has the questions to ask",
            )
        elif _refused(choices, section):
            yield _absent(choices, section, "")


def _robustness(choices: Choices) -> Iterator[str]:
    """Yield what is asked of how wrong the headline could be."""
    sections = {
        "robustness": "How wrong the headline could be: misreports, silence and memory.",
        "misreport": "Sensitivity and specificity of what is said, by records.",
        "recall": "When customers say that they recommended.",
        "participation": "What became of invitations.",
        "specifications": "Every analysis that a reasonable analyst might have made. Choices of "
        'your own stand in a file: choices = "analysis/multiverse.toml".',
        "multiverse_test": "A joint test over all of them: programmes are dealt out anew.",
    }
    for section, why in sections.items():
        entries = choices.asked[section]
        if entries and section == "specifications":
            yield _section(choices, section, why, "")
        elif entries and section == "multiverse_test":
            yield _section(choices, section, why, f"between = {_names(entries)}\n")
        elif entries:
            yield _section(choices, section, why, f"crossings = {_list(entries)}\n")
        elif _refused(choices, section):
            yield _absent(choices, section, "")


def _about_below(choices: Choices, held: Holdings) -> str:
    bands = held.levels.get("score_band", {})
    said = ", ".join(f"{bands[b].ratings if b in bands else 0} at {b}" for b in ("0-6", "7-8"))
    return f"it needs answers on recommending below score 9; there are {said}"


def _section(choices: Choices, name: str, about: str, content: str) -> str:
    return f"[{name}]\n{_said(f'{about}{_refused(choices, name)}')}{content}"


def _absent(choices: Choices, name: str, because: str) -> str:
    refused = _refused(choices, name)
    return _said(f"Without [{name}]:{refused}" if refused else f"Without [{name}]: {because}.")


def _refused(choices: Choices, section: str) -> str:
    return "".join(
        f" Not asked for: {', '.join(entry) or 'all together'}, since: {why}"
        for (own, entry), why in choices.refused.items()
        if own == section
    )


def _pooling(choices: Choices, held: Holdings) -> Iterator[str]:
    n = number_of(held.programmes, "programme")
    if choices.pooled:
        yield (
            "[pooling]\n"
            + _said(
                f"{n}: enough for the multilevel model of programmes, which takes minutes. A "
                "fit that misses its diagnostics is not published. Intervals for the next "
                "programme have this probability, and what it will observe rests on this "
                "effective number of answers."
            )
            + "draws = 2000\nseed = 20260301\nconf_level = 0.90\nanswers = 200\n"
        )
        return
    absent = [name for name in POOLED if not held.levels.get(name)]
    if held.programmes < FEW_PROGRAMMES:
        because = (
            f"{n}; with fewer than {FEW_PROGRAMMES}, how programmes differ is mostly what "
            "the model supposed beforehand"
        )
    else:
        because = (
            f"{n}, but it stands beside rates by sector, industry and country, and no "
            f"file has the {' or the '.join(absent)}: fill in {PROGRAMMES}"
        )
    yield _absent(choices, "pooling", because)


def _disclosure(choices: Choices, held: Holdings) -> Iterator[str]:
    about = (
        "What breaks these limits is withheld from the book, and what it could be worked out from."
    )
    if choices.own:
        about += (
            " All ratings are of one supplier, which cannot hide among others: the limits on "
            "suppliers are off, else all would be withheld. Who publishes this publishes that "
            "supplier's rates."
        )
    elif held.suppliers < RULES.fewest_suppliers:
        about += (
            f" {held.suppliers} suppliers: all rates will be withheld, since each could work out "
            f"the other's. If they are one company, give them one name in {PROGRAMMES}, under "
            "supplier."
        )
    limits = "".join(f"{name} = {value}\n" for name, value in asdict(choices.rules).items())
    yield f"[disclosure]\n{_said(about)}{limits}"
