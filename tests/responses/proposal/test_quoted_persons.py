"""A proposal quotes no person: not in lines, notes or questions, which are written to files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from advocacy.responses.labelled import LabelledTable, MissingRange, Variable
from advocacy.responses.proposal.levels import profiled
from advocacy.responses.proposal.proposal import ProposedCrosswalk, propose_crosswalk
from advocacy.responses.readers.scan import Scan, slices

_ROWS = 60


def proposed(variables: dict[Variable, list[object]]) -> ProposedCrosswalk:
    """Return the proposal for a file with these variables."""
    values = pa.table({v.name: pa.array(column) for v, column in variables.items()})
    table = LabelledTable(Path("a.sav"), values.slice(0, 0), tuple(variables))
    scan = Scan(table, _ROWS, lambda names, size: slices(values, names, size))
    return propose_crosswalk(profiled(scan))


def test_what_is_said_of_respondents_is_not_quoted() -> None:
    """The question of an identifier, and a code that is declared missing, name a person."""
    missing = (MissingRange("TOKEN", "TOKEN"),)
    known = Variable("respondent_id", "Respondent number of TOKEN", user_missing=missing)
    proposal = proposed({known: [f"R{code}" for code in range(_ROWS)]})
    lines = [line for line in proposal.lines if line.raw_variable == "respondent_id"]
    assert [line.note[:8] for line in lines] == ["guess 0."] * len(lines)
    assert lines[0].raw_value == "*"
    assert "TOKEN" not in repr((lines[0], proposal.questions, proposal.refusals))


def test_a_contest_of_identifiers_quotes_no_label() -> None:
    two = {
        Variable(name, "Respondent number of TOKEN"): [float(code + at) for code in range(_ROWS)]
        for at, name in enumerate(("respondent_id", "respid"))
    }
    assert "TOKEN" not in repr((proposed(two).lines, proposed(two).questions))


def test_what_would_be_left_out_is_not_proposed() -> None:
    """Addresses under the label of a touchpoint: neither they nor the codes become lines."""
    mail = Variable("touchpoint", "Which touchpoint was it?")
    proposal = proposed({mail: [f"token{n}@example.no" for n in range(_ROWS)]})
    assert [line for line in proposal.lines if line.raw_variable == "touchpoint"] == []
    assert "token" not in repr((proposal.lines, proposal.questions, proposal.refusals))


def test_names_that_are_labels_become_no_values() -> None:
    """Forty names of sixty answers: each is somebody's, and no place."""
    names = [f"Kari{chr(97 + n // 20)} Tokensen{chr(97 + n % 20)}" for n in range(40)]
    labels = tuple((float(n), name) for n, name in enumerate(names))
    who = Variable("touchpoint", "Which touchpoint was it?", labels)
    proposal = proposed({who: [float(n % 40) for n in range(_ROWS)]})
    assert "Tokensen" not in repr((proposal.lines, proposal.questions, proposal.refusals))


def test_others_are_proposed_with_their_reasons() -> None:
    labels = ((1.0, "Shop"), (2.0, "Web"), (3.0, "Phone"))
    where = Variable("touchpoint", "Which touchpoint was it?", labels)
    proposal = proposed({where: [float(1 + n % 3) for n in range(_ROWS)]})
    assert "'Web'" in repr(proposal.lines)
