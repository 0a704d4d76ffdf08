"""What is shown of a survey file, made where the file is read.

Whoever prints it leaves this to a process of its own, and imports nothing of what it takes.
"""

from __future__ import annotations

import gc
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
    base: Path | None = None,
) -> Document | str:
    """Return what is in a survey file, and what each variable seems to be; see `scan_labelled`.

    Parameters
    ----------
    variable
        The one variable that is told of; all of them without.
    as_json
        Return a text of JSON, with all levels.
    base
        File or dataset of ratings that a file of follow-ups or invitations is compared with;
        without it those beside the file.

    Raises
    ------
    MissingColumnError
        The file has no such variable.
    UsageError
        The file is of ratings itself, or has no identifier, and a base is given.
    """
    from advocacy.report.contents import inspection
    from advocacy.responses.proposal.follow_up.belonging import belonging
    from advocacy.responses.proposal.levels import profile_file
    from advocacy.responses.proposal.roles import propose_roles

    # All that is made here stays: of a wide file, to look for cycles in it again and again takes a
    # fifth of the time.
    gc.disable()
    try:
        profiled = profile_file(path, encoding, sheet)
        if variable is not None:
            profiled.table.variable(variable)  # refuses an unknown name
        roles = propose_roles(profiled)
        belongs = belonging(roles, path, base, encoding, sheet)
    finally:
        gc.enable()
    chosen = [p for p in roles if variable in (None, p.name)]
    if as_json:
        return inspection.as_json(profiled, chosen, belongs)
    if variable is None:
        return inspection.overview(profiled, chosen, belongs)
    return inspection.story(chosen[0])
