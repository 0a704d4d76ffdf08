"""What killed imports and forgettings have left beside the partitions of a dataset."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

# The process that wrote it is in the name.
_LEFTOVER = re.compile(r"\..*\.(?P<process>\d+)\.partial(\..*)?|\.source=.*\.forgotten")


def clear_leftovers(folder: Path) -> None:
    """Remove what killed imports left in a folder of partitions: it holds respondents too.

    What a process is still writing stays; it is of another import, which ends by itself.
    """
    for path in sorted(folder.rglob(".*")):
        match = _LEFTOVER.fullmatch(path.name)
        if not match or not path.exists() or _is_alive(match["process"]):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_alive(process: str | None) -> bool:
    if process is None:
        return False
    if sys.platform == "win32":  # where to ask would end it
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True
