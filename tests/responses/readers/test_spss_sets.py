"""Records of multiple-response sets; the first is the example of the format's description."""

from __future__ import annotations

import pytest

from advocacy.responses.labelled import MultipleResponse, Variable
from advocacy.responses.readers.spss_sets import declared_sets, response_sets

# https://www.gnu.org/software/pspp/pspp-dev/html_node/Multiple-Response-Sets-Records.html
OLD = b"$a=C 10 my mcgroup a b c\n$b=D2 55 0  g e f d\n$c=D3 Yes 10 mdgroup #2 h i j\n"
NEW = b"$d=E 1 2 34 13 third mdgroup k l m\n$e=E 11 6 choice 0  n o p\n"
VARIABLES = tuple(Variable(letter.upper(), f"Label of {letter}") for letter in "abcdefghijklmnop")
SHORT = tuple(v.name.encode() for v in VARIABLES)


def test_the_example_of_the_format() -> None:
    sets, remarks = response_sets([OLD, NEW], "utf-8", SHORT, VARIABLES)
    assert sets == (
        MultipleResponse("a", "my mcgroup", "category", "", ("A", "B", "C")),
        MultipleResponse("b", "", "dichotomy", "55", ("G", "E", "F", "D")),
        MultipleResponse("c", "mdgroup #2", "dichotomy", "Yes", ("H", "I", "J")),
        MultipleResponse("d", "third mdgroup", "dichotomy", "34", ("K", "L", "M")),
        MultipleResponse("e", "Label of n", "dichotomy", "choice", ("N", "O", "P")),
    )
    assert remarks == ()


@pytest.mark.parametrize(
    ("record", "counted", "label"),
    [
        (b"$s=D2 -1 3 Who a b\n", "-1", "Who"),
        (b"$s=D3 1.5 3 Who a b\n", "1.5", "Who"),
        (b"$s=D6 Ja, ja 7 Hvem er a b\n", "Ja, ja", "Hvem er"),
        (b"$s=D6 =$x=D1 9 a=C 1\n $b a b\n", "=$x=D1", "a=C 1\n $b"),
        (b"$s=D8 Ja       0  a b", "Ja", ""),
        ("$s=D3 På 8 Hvem då? a b\n".replace("8 H", "9 H").encode(), "På", "Hvem då?"),
    ],
)
def test_counted_values_and_labels_may_hold_anything(
    record: bytes, counted: str, label: str
) -> None:
    sets, remarks = response_sets([record], "utf-8", SHORT, VARIABLES)
    assert sets == (MultipleResponse("s", label, "dichotomy", counted, ("A", "B")),)
    assert not remarks


def test_long_names_and_names_that_are_not_there() -> None:
    variables = (Variable("Venner"), Variable("Kolleger"))
    record = b"$s=C 0  VENNER v2 v3\n$t=C 1 x v3\n"
    sets, remarks = response_sets([record], "utf-8", (b"V1", b"V2"), variables)
    assert sets == (MultipleResponse("s", "", "category", "", ("Venner", "Kolleger")),)
    assert [remark.key for remark in remarks] == [
        "spss.set_absent",
        "spss.set_absent",
        "spss.set_empty",
    ]


def test_a_set_that_breaks_the_rules_costs_no_other() -> None:
    found, broken = declared_sets(b"$a=C 99 x a b\n$b=Q 1 x a\n$c=C 1 x a b\n\0\0")
    assert ([one.name for one in found], broken) == ([b"c"], 2)


def test_a_set_in_both_records_is_the_later_one() -> None:
    sets, _ = response_sets(
        [b"$a=D1 1 1 x a b\n", b"$A=E 1 1 2 1 y a b\n"], "utf-8", SHORT, VARIABLES
    )
    assert sets == (MultipleResponse("A", "y", "dichotomy", "2", ("A", "B")),)
