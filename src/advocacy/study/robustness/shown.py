"""The figures, pages and numbers of the chapters on how wrong the headline could be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from advocacy.estimation import Estimates
from advocacy.report.figures import multiverse, robustness
from advocacy.study.book.making import Shown
from advocacy.study.robustness import figures as drawings
from advocacy.study.robustness import pages as tables
from advocacy.study.robustness.another import another_numbers, another_page
from advocacy.study.robustness.truth import true_numbers
from advocacy.study.sources import EVIDENCE

SUMMARY, ANALYSES, TEST, RECALL = "robustness", "specifications", "multiverse_test", "recall"
BY_SECTOR, INVITED, BY_SCORE = "robustness_sector", "participation", "misreport_score_band"

# Why there may be nothing to show of a threat, where all else of the table is there.
WITHOUT = {
    f"threat-{threat}{ending}": why
    for threat, why in {
        "misreport": "no records were searched, or what they tell is withheld",
        "recall": "nobody says when it was, or it is withheld",
    }.items()
    for ending in ("", "-sector")
}


def figures() -> dict[str, Shown]:
    """Return the figures by name."""
    silent = partial(drawings.of_threat, threat="nonresponse")
    silent_rows = partial(drawings.threat_rows, threat="nonresponse")
    return {
        "half": Shown(
            _with_truth(drawings.summary), (SUMMARY,), (ANALYSES, "truth"),
            data=_with_truth(drawings.summary_rows),
        ),
        "silent": Shown(
            _with_truth(silent, drawings.of_threat), (SUMMARY,), ("truth",),
            data=_with_truth(silent_rows, drawings.threat_rows),
        ),
        "analyses": Shown(multiverse.curve, (ANALYSES,)),
        "tipping": Shown(robustness.tipping_map, (SUMMARY,)),
        "recall": Shown(drawings.profile, (RECALL,)),
    }  # fmt: skip


def pages() -> dict[str, Shown]:
    """Return the tables by name."""
    threats = {
        f"threat-{threat}{ending}": Shown(
            _with_truth(partial(tables.threats_page, threat=threat), tables.threats_page),
            (table,), ("truth",),
        )
        for threat in ("misreport", "nonresponse", "recall")
        for ending, table in (("", SUMMARY), ("-sector", BY_SECTOR))
    }  # fmt: skip
    return {
        "half": Shown(_with_truth(tables.summary_page), (SUMMARY,), (ANALYSES, "truth")),
        **threats,
        "misreport-score_band": Shown(
            _with_truth(partial(tables.threats_page, threat="misreport"), tables.threats_page),
            (BY_SCORE,), ("truth",),
        ),
        "analyses-moves": Shown(tables.moves_page, (ANALYSES,)),
        "analyses-options": Shown(tables.options_page, (ANALYSES,)),
        "analyses-test": Shown(tables.test_page, (f"{TEST}_sector",)),
        "participation": Shown(tables.participation_page, (INVITED,)),
        "participation-sector": Shown(tables.participation_page, (f"{INVITED}_sector",)),
        "recall-profile": Shown(tables.profile_page, (RECALL,)),
        "another-behaviour": Shown(another_page, (EVIDENCE,)),
    }  # fmt: skip


def numbers() -> tuple[Shown, ...]:
    """Return the true rates of what rows suppose, and what follows of another behaviour."""
    return (
        Shown(another_numbers, (EVIDENCE,)),
        *(Shown(true_numbers, ("truth", name)) for name in (SUMMARY, BY_SECTOR, BY_SCORE)),
    )


def _with_truth(make: Callable[..., Any], maker: Callable[..., Any] | None = None) -> Any:
    """Return something made of a table, and of all analyses and the truth where these are there."""

    @wraps(maker or make)
    def made(table: Estimates, *beside: Any) -> Any:
        given: dict[str, Any] = {}
        for one in beside:
            given["analyses" if isinstance(one, Estimates) else "known"] = one
        return make(table, **given)

    return made
