"""How the build of the study speaks: which task it is at, and errors in their own words.

A hook module of pytask, which `pyproject.toml` names. What pytask says of errors is a traceback
for each task; here an `AdvocacyError` is its message, where and remedy, once, at the end of all.
Other exceptions are faults of ours and keep their traceback. ``--show-traceback`` shows all.
"""

from __future__ import annotations

import inspect
import logging
import os
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from typing import Any

import click
from pytask import (
    CollectionError,
    CollectionOutcome,
    CollectionReport,
    ExecutionError,
    ExecutionReport,
    NodeNotCollectedError,
    PTask,
    Session,
    TaskOutcome,
    console,
    hookimpl,
)

from advocacy.errors import AdvocacyError
from advocacy.provenance import write_json
from advocacy.report.pace import duration
from advocacy.study.build.progress import LOGGER, TIMES

_NAMED = 3  # tasks that failed with the same message that are named; the others are counted

_WORTH_SAYING = 1.0  # seconds
_DATABASE = "_pytask.database"

Report = CollectionReport | ExecutionReport


# How it is set


@hookimpl
def pytask_extend_command_line_interface(cli: click.Group) -> None:
    """Leave tracebacks out unless they are asked for: an ini option would overrule the asking."""
    for parameter in cli.commands["build"].params:
        if parameter.name == "show_traceback":
            parameter.default = False


@hookimpl
def pytask_parse_config(config: dict[str, Any]) -> None:
    """Do without pytask's database, which `pytask.lock` has replaced.

    Nothing reads it where there is a lock, but each state of each task is written to it anew, one
    by one: that took longer than the rest of a build in which nothing has changed.
    """
    if config["pm"].has_plugin(_DATABASE):
        config["pm"].unregister(name=_DATABASE)


@hookimpl(trylast=True)
def pytask_post_parse(config: dict[str, Any]) -> None:
    """Have steps say how far they are; where nobody watches, have plain lines, no live table."""
    LOGGER.setLevel(logging.INFO)
    if config["command"] == "build" and ("CI" in os.environ or not sys.stdout.isatty()):
        for name in ("live_execution", "live_collection"):
            if config["pm"].has_plugin(name):
                config["pm"].unregister(name=name)
        config["pm"].register(PlainLines(), "plain_lines")


# Which task it is at


