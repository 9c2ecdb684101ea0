"""What holds for every test: a test claims only requirements that exist; hypothesis tries the same examples each time."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest
import structlog
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from tests.support.requirement_tables import complaints

settings.register_profile(
    "suite", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("suite")
"""What passes today passes tomorrow, on a slow machine as well. `--hypothesis-profile=explore` looks for what is not known yet."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--twice`: a test that waited in vain is run once more; a warning tells which."""
    parser.addoption("--twice", action="store_true", help="run a test that waited in vain once more, with a warning")


_IN_VAIN = ("never came about", "TimeoutError")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test; with `--twice`, again if it waited in vain: on a slow machine that happens once in some thousand tests."""
    if not item.config.getoption("--twice"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    vain = next((one for one in reports if one.failed and any(each in one.longreprtext for each in _IN_VAIN)), None)
    if vain is not None:
        item.warn(pytest.PytestWarning(f"run twice, because it waited in vain in its {vain.when}"))
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for one in reports:
        item.ihook.pytest_runtest_logreport(report=one)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """`-n auto`: more workers than cores, for many a test waits for a socket or a process (3 on 2 cores: 8:22 instead of 12:18 minutes)."""
    return max(2, len(os.sched_getaffinity(0)) * 3 // 2) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """A command line that was run within a test has set up logging for the whole process: not for the tests after it."""
    if structlog.is_configured():
        structlog.reset_defaults()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stop the run at the first sight of a requirement id nobody ever wrote."""
    if not _is_worker(config) and (wrong := complaints(items)):
        raise pytest.UsageError("\n".join(wrong))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Thousands of tests and all modules live to the end: the garbage collector need not look at them again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same in a worker of pytest-xdist, whose usage errors reach nobody: there it is an error of collecting the module."""
    report = yield
    if _is_worker(collector.config) and (
        wrong := complaints(i for i in report.result or () if isinstance(i, pytest.Item))
    ):
        report.outcome, report.longrepr, report.result = "failed", "\n".join(wrong), []
    return report
