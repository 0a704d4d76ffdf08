"""What a number of the ledger is in words, on what it rests, and what it is no proof of."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from advocacy.evidence.published import SOURCE_KIND
from advocacy.report.citation import Cited
from advocacy.report.contents.robustness.scenarios import PROFILE, assumption
from advocacy.report.wording import ENGLISH
from advocacy.study.citable import published
from advocacy.study.citable.addresses import address

Entry = Mapping[str, Any]
Ledger = Mapping[str, Entry]

# What a part of a row is, in words.
_PARTS = {
    "rate": "estimate",
    "interval": "interval of the estimate",
    "band": "simultaneous band",
    "range": "least and most that it can be",
    "unasked": "least and most among those who were not asked",
    "outcome": "outcome of the test of equivalence",
    "n": "number of ratings behind the estimate",
    "n_eff": "effective number of ratings",
    "df": "degrees of freedom",
    "p": "p-value",
    "at_risk": "people still followed",
    "at_risk_weighted": "people still followed, weighted",
    "events": "people who had recommended by then",
    "competing": "people who had left by then",
    "excluded": "share outside the common support, by weight",
    "difference": "difference in percentage points",
    "ratio": "ratio",
    "odds_ratio": "odds ratio",
    "auc": "area under the ROC curve",
    "best_cut": "best cut-point of the score",
    "best_cut_share": "share of replicates with this best cut-point",
    "youden": "Youden's index at this cut-point",
    "largest_fall": "largest fall from a score to a higher one",
    "rate_all": "rate of all ratings",
    "rate_common": "rate over the common support",
    "rate_standardised": "rate at the common mix",
    "raw_all": "difference of all ratings",
    "raw_common": "difference over the common support",
    "rate_part": "part of the difference that is of rates",
    "mix_part": "part of the difference that is of the mix",
    "mean_distance": "mean distance from what the score states",
    "mean_excess": "mean excess of what the score states",
    "share": "share of the variance",
    "truth": "true rate, which the simulation set",
    "held": "intervals that hold the truth",
    "judged": "intervals that were held against the truth",
    "programmes": "programmes behind the estimate",
    "mean_rank": "mean rank, 1 the highest rate",
    "answers": "interval for the answers of one more programme",
    "fails_at": "value at which the rate is on the line",
    "verdict": "whether the statement holds",
    "sensitivity": "sensitivity of the self-report",
    "specificity": "specificity of the self-report",
    "response_rate": "response rate that was observed",
    "numerator": "invitations in the numerator",
    "denominator": "invitations in the denominator",
    "analyses": "number of analyses",
    "alone": "share of the variance between analyses that goes with this choice alone",
    "with_others": "share of the variance between analyses that goes with this choice and others",
    "mean": "mean rate of these analyses",
    "least": "least rate of these analyses",
    "most": "greatest rate of these analyses",
    "quarter": "rate that a quarter of these analyses are below",
    "three_quarters": "rate that three quarters of these analyses are below",
    "none": "share of these analyses without an interval",
    "below": "share of these analyses whose interval is below",
    "above": "share of these analyses whose interval is above",
    "undecided": "share of these analyses that do not tell",
    "median_difference": "median difference over all analyses, percentage points",
    "same_sign": "share of analyses with the sign of the median difference",
}
_ENDINGS = {"interval": "interval", "p": "p-value", "p_adjusted": "p-value, for all tests together"}
# Numbers that are no estimate of the study, by how their identifiers begin.
_OTHERS = {
    "data": "Rows of the study's data",
    "study": "The study's protocol",
    "next": "The study's protocol",
    "expect": "What the next programme should expect",
    "pooled": "Pooled rates",
    "area": "Area-level rates",
    **{f"pooled_{segment}": "Pooled rates" for segment in ("sector", "industry", "country")},
    **{f"ranks_{segment}": "Ranks by the model" for segment in ("industry", "country")},
    "truth": "The truth that was set",
    "variance": "Shares of the variance",
    "coverage": "How often intervals hold a known truth",
    "contrasts": "How often tests reject where there is no difference",
    "attrition_tried": "What attrition does to answers, on a known truth",
    "pooling": "How well pooling predicts a known truth",
    "against_r": "How far numbers are from those of R",
    "scaling": "Time and memory, measured",
    "another": "Another behaviour, worked out from published counts",
    **dict.fromkeys(("robustness", "robustness_sector"), "How wrong it could be"),
    "misreport_score_band": "Corrected by records",
    "recall": "When they say that it was",
    **dict.fromkeys(("participation", "participation_sector"), "Who answered the invitation"),
    "specifications": "All analyses",
    "multiverse_test_sector": "All analyses, between sectors",
}
_KINDS = {
    "simulated": "Simulated data. It shows what the method does and says nothing about any "
    "company, industry or country. It is not a finding and may not be cited as one.",
    "collected": "Collected data. It holds for the target that is stated; other programmes, "
    "countries and years may differ.",
    "published": "A published figure. What its source says of it holds, and nothing more.",
    "measured": "Measured on one machine. Another machine gives another value.",
}
_RUNGS = {
    "intent": "It is what people say that they would do. It is no behaviour.",
    "retrospective": "It is what people say that they did before the interview. It does not say "
    "what they will do, nor that the score is the cause.",
    "prospective": "It is what people who were followed say that they did after the interview. It "
    "rests on an assumption about those who were not reached again.",
    "verified_past": "It is what records say was done before the interview. What is on no record "
    "is not counted.",
    "verified_after": "It is what records say was done after the interview. What is on no record "
    "is not counted.",
}


def part_words(part: str) -> str:
    """Return what a part of a row is, in words."""
    if part in _PARTS:
        return _PARTS[part]
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        own = part.removesuffix(f"_{ending}")
        if own != part and own in _PARTS:
            return f"{_PARTS[own]}: {_ENDINGS[ending]}"
    return part.replace("_", " ")


def what(identifier: str, entry: Entry) -> str:
    """Return what a number is, in words, its kind of evidence behind."""
    question, *others = in_parts(identifier, entry)
    joined = "; ".join(filter(None, others))
    words = f"{question} {joined}" if question.endswith("?") else f"{question}: {joined}"
    kind = entry.get("source_kind")
    if kind == SOURCE_KIND:
        return f"{words} (published figure)"
    return f"{words} ({kind} data)" if kind in ("simulated", "collected") else words


def in_parts(identifier: str, entry: Entry) -> list[str]:
    """Return what a number is: the question, the segment, what else it is of, and the part."""
    if _is_published(entry):
        return published.in_parts(identifier, entry)
    part = part_words(_part(identifier, entry))
    return [_question(identifier, entry), _segment(entry), _apart(entry), part]


def base(entry: Entry) -> str:
    """Return which ratings a number is of; nothing where it is of none."""
    if not entry.get("estimand"):
        return entry.get("base") or ""
    score = f"a score of {ENGLISH.scores(entry['intent'])} and " if entry.get("intent") else ""
    return f"ratings that count, with {score}an answer to the question"


def cautions(entry: Entry) -> list[str]:
    """Return what a number may not be used for, by its kind of evidence and its rung."""
    own = (_KINDS.get(entry.get("source_kind") or ""), _RUNGS.get(entry.get("rung") or ""))
    said = [text for text in own if text]
    return [*said, *published.cautions(entry)] if _is_published(entry) else said


def facts(identifier: str, entry: Entry) -> dict[str, str]:
    """Return what is known of a number, in words, by what it is called."""
    said = {
        "estimate": _estimate(entry),
        "interval": _interval(entry),
        "n": ENGLISH.count(float(entry["n"])) if entry.get("n") is not None else "",
        "base": base(entry),
        "rung": ENGLISH(f"rung.{entry['rung']}") if entry.get("rung") else "",
        "segment": _segment(entry),
        "target": ENGLISH(f"target.{entry['target']}") if entry.get("target") else "",
        "method": (entry.get("method") or "").replace("_", " "),
        "estimand": entry.get("estimand") or "",
        "kind of evidence": entry.get("source_kind") or "",
        "hash of data": entry.get("data") or "",
        "hash of code": entry.get("code") or "",
    }
    said |= published.facts(entry) if _is_published(entry) else {}
    return {name: text for name, text in said.items() if text}


def cited(identifier: str, entry: Entry, version: str, home: str) -> Cited:
    """Return a number as it is cited; ``home`` is the address of the book, where it has one."""
    page = f"{home}{address(identifier, version)}"
    by = entry.get("published_by") or ""
    return Cited(identifier, entry["text"], what(identifier, entry), page, by)


def as_csv(ledger: Ledger, shown: Mapping[str, Sequence[str]]) -> str:
    """Return the ledger as CSV, a row a number."""
    columns = [
        "text", "part", "value", "estimate", "conf_low", "conf_high", "conf_level", "interval",
        "n", "df", "p_value", "estimand", "rung", "intent", "target", "quantity", "reference",
        "segment", "what", "published_by", "method", "source_kind", "data", "code",
    ]  # fmt: skip
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(["identifier", *columns, "base", "chapters"])
    for name, entry in sorted(ledger.items()):
        cells = [_cell(entry.get(column)) for column in columns]
        write.writerow([name, *cells, base(entry), " ".join(shown.get(name, ()))])
    return text.getvalue()


def as_json(ledger: Ledger, about: Mapping[str, Any]) -> str:
    """Return the ledger as compact JSON: what the numbers of a row share stands once, by row."""
    by_row: dict[str, dict[str, Entry]] = {}
    for name, entry in sorted(ledger.items()):
        stem, _, part = name.rpartition(":")
        known = {k: v for k, v in entry.items() if k != "part" and v not in (None, "", {})}
        by_row.setdefault(stem, {})[part] = known
    content = {**about, "identifier": "<row>:<number>", "rows": dict(map(_row, by_row.items()))}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def _row(named: tuple[str, Mapping[str, Entry]]) -> tuple[str, dict[str, Any]]:
    """Return a row: the numbers, each with what is its own, and what all of them share."""
    stem, numbers = named
    first, *others = numbers.values()
    shared = {
        key: value
        for key, value in first.items()
        if key not in ("text", "value") and all(key in one and one[key] == value for one in others)
    }
    own = {
        part: {key: value for key, value in one.items() if key not in shared}
        for part, one in numbers.items()
    }
    return stem, {"numbers": own, **shared}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " to ".join(map(repr, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={level}" for name, level in value.items())
    return str(value)


def _is_published(entry: Entry) -> bool:
    """Tell whether others have published a number, or it is of what they have."""
    return bool(entry.get("published_by"))


def _part(identifier: str, entry: Entry) -> str:
    return entry.get("part") or identifier.rpartition(":")[2]


def _question(identifier: str, entry: Entry) -> str:
    first = identifier.split(":")[0]
    if entry.get("estimand"):
        question = ENGLISH.question({"intent": None, **entry})
        return f"{_OTHERS[first]}: {question}" if first in _OTHERS else question
    middle = " ".join(identifier.split(":")[1:-1]).replace("_", " ")
    return f"{_OTHERS.get(first, first.replace('_', ' '))}{f', {middle}' if middle else ''}"


def _segment(entry: Entry) -> str:
    segment = entry.get("segment") or {}
    return " · ".join(_level(name, level) for name, level in segment.items())


def _level(name: str, level: str) -> str:
    written = ENGLISH.level(name, level)
    return f"{ENGLISH.heading(name).lower()} {written}" if written.isdigit() else written


def _apart(entry: Entry) -> str:
    """Return what tells a number apart beside its segment."""
    said = []
    if entry.get("reference"):
        segment = list(entry.get("segment") or {"": ""})
        said.append(f"against {ENGLISH.level(segment[-1], entry['reference'])}")
    if entry.get("months") is not None:
        said.append(f"within {ENGLISH.shortest(entry['months'])} months")
    if entry.get("assumption") == PROFILE:
        said.append(f"said to be {ENGLISH.shortest(entry['parameter'])} months ago")
    elif entry.get("assumption"):
        unsaid = dict.fromkeys(("parameter", "response_rate", "sensitivity", "specificity"))
        said.append(assumption({**unsaid, **entry}, ENGLISH))
    said += [entry[key].replace("_", " ") for key in ("answer", "fit") if entry.get(key)]
    said += [entry["counts"]] if entry.get("counts") else []
    return ", ".join(said)


def _estimate(entry: Entry) -> str:
    value = entry.get("estimate", entry.get("value"))
    return "" if value is None or isinstance(value, (list, tuple)) else str(value)


def interval_as_shown(identifier: str, ledger: Ledger) -> str:
    """Return the interval of a number as the book shows it; not rounded where it does not."""
    stem, _, part = identifier.rpartition(":")
    beside = ledger.get(f"{stem}:interval" if part == "rate" else f"{stem}:{part}_interval", {})
    return _interval(ledger[identifier], beside.get("text", ""))


def _interval(entry: Entry, shown: str = "") -> str:
    """Return both limits, as they are shown or not rounded, with level and name."""
    if entry.get("conf_low") is None:
        return ""
    level = entry.get("conf_level")
    name = entry.get("interval")
    said = [
        ENGLISH.confidence(float(level)) if level else "",
        ENGLISH.texts.get(f"interval.{name}", name) if name else "",
    ]
    words = " ".join(filter(None, said))
    limits = shown or f"{entry['conf_low']} to {entry['conf_high']}"
    return f"{limits} ({words})" if words else limits
