"""Captions of tables: what a table is, on which base it rests, and how it is weighted.

What an estimator gives says so itself, in the lines above its table; those become the caption. A
table that is made for a chapter alone has its caption here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from advocacy.estimation import Estimates
from advocacy.report.wording import ENGLISH
from advocacy.study.book.exhibits.downloads import links
from advocacy.study.citable.entries import base
from advocacy.study.protocol import Protocol

# What weights do in the study's tables, by `weight_scaling`.
WEIGHTS = {
    "respondents": "weights of each programme sum to its ratings",
    "equal_programme": "weights of each programme sum to the same",
    "none": "weights as the files have them",
}
_OWN = {
    "against_r": "How far numbers are from those of R.",
    "another-behaviour": "Attrition and misreports of voters, of whom records tell the truth: "
    "another behaviour.",
    "attrition_tried": "What attrition does to answers on going on to recommend, on a known truth.",
    "card-aapor": "What the AAPOR asks, and the answers.",
    "card-nchs": "What the NCHS asks of proportions, and the answers.",
    "card-strobe": "What STROBE asks, and the answers.",
    "claims": "What the source documents claim, each with a ruling.",
    "codebook-contacts": "The columns of `contacts`.",
    "codebook-followups": "The columns of `followups`.",
    "codebook-responses": "The columns of `responses`.",
    "contrasts": "How often tests reject where there is no difference, in % of samples, with the "
    "standard error of the simulation.",
    "coverage": "How often 95 % intervals hold the truth, in % of samples, with the standard error "
    "of the simulation. Bold: under the bar; italic: no bar was set.",
    "coverage-designs": "The designs on which the intervals were tried.",
    "expect-lookup": "What the next programme should expect.",
    "analyses-moves": "Which choice moves the rate: % of the variance between all analyses.",
    "analyses-options": "What the analyses with each option say.",
    "analyses-test": "A joint test of a difference between sectors over all analyses.",
    "glossary": "Terms in four languages.",
    "half": "The headline under every threat.",
    "misreport-score_band": "By score: as reported, and as records tell.",
    "pooled-cells": "Rates of single cells by three methods, of those who score as the headline, "
    "with standard errors.",
    "pooled-checks": "How the fitted model's draws compare with the data.",
    "pooled-diagnostics": "Diagnostics of the fit.",
    "pooled-places": "Direct and pooled rates of sectors, industries and countries.",
    "pooled-ranks": "Ranks of industries and of countries, 1 the highest rate.",
    "pooled-truth": "How far rates are from the truth by three methods: root mean square error in "
    "points, by how many programmes a cell has.",
    "pooled-variance": "Shares of the variance between programmes' rates.",
    "pooling-coverage": "How often the model's 90 % intervals hold a known truth, in %, by the "
    "answers in the cell; widths in points.",
    "pooling-errors": "Errors of pooled and direct rates on a known truth.",
    "pooling-ranks": "Whether ranks of the truth among draws are uniform.",
    "participation": "What became of the invitations.",
    "participation-sector": "What became of the invitations, by sector.",
    "recall-profile": "Months since the latest recommendation, of those who say when.",
    "rejected": "Why values were rejected.",
    "scaling-domains": "Time and memory by the number of domains.",
    "scaling-psus": "Time and memory by the number of sampling units.",
    "scaling-rows": "Time and memory by the number of rows.",
    "specification-questions": "The question of each estimand.",
    "threat-misreport": "The rate under misreports.",
    "threat-misreport-sector": "The rate under misreports, by sector.",
    "threat-nonresponse": "The rate under what the silent may have said.",
    "threat-nonresponse-sector": "The rate under what the silent may have said, by sector.",
    "threat-recall": "The rate if memory is right for a shorter time alone.",
    "threat-recall-sector": "The same by sector.",
    "withheld": "How many rows of each crossing are withheld.",
}
_SOME = {
    "specification-": {"ratings": "The ratings.", "expectations": "What is counted, by hand."},
    "truth-": {"": "The truth beside the estimates."},
}
_BOLD = re.compile(r"\*\*[^*].*\*\*")
_ITALIC = re.compile(r"\*[^*].*[^*]\*")
_CONTINUED = "(Continued.)"
_FOLDED = re.compile(r":::+\{dropdown\} (.*)")


def captioned(
    page: str, name: str, *, label: str = "", resting: str = "", made_by: str = ""
) -> str:
    """Return a page with a caption and a number for each table, and what it is downloaded as.

    Parameters
    ----------
    page
        In Markdown; one without a table stays as it is.
    name
        Of the page.
    label
        What `label_of` returns of what it is made of, for a table without lines above it.
    resting
        Base and weights of what it is made of, as a sentence; put behind each caption.
    made_by
        The function that made it.
    """
    done: list[str] = []
    since: list[str] = []  # what stands above a table, behind the one before
    heads: list[str] = []
    tables = 0
    for block in _blocks(page):
        if not block[0].startswith("|"):
            since += block
            continue
        tables += 1
        folded = next((found for line in since if (found := _FOLDED.fullmatch(line))), None)
        since, taken = _without_heads(since)
        if len(taken) == 1 and name in _OWN:  # it is said whose data they are, and no more
            taken = [*taken, _OWN[name]]
        heads = (
            taken
            or (heads and (heads if folded else _continued(heads)))
            or [*filter(None, (_own(name), label))]
        )
        own = [*heads, *([f"{folded[1]}."] if folded else [])]
        place = f"tab-{name}" + (f"-{tables}" if tables > 1 else "")
        caption = " ".join(filter(None, [*own, resting]))
        done += [*since, "", f"````{{table}} {caption}", f":name: {place}", "", *block, "````"]
        since = []
    done += since
    if tables:
        done += ["", links(f"tables/{name}.md", ("csv",), made_by)]
    return "\n".join(done) + "\n" if done else ""


def _continued(heads: Sequence[str]) -> list[str]:
    return [*heads] if heads[-1] == _CONTINUED or len(heads) == 1 else [*heads, _CONTINUED]


def _own(name: str) -> str:
    """Return the caption of a table that has no lines above it."""
    for start, endings in _SOME.items():
        for ending, words in endings.items():
            if name.startswith(start) and name.endswith(ending):
                return words
    return _OWN[name]


def _blocks(page: str) -> list[list[str]]:
    """Return runs of lines, those of a table apart from the others."""
    runs: list[list[str]] = []
    for line in page.rstrip("\n").splitlines():
        if runs and line.startswith("|") == runs[-1][0].startswith("|"):
            runs[-1].append(line)
        else:
            runs.append([line])
    return runs


def _without_heads(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return lines without the bold ones and those in italics below one, and these."""
    kept: list[str] = []
    heads: list[str] = []
    was_head = False
    for line in lines:
        if line.strip():
            was_head = bool(_BOLD.fullmatch(line) or (was_head and _ITALIC.fullmatch(line)))
        if was_head and line.strip():
            heads.append(line)
        else:
            kept.append(line)
    return kept, heads


