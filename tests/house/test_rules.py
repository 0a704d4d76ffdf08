"""What a reader of the code may rely on: its sizes, its one door, and the names of its results."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import pytest_make_parametrize_id

from advocacy.report.results import KINDS

PACKAGE = Path(__file__).parents[2] / "src" / "advocacy"
MOST_LINES, MOST_MODULES = 400, 16
# Longer than `MOST_LINES`, as each is one thing that two files would tear apart. When one is no
# longer so long, its line here goes.
LONGER = {
    "responses/crosswalk/crosswalk.py": "one file format: how it is read, checked and written",
    "responses/crosswalk/placement.py": "one SQL statement, and how its parts are made",
    "survey/regression.py": "one fit: its steps, its scores and its covariance",
    "survey/replicates.py": "the three kinds of replicates of one array",
}
# Where an import is by name: a later layer shows the results of an earlier one, and names of the
# public interface and commands are imported when they are first used.
DOORS = {
    "__init__.py",
    "cli/__init__.py",
    "estimation/__init__.py",
    "estimation/estimates.py",
    "estimation/estimates_file.py",
    "report/results.py",
    "responses/__init__.py",
    "responses/readers/__init__.py",
    "survey/__init__.py",
}


def modules() -> dict[str, Path]:
    """Return the modules of the package by their path in it."""
    paths = sorted(PACKAGE.rglob("*.py"))
    assert len(paths) > 150
    return {path.relative_to(PACKAGE).as_posix(): path for path in paths}


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


# Sizes


def test_a_module_is_short_or_is_known_to_be_one_thing() -> None:
    lines = {name: len(path.read_bytes().splitlines()) for name, path in modules().items()}
    assert {name for name, number in lines.items() if number > MOST_LINES} == set(LONGER)


def test_a_folder_has_few_modules() -> None:
    folders = [path for path in (PACKAGE, *PACKAGE.rglob("*")) if path.is_dir()]
    numbers = {
        folder.relative_to(PACKAGE).as_posix(): len(list(folder.glob("*.py"))) for folder in folders
    }
    assert {name: number for name, number in numbers.items() if number > MOST_MODULES} == {}


def test_modules_of_tests_have_names_of_their_own() -> None:
    """Two of one name, outside a package, are one module to pytest: the second is not collected."""
    tests = Path(__file__).parents[1]
    modules = (path for path in tests.rglob("*.py") if path.name != "conftest.py")
    names = Counter(path.name for path in modules if not (path.parent / "__init__.py").exists())
    assert [name for name, number in names.items() if number > 1] == []


def test_names_of_tests_hold_no_archive(request: pytest.FixtureRequest) -> None:
    """An archive knows the second it was made in: two workers would name its test differently."""
    archives = ("\\x1f\\x8b", "PK\\x03\\x04")
    names = [item.nodeid for item in request.session.items]
    assert [name for name in names if any(start in name for start in archives)] == []


def test_values_of_many_characters_are_named_by_their_argument(
    request: pytest.FixtureRequest,
) -> None:
    assert pytest_make_parametrize_id(bytes(101), "content") == "content"
    assert pytest_make_parametrize_id("a" * 101, "text") == "text"
    assert pytest_make_parametrize_id(bytes(100), "content") is None
    assert max(len(item.name) for item in request.session.items) < 500


def test_what_is_too_heavy_for_make_test_is_run_all_the_same(
    request: pytest.FixtureRequest,
) -> None:
    """A heavy test is a slow one, which `make slow` runs, and every change has to pass it."""
    lines = (PACKAGE.parents[1] / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert any("pytest -m heavy" in line for line in lines)
    heavy = [item for item in request.session.items if item.get_closest_marker("heavy")]
    assert all(item.get_closest_marker("slow") for item in heavy)


# Imports by name, which the test of layers does not see


def imported_by_name(path: Path) -> list[str]:
    """Return each import by name of this package or of a name that is made at run time."""
    by_name = (
        ast.unparse(call.args[0])
        for call in calls(path)
        if name_of(call.func) in ("import_module", "__import__")
    )
    return [name for name in by_name if "advocacy" in name or "__name__" in name]


def test_only_the_doors_import_by_name() -> None:
    found = {name for name, path in modules().items() if imported_by_name(path)}
    assert found == DOORS


def test_one_door_leads_to_a_later_layer() -> None:
    assert imported_by_name(PACKAGE / "estimation/estimates.py") == ["'advocacy.report.results'"]


# Kinds of results

RESULTS = (
    *("Estimates", "Comparison", "Curve", "OverTime", "Attrition", "AreaLevel"),
    *("Scenarios", "Participation"),
)


def kinds_set(path: Path) -> Iterator[str]:
    """Return the kinds that a module gives to results.

    A kind is the argument ``kind`` of a class of results, or of a function of the module that
    passes it on.
    """
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    places = dict.fromkeys(RESULTS, 1)
    for function in functions:
        names = [argument.arg for argument in function.args.args]
        if "kind" in names and "Estimates" in ast.unparse(function.returns or ast.Constant(None)):
            places[function.name] = names.index("kind")
    for call in calls(path):
        if name_of(call.func) in places:
            named = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
            place = places[name_of(call.func)]
            # What is passed on is set elsewhere, where it is a text.
            for kind in named or call.args[place : place + 1]:
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    yield kind.value


def test_every_kind_that_the_code_sets_can_be_shown() -> None:
    found: dict[str, set[str]] = {}
    for name, path in modules().items():
        for kind in kinds_set(path):
            found.setdefault(kind, set()).add(name)
    assert set(found) == set(KINDS), found
