"""A client's report as one document: its sections, in the order in which they are read."""

from __future__ import annotations

from advocacy.estimation import Estimates
from advocacy.estimation.overview import Overview
from advocacy.estimation.pooling.standing import Standing
from advocacy.report.client.associated import associated
from advocacy.report.client.first_screen import first_screen
from advocacy.report.client.foundation import lost_or_assumed, methods_card
from advocacy.report.client.others import beside_a_study, published
from advocacy.report.client.questions import questions
from advocacy.report.client.sections import groups, net_scores, robustness, rungs, score_curve
from advocacy.report.client.subject import Subject
from advocacy.report.document import Document
from advocacy.report.wording import Words
from advocacy.robustness.scenarios import Scenarios


def client_report(
    found: Overview,
    subject: Subject,
    figures: Estimates,
    standing: Standing | None,
    threats: Scenarios | None,
    words: Words,
) -> Document:
    """Return the report of a client's own file.

    Nothing is withheld for the number of suppliers or for one that dominates: those rules keep a
    supplier from being found out by others, and here is but one, which reads of itself.

    Parameters
    ----------
    found
        What `overview` gave.
    subject
        The file or dataset.
    figures
        Published figures, which `read_published` gave.
    standing
        The survey beside a study; ``None`` where there is no study, or no rate.
    threats
        The rate under what may be wrong with it; ``None`` where there is no rate.
    words
        The language.
    """
    before = first_screen(found, subject, words)
    asked = questions(found, words)
    without = found.rates is None
    others = published(found, figures, words)
    study = beside_a_study(found, standing, words) if standing else Document(())
    # A simulated study is no benchmark: what others have published comes before it.
    held = study + others if standing and not standing.simulated else others + study
    parts = [
        before,
        *([asked] if without else []),
        held,
        score_curve(found, words),
        groups(found, words),
        associated(found, words),
        net_scores(found, words),
        robustness(found, threats, words),
        rungs(found, words),
        *([] if without else [asked]),
        lost_or_assumed(found, subject, words),
        methods_card(found, subject, words),
    ]
    return sum(parts[1:], parts[0])
