"""Numbers of the ledger of all analyses together: what they say, and what each choice does."""

from __future__ import annotations

from typing import Any

import numpy as np

from advocacy.estimation import Estimates
from advocacy.report.numbers import Numbers
from advocacy.report.wording import ENGLISH, PERCENT
from advocacy.robustness.multiverse.summary import VERDICTS, moved, options, varied, verdicts

# Quantiles of the rates of all analyses, by part of an identifier.
QUANTILES = {"least": 0.0, "quarter": 0.25, "three_quarters": 0.75, "most": 1.0}
_FACTS = ("estimand", "rung", "conf_level", "reference", "source_kind")


def multiverse_numbers(result: Estimates, prefix: str) -> Numbers:
    """Return what analyses say together; no single analysis is a number.

    ``<prefix>:analyses`` is how many there are, ``<prefix>:below:share`` and so on the share that
    says so, ``<prefix>:least:rate`` and so on of the rates; ``<prefix>:<choice>:alone`` and
    ``...:with_others`` what a choice moves; ``<prefix>:<choice>,<option>:mean`` and so on are of
    the analyses with one option.
    """
    first = result.table.slice(0, 1).to_pylist()[0]
    facts = {name: first[name] for name in _FACTS}
    rate, said = result.table.column("estimate").to_numpy().astype(float), verdicts(result)
    found: Numbers = {f"{prefix}:analyses": _count(len(result))}
    for name in VERDICTS:
        found[f"{prefix}:{name}:share"] = _share(float(np.mean(said == name)))
    for name, at in QUANTILES.items():
        found[f"{prefix}:{name}:rate"] = _share(float(np.nanquantile(rate, at)))
    for one in moved(result):
        for part in ("alone", "with_others"):
            value = getattr(one, part)
            if not np.isnan(value):
                found[f"{prefix}:{one.choice}:{part}"] = _share(value)
    for choice in varied(result):
        chosen = np.array(result.table.column(choice).to_pylist())
        for option in options(result, choice):
            own = chosen == option
            stem = option_stem(prefix, choice, option)
            found[f"{stem}:analyses"] = _count(int(own.sum()))
            if np.isnan(rate[own]).all():
                continue
            for part, of in (("mean", np.nanmean), ("least", np.nanmin), ("most", np.nanmax)):
                found[f"{stem}:{part}"] = _share(float(of(rate[own])))
            for name in VERDICTS[:3]:
                found[f"{stem}:{name}"] = _share(float(np.mean(said[own] == name)))
    return {
        name: {**entry, "table": prefix, "part": _part(name), **facts}
        for name, entry in found.items()
    }


def _part(identifier: str) -> str:
    """Return what a number is: of all analyses together what it is the share or the rate of."""
    *_, of, part = identifier.split(":")
    return of if part in ("share", "rate") else part


def option_stem(prefix: str, choice: str, option: str) -> str:
    """Return how the identifiers of one option of a choice begin."""
    return f"{prefix}:{choice},{option.replace(' ', '_').replace(',', '_')}"


def _share(value: float) -> dict[str, Any]:
    return {"text": f"{ENGLISH.percent(value)}{PERCENT}", "value": value}


def _count(number: int) -> dict[str, Any]:
    return {"text": ENGLISH.count(number), "value": number}