class PlainLines:
    """A line for each task that is run, before it is run."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._number = 0

    @hookimpl(tryfirst=True)
    def pytask_execute_log_start(self, session: Session) -> None:
        """Look up how long each task took when it last ran."""
        found = _seconds(session)
        self._seconds = {name: own for name, own in found.items() if own >= _WORTH_SAYING}

    @hookimpl(tryfirst=True)
    def pytask_execute_task_log_start(self) -> None:
        """Count the task, whether or not it has to be run."""
        self._number += 1

    @hookimpl(wrapper=True, tryfirst=True)
    def pytask_execute_task(self, session: Session, task: PTask) -> Generator[None, Any, Any]:
        """Say which task it is; those that are unchanged never get here."""
        if not (session.config["dry_run"] or session.config["explain"]):
            place = f"[{self._number}/{len(session.tasks)}]"
            _say(f"{place} {_title(task)}{self._expected(task)}")
        return (yield)

    @hookimpl(tryfirst=True)
    def pytask_execute_task_log_end(self, report: ExecutionReport) -> bool:
        """Say that a task failed; the others have their line already."""
        if report.outcome == TaskOutcome.FAIL:
            _say("    failed: why stands at the end")
        return True

    def _expected(self, task: PTask) -> str:
        """Return how long it took when it last ran, or what its description says of it."""
        if task.name in self._seconds:
            return f"; took {duration(self._seconds[task.name])} last time"
        _, *rest = _description(task)
        return "".join(f"; {text[0].lower()}{text[1:].rstrip('.')}" for text in rest)


def _seconds(session: Session) -> dict[str, float]:
    """Return how long each task took when it last ran; 0 where it never has."""
    profile: dict[str, dict[str, Any]] = {task.name: {} for task in session.tasks}
    session.hook.pytask_profile_add_info_on_task(
        session=session, tasks=session.tasks, profile=profile
    )
    return {name: own.get("Duration (in s)") or 0.0 for name, own in profile.items()}


def _title(task: PTask) -> str:
    """Return what a task is called and does: ``estimate sector: write one table``."""
    summary = next(iter(_description(task)), "").split("; ")[0].rstrip(".")
    name = _name(task)
    return f"{name}: {summary[0].lower()}{summary[1:]}" if summary else name


def _name(task: PTask) -> str:
    """Return the name of a task without its file: ``estimate sector``."""
    function, _, entry = task.name.split("::")[-1].removeprefix("task_").partition("[")
    return " ".join(filter(None, (function.replace("_", " "), entry.removesuffix("]"))))


def _description(task: PTask) -> list[str]:
    """Return the paragraphs of the docstring of a task, each as one line."""
    text = inspect.getdoc(task.function) or ""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph]


# What went wrong


@hookimpl(tryfirst=True)
def pytask_collect_log(session: Session, reports: list[CollectionReport]) -> None:
    """Say why tasks cannot be collected, unless pytask shall say it with tracebacks."""
    failed = [report for report in reports if report.outcome == CollectionOutcome.FAIL]
    if session.config.get("show_traceback") or not any(map(_told, failed)):
        return
    session.collection_end = time.time()
    # The tasks that a module had made before it failed are not collected because of that.
    because = [report for report in failed if not isinstance(_error(report), NodeNotCollectedError)]
    _say("Nothing was run.")
    _say_why(because)
    raise CollectionError


@hookimpl(wrapper=True)
def pytask_execute_log_end(
    session: Session, reports: list[ExecutionReport]
) -> Generator[None, Any, Any]:
    """Keep how long tasks took, for who asks; say why some failed, after all else that is said."""
    # `pytask profile` would collect all tasks again, which takes as long as a build of none.
    write_json(session.config["root"] / TIMES, _seconds(session))
    try:
        return (yield)
    except ExecutionError:
        if not session.config["show_traceback"]:
            waiting = [r for r in reports if r.outcome == TaskOutcome.SKIP_PREVIOUS_FAILED]
            if waiting:
                _say(f"{_counted(len(waiting))} not run, because what they need failed.")
            _say_why(report for report in reports if report.outcome == TaskOutcome.FAIL)
        raise


def _say_why(reports: Iterable[Report]) -> None:
    """Say each message once, with the tasks that it stopped, after the tracebacks of others."""
    stopped: dict[str, list[str]] = {}
    for report in reports:
        if isinstance(_error(report), KeyboardInterrupt):
            stopped.setdefault("Interrupted.", [])
        elif not _told(report):
            console.print(report)
        else:
            tasks = stopped.setdefault(str(_error(report)), [])
            if isinstance(report, ExecutionReport):
                tasks.append(_name(report.task))
    for message, tasks in sorted(stopped.items(), key=lambda item: sorted(item[1])):
        _say(f"\n{f'In {_listed(sorted(tasks))}: ' if tasks else ''}{message}")


def _listed(tasks: Sequence[str]) -> str:
    others = len(tasks) - _NAMED
    more = [f"{others} other{'s' * (others > 1)}"] if others > 0 else []
    return ", ".join([*tasks[:_NAMED], *more])


def _counted(tasks: int) -> str:
    return "1 task was" if tasks == 1 else f"{tasks} tasks were"


def _told(report: Report) -> bool:
    """Whether the exception is an error that a user can mend."""
    return isinstance(_error(report), AdvocacyError)


def _error(report: Report) -> BaseException | None:
    return report.exc_info[1] if report.exc_info else None


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
