"""What holds for every test: a test claims only requirements that exist."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.support.requirement_tables import complaints


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stop the run at the first sight of a requirement id nobody ever wrote."""
    if not _is_worker(config) and (wrong := complaints(items)):
        raise pytest.UsageError("\n".join(wrong))


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
