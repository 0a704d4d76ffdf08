"""What tests of responses write: heads of tables, and the types of the fixtures that write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from advocacy.responses import Source

HEAD = (
    "# advocacy crosswalk format 1\nraw_variable,raw_value,canonical_column,canonical_value,note\n"
)
CORRECTIONS_HEAD = "file,row,variable,old_value,new_value,reason\n"

Writer = Callable[[str], Path]
Sources = Callable[..., Source]
