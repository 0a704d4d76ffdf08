"""Commands that are killed at random moments leave everything as it was, or done.

Slow: `make faults`, which prints how many kills there were and what became of them. Moments are
drawn between the start and the usual end, and between two changes on the disk, where harm is done.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from started import PROGRAM, Done, Started, digests, listed, run, send
from surveys import answers, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for orphans in /proc"),
]

SEED = 20261128
ROUNDS = 5  # trials for each command and each kill
ROWS = 8_000
RESPONDENT = "kunde 1-7"
# What the study's import is called by.
STUDY = """
import sys
from pathlib import Path
try:
    from advocacy.errors import AdvocacyError
    from advocacy.responses import find_sources, import_sources, read_source
    import_sources([read_source(path) for path in find_sources(Path("sources"))], Path("data"))
except KeyboardInterrupt:
    sys.exit(130)
except AdvocacyError as error:
    print(f"advocacy: {error}", file=sys.stderr)
    sys.exit(1)
"""


@dataclass(frozen=True)
class Command:
    """A command that is killed.

    Parameters
    ----------
    arguments
        Of the program.
    before
        Commands that make what is there before it.
    parses
        Whether it has a process that parses a file.
    code
        What runs in place of the program.
    salted
        Whether the salt of pseudonyms is there before it.
    """

    arguments: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    parses: bool = True
    code: str = PROGRAM
    salted: bool = True


_IMPORT = ("import", "raw/a.zsav", "-o", "data")
_OTHER = ("import", "raw/b.csv", "-o", "data")
COMMANDS = {
    "import": Command(_IMPORT),
    "import without a salt": Command(_IMPORT, salted=False),
    "import beside another": Command(_OTHER, (_IMPORT,)),
    "import in place": Command(("import", "new/a.zsav", "--replace", "-o", "data"), (_IMPORT,)),
    "study": Command(code=STUDY),
    "forget": Command(
        ("forget", RESPONDENT, "data", "--source", "a", "--salt", "raw/salt", "--yes"),
        (_IMPORT, _OTHER),
        parses=False,
    ),
    "export": Command(("export", "raw/a.zsav", "-o", "out.sav", "--force")),
    "estimate": Command(("estimate", "raw/b.csv", "-o", "out.csv")),
}
KILLS = {
    "parent": signal.SIGKILL,
    "child": signal.SIGKILL,
    "both": signal.SIGKILL,
    "ctrl-c": signal.SIGINT,
    "interrupt": signal.SIGINT,
    "terminate": signal.SIGTERM,
}
# By the kill, how the process ends that has not done its work.
ENDS = {
    "parent": {-signal.SIGKILL},
    "child": {1},
    "both": {-signal.SIGKILL},
    "ctrl-c": {130},
    "interrupt": {130},
    "terminate": {-signal.SIGTERM, 128 + signal.SIGTERM},
}
NEXT = {
    "codebook": ("codebook",),
    "inspect": ("inspect", "raw/b.csv"),
    "estimate": ("estimate", "data"),
}
# They know of the dataset, and so are to clear what a dead command has left in it.
KNOWING = {"estimate", "again"}
DATA = "data/responses/source="
_NOISE = ("Traceback", "Exception ignored", "Fatal Python error", "core dumped")


# The places


def made(command: Command, folder: Path) -> Path:
    """Write the files of a command, and what is there before it."""
    for name, seed in (("raw", 1), ("new", 2)):
        (folder / name).mkdir(parents=True)
        write(answers(ROWS, seed), folder / name / "a.zsav")
        if command.salted:
            (folder / name / "salt").write_text("ab" * 32 + "\n", encoding="ascii")
    write(answers(ROWS // 2, 1), folder / "raw" / "b.csv")
    for number in range(4):
        _add_source(folder / "sources" / f"s{number}", answers(ROWS, number))
    (folder / "out.csv").write_text("old\n")
    (folder / "out.sav").write_text("old\n")
    for arguments in command.before:
        done = run(arguments, folder, folder.parent)
        assert done.status == 0, done.err
    return folder


def _add_source(folder: Path, frame: object) -> None:
    from advocacy.provenance import sha256

    folder.mkdir(parents=True)
    file = write(frame, folder / "svar.sav")  # type: ignore[arg-type]
    (folder / "source.toml").write_text(
        f'name = "{folder.name}"\nkind = "simulated"\n\n[[files]]\nname = "svar.sav"\n'
        f'sha256 = "{sha256(file)}"\n'
    )


def groups(folder: Path) -> dict[str, dict[str, str]]:
    """Return the files of a folder by what is old or new as a whole: a partition, or a file."""
    found: dict[str, dict[str, str]] = {}
    for name, digest in digests(folder).items():
        parts = name.split("/")
        whole = "/".join(parts[:3]) if parts[:2] == ["data", "responses"] else name
        if name == "out.sav":  # it has the time in its header
            content = bytearray((folder / name).read_bytes())
            content[92:109] = b""
            digest = hashlib.sha256(content).hexdigest()
        found.setdefault(whole, {})[name] = digest
    return found


@dataclass(frozen=True)
class Place:
    """A command with the folder before and after it, how long it takes and how often it writes."""

    command: Command
    folder: Path
    old: dict[str, dict[str, str]]
    new: dict[str, dict[str, str]]
    seconds: float
    changes: int


def place(command: Command, folder: Path) -> Place:
    """Make a command's folder, and run it once on a copy as nobody disturbs it."""
    before = made(command, folder / "before")
    after = shutil.copytree(before, folder / "after")
    temporary = folder / "temporary"
    temporary.mkdir()
    with started(command, after, temporary) as process:
        changes = watched(process, after, temporary, lambda _: False)
        seconds = time.monotonic() - process.began
        done = process.done()
    assert (done.status, listed(temporary)) == (0, frozenset()), done.err
    return Place(command, before, groups(before), groups(after), seconds, changes)


