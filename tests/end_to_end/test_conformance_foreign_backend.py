"""A backend of the PyPI package `ocpp` under the conformance bench: what it does right passes, what it lacks is named."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.benches.ports import ActFailed, StationPlayed
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.language import Case
from pilotwire.conformance.plan import plan_of
from pilotwire.conformance.runner.one import Setting
from pilotwire.conformance.runner.run import csms_lanes, run_cases
from pilotwire.conformance.verdict import Outcome
from tests.support.counterpart_csms import CounterpartCsms, counterpart_csms

QUICK = {"security_profile": 0, "message_timeout": 5.0, "transaction_duration": 0.05}


def snake(thing: Any) -> Any:
    """The payload with the names the package has."""
    if isinstance(thing, Mapping):
        return {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower(): snake(value) for name, value in thing.items()}
    return [snake(one) for one in thing] if isinstance(thing, list) else thing


class Operator:
    """Operates the backend."""

    def __init__(self, csms: CounterpartCsms) -> None:
        self.csms = csms
        self.asked: set[asyncio.Task[Any]] = set()

    async def begin(self, case: Case, settings: Mapping[str, Any]) -> StationPlayed:
        self.csms.accepted = {settings["valid_token"], settings["valid_token2"]}
        return StationPlayed(self.csms.url, settings["identity"], None, 0)

    async def ask(self, action: str, payload: Mapping[str, Any]) -> None:
        task = asyncio.create_task(self.csms.ask(action, **snake(payload)))
        self.asked.add(task)
        task.add_done_callback(self.asked.discard)

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        raise ActFailed(f"nobody can {name} here")

    async def end(self) -> None:
        await asyncio.gather(*self.asked, return_exceptions=True)


async def outcomes(*ids: str) -> dict[str, tuple[Outcome, str]]:
    """What comes of these cases."""
    plan = plan_of({"settings": QUICK})
    async with counterpart_csms("2.0.1") as csms:
        operator = Operator(csms)
        cases = [all_cases()[one] for one in ids]
        results = await run_cases(cases, plan, Setting({}, plan.claims), csms_lanes(lambda _: operator))
        csms.refused.clear()  # what it refused is in the results
    return {one.id: (one.outcome, one.reason) for one in results}


async def test_what_a_simple_backend_does_right_passes() -> None:
    ids = (
        "TC_B_01_CSMS",
        "TC_E_03_CSMS",
        "TC_E_16_CSMS",
        "TC_E_53_CSMS",
        "TC_F_06_CSMS",
        "TC_G_05_CSMS",
        "TC_J_10_CSMS",
    )
    found = await outcomes(*ids)
    assert {one: outcome for one, (outcome, _) in found.items()} == dict.fromkeys(ids, Outcome.PASSED)


async def test_what_it_lacks_is_named() -> None:
    found = await outcomes("TC_F_15_CSMS")
    assert found["TC_F_15_CSMS"][0] is Outcome.FAILED
    assert "LogStatusNotificationRequest was answered with CALLERROR NotImplemented" in found["TC_F_15_CSMS"][1]
