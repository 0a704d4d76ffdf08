"""Found, asked about or missing: what an estimate needs, after some answers."""

from __future__ import annotations

from test_roles import table

from advocacy.responses.labelled import Variable
from advocacy.responses.proposal.needs import Need, State, needs
from advocacy.responses.proposal.proposal import propose_crosswalk
from advocacy.responses.proposal.settling import settle

ALL = [float(i % 11) for i in range(44)]
SCORE = Variable("nps", "How likely are you to recommend Acme?", ((0.0, "0"), (10.0, "10")))
YES = Variable("rec", "Have you recommended Acme to anyone?")


def state(*columns: object, answers: dict[int, str] | None = None) -> list[Need]:
    proposal = propose_crosswalk(table(*columns))  # type: ignore[arg-type]
    chosen = answers or {}
    return needs(proposal, settle(proposal, chosen), chosen)


def test_a_question_is_waited_for_until_it_is_answered() -> None:
    columns = ((SCORE, ALL), (YES, [1.0, 2.0] * 22))
    score, behaviour = state(*columns)
    assert (score.state, score.variables) == (State.FOUND, ("nps",))
    assert (behaviour.state, behaviour.variables) == (State.ASKED, ("rec",))
    assert state(*columns, answers={1: "a"})[1].state is State.FOUND
    # Left out on purpose: it is missing, and still the likeliest.
    missing = state(*columns, answers={1: "c"})[1]
    assert missing.state is State.MISSING
    assert [role.name for role in missing.candidates] == ["rec"]
    assert [line.raw_value for line in missing.lines] == ["1", "2"]


def test_without_a_candidate_the_lines_name_no_variable() -> None:
    _, behaviour = state((SCORE, ALL), (Variable("age", "Age"), [30.0, 44.0] * 22))
    assert (behaviour.state, behaviour.candidates) == (State.MISSING, ())
    assert {line.raw_variable for line in behaviour.lines} == {"VARIABLE"}


def test_a_refused_scale_is_a_candidate_without_lines() -> None:
    ten = Variable("nps", SCORE.label, ((1.0, "Not at all likely"), (10.0, "Extremely likely")))
    score, _ = state((ten, [float(i % 10 + 1) for i in range(40)]))
    assert [role.name for role in score.candidates] == ["nps"]
    assert {line.raw_variable for line in score.lines} == {"VARIABLE"}
