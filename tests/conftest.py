"""What all tests share: hypothesis profiles, Kivy without a display, no silent skips."""

import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from backend.mongodb.persistence import MongoDatastore
from tests.browser import browser
from tests.demos import built_once
from tests.machine import find_chromium
from tests.mongodb import standin

__all__ = ["browser"]  # a fixture

# Before anything imports Kivy. `offscreen` draws for real, through EGL, in software.
os.environ.update(
    KIVY_NO_ARGS="1",
    KIVY_NO_CONFIG="1",
    KIVY_NO_FILELOG="1",
    KIVY_LOG_MODE="PYTHON",
    LIBGL_ALWAYS_SOFTWARE="1",
)
if sys.platform == "linux":
    os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")

# Tests speak English unless they ask for Chinese.
os.environ["XUNJI_LANG"] = "en"

SLOW_MACHINES = [HealthCheck.too_slow]
settings.register_profile("dev", deadline=None, suppress_health_check=SLOW_MACHINES)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=SLOW_MACHINES,
)
settings.register_profile(
    "mutants",  # a failure is wanted, and soon; nobody reads the smallest example
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=SLOW_MACHINES,
)
settings.load_profile("ci" if "CI" in os.environ else "dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test has failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.option.no_skips:
        report.outcome = "failed"
        report.longrepr = f"skipped, though nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and collector.config.option.no_skips:
        report.outcome = "failed"
        report.longrepr = f"skipped, though nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser to drive: `playwright.chromium.launch(executable_path=chromium)`."""
    found = find_chromium()
    assert found, "no Chromium: see `python -m tests.machine`"
    return found


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo on SQLite, seed 1: built once, also where tests run in several processes."""
    base = tmp_path_factory.getbasetemp()
    return built_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demo")


@pytest.fixture(scope="session")
def mongodb() -> Generator[str]:
    """The URI of a MongoDB: the one that is given, or a stand-in for this process."""
    with standin.serving() as uri:
        yield uri


@pytest.fixture
def database(mongodb: str) -> Generator[Callable[[], MongoDatastore]]:
    """Open a database of MongoDB that is this test's own, as often as wanted."""
    opened: list[MongoDatastore] = []
    with standin.database(mongodb) as name:

        def open_it() -> MongoDatastore:
            opened.append(MongoDatastore(mongodb, name))
            return opened[-1]

        yield open_it
        for one in opened:
            one.close()
