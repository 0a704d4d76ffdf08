"""Print how long each step of the study took when it last ran."""

import json
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from advocacy.study.build.progress import TIMES

ROOT = Path(__file__).parents[1]
STEPS = ("simulate", "import", "estimate", "disclose", "pool", "report", "book")


def seconds_by_step() -> dict[str, float]:
    """Return the seconds of each step, summed over its tasks, as the build has kept them."""
    seconds: dict[str, float] = defaultdict(float)
    for name, measured in json.loads((ROOT / TIMES).read_text(encoding="utf-8")).items():
        step = name.split("task_", 1)[1].split(".py")[0]
        seconds[step] += measured
    return seconds


def main() -> None:
    """Print a row a step and the sum."""
    seconds = seconds_by_step()
    table = Table("step", "seconds when it last ran", box=None, pad_edge=False)
    for step in STEPS:
        table.add_row(step, f"{seconds[step]:.1f}")
    table.add_row("together", f"{sum(seconds.values()):.1f}", style="bold")
    Console().print(table)


if __name__ == "__main__":
    main()