def started(command: Command, folder: Path, temporary: Path) -> Started:
    return Started(command.arguments, folder, temporary, code=command.code)


# The kills


def watched(process: Started, folder: Path, temporary: Path, enough: Callable[[int], bool]) -> int:
    """Wait until it has made enough changes on the disk, or has ended; return their number."""
    changes, seen = 0, listed(folder, temporary)
    while process.running() and not enough(changes):
        time.sleep(0.001)
        now = listed(folder, temporary)
        changes, seen = changes + (now != seen), now
    return changes


def kill(how: str, process: Started) -> None:
    """Send the signal to whom it is for; a child is waited for."""
    children = process.others()
    while how == "child" and not children and process.running():
        time.sleep(0.005)
        children = process.others()
    if how in ("child", "both"):
        for child in children:
            send(child, KILLS[how])
    if how != "child":
        send(process.pid, KILLS[how], group=how == "ctrl-c")


@dataclass(frozen=True)
class Trial:
    """A kill: how, when in the usual time or after how many changes, and what is run next."""

    how: str
    share: float
    changes: int | None
    after: str

    def wait(self, process: Started, at: Place, folder: Path, temporary: Path) -> None:
        """Wait for the moment."""
        if self.changes is None:
            moment = process.began + self.share * at.seconds
            time.sleep(max(moment - time.monotonic(), 0))
        else:
            watched(process, folder, temporary, lambda changes: changes >= self.changes)


def trials(name: str, changes: int) -> list[Trial]:
    """Return the trials of a command, the same whenever they are drawn."""
    rng = random.Random(f"{SEED} {name}")
    command = COMMANDS[name]
    drawn = []
    for number in range(ROUNDS * len(KILLS)):
        how = list(KILLS)[number % len(KILLS)]
        share, change = rng.random(), 1 + int(rng.random() * changes)
        after = rng.choice(["again", *NEXT]) if command.salted else "again"
        if how != "child" or command.parses:
            drawn.append(Trial(how, share, change if rng.random() < 0.6 else None, after))
    return drawn


