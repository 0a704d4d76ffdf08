"""A crosswalk compiled against the dictionary of a file: what fills each canonical column."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from advocacy.errors import MissingColumnError
from advocacy.responses.crosswalk.crosswalk import Crosswalk
from advocacy.responses.crosswalk.placement import Placement, place
from advocacy.responses.crosswalk.scale import all_vouch_for_zero, check_scales
from advocacy.responses.labelled import LabelledTable, Variable
from advocacy.responses.readers.names import refuse_alike
from advocacy.responses.schema import COLUMNS


def compile_crosswalk(table: LabelledTable, crosswalk: Crosswalk) -> list[Placement]:
    """Compile a crosswalk against the dictionary of a file, a placement a canonical column.

    Raises
    ------
    FileFormatError
        Names of variables differ only in case.
    CrosswalkError, MissingColumnError
        The crosswalk cannot be applied to the file, or maps nothing of it.
    DataError
        The score is not on a 0-10 scale.
    """
    return placements_of(table.variables, table.values.schema, crosswalk, str(table.path))


def states_scale(crosswalk: Crosswalk, variables: Sequence[Variable]) -> bool:
    """Tell whether the score's scale is known to have a 0; so where there is no score."""
    return all_vouch_for_zero(crosswalk.columns().get(COLUMNS["score"], []), variables)


def placements_of(
    variables: Sequence[Variable], schema: pa.Schema, crosswalk: Crosswalk, where: str
) -> list[Placement]:
    """Compile a crosswalk against variables and their types; as `compile_crosswalk`.

    ``where`` is the file, for messages.
    """
    refuse_alike(schema.names, where)
    placements = place(crosswalk, schema, variables)
    if not placements:
        raise MissingColumnError(
            "Nothing of the file is mapped: no variable has a canonical name or a crosswalk line.",
            where=where,
            remedy="Give a crosswalk with --crosswalk, or rename the variables.",
        )
    score = crosswalk.columns().get(COLUMNS["score"])
    if score:
        check_scales(score, variables, where)
    return placements
