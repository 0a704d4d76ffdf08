"""A weight that the file's header declares is proposed, or named with the reason why not.

The oracle is SPSS: cases with a weight that is missing, zero or negative count nowhere.
"""

from __future__ import annotations

import pytest
from test_roles import table

from advocacy.responses.labelled import MissingRange, Variable
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk

UNIT = [0.5, 1.0, 1.5, 2.0]


def declared(variable: Variable, values: list[object], *others: object) -> ProposedCrosswalk:
    """Return the proposal for a file that declares this variable as its weight."""
    columns = ((variable, values), *others)
    return propose_crosswalk(table(*columns, weight=variable.name))  # type: ignore[arg-type]


def rules(found: ProposedCrosswalk) -> list[tuple[str, str, str]]:
    return [(line.raw_value, line.column, line.canonical_value) for line in found.lines]


@pytest.mark.parametrize("label", ["Weight", "Vekt", "Vikt", "Vægt", "Gewicht", "Faktor", ""])
def test_a_value_label_does_not_hide_it(label: str) -> None:
    found = declared(Variable("WT", label, ((1.0, "unweighted"),)), UNIT * 5)
    assert rules(found) == [("*", "weight", "*")]


@pytest.mark.parametrize(
    ("labels", "values", "lines"),
    [
        ((), [-1.0, *UNIT], [("..-0.000000001", "weight", "")]),
        (((9.0, "Missing"),), [9.0, *UNIT], [("9", "weight", "")]),
        (
            ((-9.0, "Ikke besvart"),),
            [-9.0, *UNIT],
            [("-9", "weight", ""), ("..-0.000000001", "weight", "")],
        ),
        ((), [0.0, None, *UNIT], []),
    ],
)
def test_values_that_weigh_nothing(
    labels: tuple[tuple[float, str], ...], values: list[object], lines: list[tuple[str, str, str]]
) -> None:
    found = declared(Variable("w8", "", labels), values * 3)
    assert rules(found) == [("*", "weight", "*"), *lines]
    assert (found.questions, found.refusals) == ((), ())


def test_codes_declared_missing_weigh_nothing() -> None:
    variable = Variable("w8", "", (), (MissingRange(99.0, 99.0),))
    assert rules(declared(variable, [*UNIT, 99.0])) == [("*", "weight", "*"), ("99", "weight", "")]


def test_it_leaves_no_choice_beside_another_weight() -> None:
    other = (Variable("weight", "Weight"), [0.3, 1.1, 1.6, 2.2])
    found = declared(Variable("hv"), list(UNIT), other)
    assert [(line.raw_variable, line.column) for line in found.lines] == [("hv", "weight")]
    assert found.questions == ()


@pytest.mark.parametrize(("values", "said"), [(["a", "b"], "texts"), ([None, None], "no values")])
def test_one_that_cannot_be_used_is_named(values: list[object], said: str) -> None:
    found = declared(Variable("w8"), values, (Variable("x"), [1.0, 2.0]))
    assert found.lines == ()
    (refusal,) = found.refusals
    assert "w8 is the weight by the file" in refusal
    assert said in refusal


def test_labelled_classes_are_no_weight() -> None:
    labels = ((1.0, "Under 60 kg"), (2.0, "60-80 kg"), (3.0, "Over 80 kg"))
    found = propose_crosswalk(table((Variable("vekt", "Vekt", labels), [1.0, 2.0, 3.0] * 9)))
    assert found.lines == ()


def test_a_weight_that_is_not_declared_may_have_a_label_too() -> None:
    variable = Variable("w", "Weight", ((1.0, "unweighted"),))
    found = propose_crosswalk(table((variable, [0.5 + i / 50 for i in range(90)])))
    assert rules(found) == [("*", "weight", "*")]