def tried(trial: Trial, at: Place, folder: Path, counts: Counter[str]) -> list[str]:
    """Kill a command on a copy of its place, run another, and return all that is wrong."""
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    here = shutil.copytree(at.folder, folder / "here")
    with started(at.command, here, temporary) as process:
        trial.wait(process, at, here, temporary)
        killed = process.running()
        kill(trial.how, process)
        done = process.done()
        orphans = process.orphans()
    counts["kills" if killed else "came too late"] += 1
    counts["orphans"] += bool(orphans)
    counts["left until the next command"] += bool(listed(temporary))
    wrong = [f"{len(orphans)} orphans"] if orphans else []
    wrong += _said(done, trial.how, counts)

    arguments = NEXT.get(trial.after, at.command.arguments)
    before = groups(here)
    code = at.command.code if trial.after == "again" else PROGRAM
    following = run(arguments, here, temporary, code=code)
    whole = at.new | {name: own for name, own in at.old.items() if name not in at.new}
    if not _ended_well(following, arguments, before, whole):
        wrong.append(f"{trial.after} then ended with {following.status}: {following.err[-300:]}")
    after = groups(here)
    # Without a salt before, the pseudonyms are others than in the place.
    new = at.new if at.command.salted else after
    wrong += _state(before, at.old, new, done, counts)
    if trial.after == "again" and after != (new | {n: at.old[n] for n in at.old if n not in new}):
        wrong.append("again does not give what it gives undisturbed")
    left = listed(temporary)
    if trial.after in KNOWING:
        left |= {name for name in after if name not in at.old and name not in new}
    if left:
        counts["leftovers"] += 1
        wrong.append(f"left after {trial.after}: {', '.join(sorted(left))}")
    return wrong


def _ended_well(
    done: Done,
    arguments: tuple[str, ...],
    before: Mapping[str, object],
    whole: Mapping[str, object],
) -> bool:
    """Tell whether the next command did its work, or refused what has none for it.

    That is a folder without a dataset, or the person whom the killed command has forgotten:
    ``before`` is what it left, ``whole`` what it leaves undisturbed.
    """
    nothing = arguments == NEXT["estimate"] and not any(n.startswith(DATA) for n in before)
    forgotten = arguments[:1] == ("forget",) and before == whole
    expected = {1, 2} if nothing else {2} if forgotten else {0}
    return done.status in expected and not any(word in done.err for word in _NOISE)


def _said(done: Done, how: str, counts: Counter[str]) -> list[str]:
    """Return what is wrong with how a process ended and what it said."""
    wrong = []
    if any(word in done.err for word in _NOISE):
        counts["tracebacks"] += 1
        wrong.append(f"a traceback: ...{done.err[-400:]}")
    if done.status != 0 and done.status not in ENDS[how]:
        counts["wrong exit status"] += 1
        wrong.append(f"exit status {done.status}: {done.err[-200:]}")
    if done.status == 1 and "advocacy: " not in done.err:
        wrong.append(f"it does not say what was wrong: {done.err[-200:]}")
    return wrong


def _state(
    found: dict[str, dict[str, str]],
    old: dict[str, dict[str, str]],
    new: dict[str, dict[str, str]],
    done: Done,
    counts: Counter[str],
) -> list[str]:
    """Return what is neither old nor new, file by file or partition by partition."""
    half = [
        name
        for name in old.keys() | new.keys()
        if found.get(name) != old.get(name) and found.get(name) != new.get(name)
    ]
    if half:
        counts["half"] += 1
        missing = {
            n: sorted(new.get(n, old.get(n, {})).keys() - found.get(n, {}).keys()) for n in half
        }
        return [f"neither old nor new (missing): {missing}"]
    isnew = all(found.get(name) == new.get(name) for name in new)
    counts["new" if isnew else "old"] += 1
    return ["exit status 0, but not done"] if done.status == 0 and not isnew else []


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.xdist_group(f"kill {n}")) for n in COMMANDS]
)
def test_a_killed_command_leaves_nothing_half_done(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    at = place(COMMANDS[name], tmp_path / "place")
    counts: Counter[str] = Counter()
    problems = []
    for number, trial in enumerate(trials(name, at.changes)):
        folder = tmp_path / str(number)
        wrong = tried(trial, at, folder, counts)
        problems += [f"{number} {trial}: {one}" for one in wrong]
        shutil.rmtree(folder)
    record_property(f"killed {name}", dict(sorted(counts.items())))
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems)
    assert counts["kills"] > counts["came too late"]