def base_of(table: Estimates) -> str:
    """Return which ratings all rows of a table are of; nothing where these differ."""
    rows = table.table.select(["estimand", "intent"]).to_pylist()
    asked = {row["estimand"] for row in rows}
    intents = {row["intent"] for row in rows}
    if len(asked) != 1 or None in asked:
        return ""
    return base({"estimand": asked.pop(), "intent": intents.pop() if len(intents) == 1 else None})


def label_of(table: Estimates) -> str:
    """Return rung, target, intervals and kind of evidence, as far as all rows are of one."""
    names = ["rung", "target", "interval", "conf_level", "source_kind"]
    if not set(names) <= set(table.table.column_names):
        return ""
    columns = {name: set(table.table.column(name).drop_null().to_pylist()) for name in names}
    one = {name: own.pop() for name, own in columns.items() if len(own) == 1}
    said = [
        ENGLISH.rung(one) if "rung" in one else "",
        ENGLISH.target(one) if "target" in one else "",
        ENGLISH.intervals(one) if {"interval", "conf_level"} <= one.keys() else "",
        ENGLISH.kind(one) if "source_kind" in one else "",
    ]
    return f"*{' · '.join(filter(None, said))}*" if any(said) else ""


def rests_on(study: Protocol, bases: Mapping[str, str], names: Sequence[str]) -> str:
    """Return base and weights of what is made of the study's tables, as a sentence.

    The base is left out where it is not the same for all.

    Parameters
    ----------
    study
        The protocol.
    bases
        What `base_of` returns, by table.
    names
        The tables.
    """
    found = {bases.get(name, "") for name in names if name in study.tables}
    if not found:
        return ""
    weights = WEIGHTS[study.weight_scaling]
    of = found.pop() if len(found) == 1 else ""
    return f"Base: {of}; {weights}." if of else f"{weights.capitalize()}."
