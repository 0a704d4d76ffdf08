"""What is shown of a survey file, made where the file is read.

Whoever prints it leaves this to a process of its own, and imports nothing of what it takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advocacy.report.document import Document


def inspected(
    path: Path,
    encoding: str | None = None,
    sheet: str | None = None,
    variable: str | None = None,
    as_json: bool = False,  # calls of another process have no keywords
) -> Document | str:
    """Return what is in a survey file, and what each variable seems to be; see `scan_labelled`.

    Parameters
    ----------
    variable
        The one variable that is told of; all of them without.
    as_json
        Return a text of JSON, with all levels.

    Raises
    ------
    MissingColumnError
        The file has no such variable.
    """
    from advocacy.report.contents import inspection
    from advocacy.responses.proposal.levels import profile_file
    from advocacy.responses.proposal.roles import propose_roles

    profiled = profile_file(path, encoding, sheet)
    if variable is not None:
        profiled.table.variable(variable)  # refuses an unknown name
    chosen = [p for p in propose_roles(profiled) if variable in (None, p.name)]
    if as_json:
        return inspection.as_json(profiled, chosen)
    if variable is None:
        return inspection.overview(profiled, chosen)
    return inspection.story(chosen[0])
