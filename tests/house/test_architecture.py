"""The import direction: a package imports only what LAYERS lets it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import advocacy
from advocacy import layers
from advocacy.layers import LAYERS, readme_map, source_digest, source_files

PACKAGE = Path(__file__).parents[2] / "src" / "advocacy"
# Modules beside the packages: imported by all, they import no package. The order of
# the layers is read by the study itself.
FOUNDATION = {
    *("arrays", "errors", "files", "isolation", "layers", "provenance", "remarks", "sql"),
    *("limits", "reading", "serving", "startup", "stored", "temporary"),
}


def imported(path: Path) -> set[str]:
    """Return the first name below `advocacy` of everything that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("advocacy.")}


def test_every_package_is_a_layer() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert packages == {layer.package for layer in LAYERS}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert modules == FOUNDATION


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.package)
def test_a_layer_imports_only_what_it_may(layer: object) -> None:
    allowed = {layer.package, *layer.imports} | FOUNDATION  # type: ignore[attr-defined]
    files = sorted((PACKAGE / layer.package).rglob("*.py"))  # type: ignore[attr-defined]
    assert files
    wrong = {path.name: imported(path) - allowed for path in files if imported(path) - allowed}
    assert wrong == {}


def test_nothing_imports_a_later_layer() -> None:
    order = [layer.package for layer in LAYERS]
    for position, layer in enumerate(LAYERS):
        assert set(layer.imports) <= set(order[:position])


def test_the_foundation_imports_no_layer() -> None:
    layers = {layer.package for layer in LAYERS}
    for name in FOUNDATION:
        assert imported(PACKAGE / f"{name}.py") & layers == set(), name


def test_naming_the_package_imports_no_layer() -> None:
    """Public functions are imported when they are first named."""
    program = "import sys, advocacy; print(*(m for m in sys.modules if m.startswith('advocacy.')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == []
    for name in advocacy.__all__:
        assert getattr(advocacy, name).__name__ == name


def test_only_the_command_line_imports_the_simulator() -> None:
    users = {layer.package for layer in LAYERS if "simulation" in layer.imports}
    assert users == {"cli"}


def test_a_task_is_stale_when_any_layer_below_it_changes() -> None:
    names = {path.relative_to(PACKAGE).as_posix() for path in source_files("estimation")}
    assert {
        "sql.py",
        "responses/schema.py",
        "survey/cells/cells.py",
        "estimation/direct.py",
    } <= names
    assert not any(name.startswith(("report/", "study/", "cli/", "simulation/")) for name in names)


@pytest.mark.parametrize(
    ("changed", "stale"),
    [("survey/cells/cells.py", True), ("sql.py", True), ("study/book/chapters.py", False)],
)
def test_the_digest_of_a_layer_is_that_of_its_files(
    changed: str, stale: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(PACKAGE, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(layers, "_PACKAGE", tmp_path)
    digest = source_digest.__wrapped__
    before = digest("estimation")
    assert before == digest("estimation")
    (tmp_path / changed).write_bytes((tmp_path / changed).read_bytes() + b"#")
    assert (digest("estimation") != before) == stale


def test_the_map_in_the_readme_is_the_order_of_the_layers() -> None:
    readme = (PACKAGE.parents[1] / "README.md").read_text(encoding="utf-8")
    shown = readme.split("<!-- LAYERS -->\n")[1].split("\n<!-- /LAYERS -->")[0]
    assert shown == readme_map()
