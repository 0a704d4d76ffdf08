"""Studies that are run once: a small one of collected data, and the whole simulated one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.study.copied import built, copy_of_the_study, run_pytask
from tests.study.own_data import ALL_TOGETHER, add_source, answers, own_study, twelve

__all__ = ["copy_of_the_study", "run_pytask"]

# A session's fixtures are made once for a worker, so that one worker has all tests of a study.
# The tests of those that take minutes are heavy ones.
HERE = Path(__file__).parent
STUDIES = {"one_programme": False, "twelve_programmes": True, "study": True}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have one worker run the tests of a study, and call those of a large one heavy."""
    for item in (item for item in items if item.path.is_relative_to(HERE)):
        asked = {*getattr(item, "fixturenames", ()), item_study(item)}
        for name in asked.intersection(STUDIES):
            item.add_marker(pytest.mark.xdist_group(name))
            if STUDIES[name] and not item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.heavy)


def item_study(item: pytest.Item) -> str:
    """Return the study that a test of any study is for, or nothing."""
    call = getattr(item, "callspec", None)
    return str(call.params.get("any_study", "")) if call else ""


@pytest.fixture(scope="session")
def one_programme(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the study of one programme with a score and a behaviour only; it has been run."""
    study = own_study(
        root,
        tmp_path_factory.mktemp("one"),
        estimands='["recommended_past_12m", "nps"]',
        more=ALL_TOGETHER,
    )
    add_source(study, "ours", answers(1, 800))
    return built(study)


@pytest.fixture(scope="session")
def twelve_programmes(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the study of twelve programmes, none pooled, which has been run."""
    return built(twelve(root, tmp_path_factory.mktemp("twelve")))


@pytest.fixture(scope="session")
def study(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which the whole study, book included, has been run."""
    return built(copy_of_the_study(root, tmp_path_factory.mktemp("study")))


@pytest.fixture(params=["one_programme", "study"])
def any_study(request: pytest.FixtureRequest) -> Path:
    """Return each study for which what is tested holds, whatever its data."""
    path: Path = request.getfixturevalue(request.param)
    return path
