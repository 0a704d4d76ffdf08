"""A trial: what the import makes of the sources, and which tables the estimators then refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from advocacy.errors import AdvocacyError, DesignError
from advocacy.files import write_text
from advocacy.isolation import isolated_attempts
from advocacy.responses import ImportOptions, Responses, import_source, read_source
from advocacy.responses.dataset.accounts import RowAccount
from advocacy.study.proposal.choices import Choices
from advocacy.study.proposal.holdings import Holdings
from advocacy.study.proposal.problems import refuse
from advocacy.study.proposal.writing import protocol_text
from advocacy.study.protocol import ESTIMATORS, Protocol, StudyTable, read_protocol
from advocacy.survey import DuckDB, survey_design


def try_import(folders: Sequence[Path], dataset: Path) -> dict[str, RowAccount]:
    """Import sources into a dataset; return what became of the rows, by name of source.

    Raises
    ------
    AdvocacyError
        A source cannot be imported: what is wrong with each is said at once.
    """
    sources = [read_source(folder) for folder in folders]
    calls = [(source, dataset, ImportOptions()) for source in sources]
    found = isolated_attempts(import_source, calls, [str(source.folder) for source in sources])
    refuse([one for one in found if isinstance(one, AdvocacyError)], str(dataset))
    accounts = {s.name: one for s, one in zip(sources, found, strict=True)}
    return {name: one for name, one in accounts.items() if isinstance(one, RowAccount)}


def settled(choices: Choices, held: Holdings, responses: Responses, root: Path) -> Choices:
    """Return the choices without what an estimator refuses on these responses, and why it does.

    Where a stratum has one sampling unit, what to do about it is chosen.

    Parameters
    ----------
    root
        A folder for the protocol that is tried.
    """
    try:
        _estimated(_protocol(choices, held, root), "overall", responses)
    except DesignError as error:
        choices = choices.with_lonely("adjust", error.what)
    study = _protocol(choices, held, root)
    refused: dict[tuple[str, tuple[str, ...]], str] = {}
    for name, table in study.tables.items():
        try:
            _estimated(study, name, responses)
        except AdvocacyError as error:
            if name == "overall":
                raise  # without the headline there is no study
            refused[_entry(table, study)] = error.what
    return choices.without(refused)


def _protocol(choices: Choices, held: Holdings, root: Path) -> Protocol:
    path = root / "analysis" / "study.toml"
    write_text(path, protocol_text(choices, held))
    return read_protocol(path)


def _estimated(study: Protocol, name: str, responses: Responses) -> None:
    table = study.tables[name]
    design = survey_design(
        responses,
        table.target,
        weight_scaling=study.weight_scaling,  # type: ignore[arg-type]  # checked there
        lonely_psu=study.lonely_psu,  # type: ignore[arg-type]  # checked there
    )
    options: Mapping[str, object] = table.options
    ESTIMATORS[table.kind](responses, **options, design=design, engine=DuckDB(study.threads))


def _entry(table: StudyTable, study: Protocol) -> tuple[str, tuple[str, ...]]:
    """Return what the protocol asks for a table by: its section, and its entry there."""
    if table.kind == "rates" and table.options["estimand"] != study.estimand:
        return "estimands", (table.options["estimand"],)
    if table.target != study.targets[0]:
        return "targets", (table.target,)
    between = table.options.get("between")
    return table.kind, (between,) if between else table.by
