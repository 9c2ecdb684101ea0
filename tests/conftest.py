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
    """`--twice`: see `_again`."""
    parser.addoption(
        "--twice", action="store_true", help="run a test over real sockets that failed once more, and tell"
    )


_IN_VAIN = ("never came about", "TimeoutError", "from pytest-timeout")
_OVER_SOCKETS = ("end_to_end", "playbooks", "contracts", "patterns")


def _again(item: pytest.Item, report: pytest.TestReport) -> str:
    """Why a failed test is run once more; empty if it is not.

    Any test may wait in vain on a slow machine. One over real sockets and processes may also see them in an order nobody thought of: once
    in some ten thousand tests, which would fail every other run of the suite. A pure one has no such excuse.
    """
    if any(each in report.longreprtext for each in _IN_VAIN):
        return f"it waited in vain in its {report.when}"
    if any(part in item.path.parts for part in _OVER_SOCKETS):
        last = report.longreprtext.strip().splitlines()[-1:]
        return f"it failed in its {report.when}: {''.join(last)}"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test; with `--twice`, again if `_again` says so, with a warning in the summary."""
    if not item.config.getoption("--twice"):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    failed = next((one for one in reports if one.failed), None)
    if failed is not None and (why := _again(item, failed)):
        item.warn(pytest.PytestWarning(f"run twice, because {why}"))
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
