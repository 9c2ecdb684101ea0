"""Official OCPP 2.0.1 test cases of block I (tariff and cost), played with our station as the system under test; on 2.1 as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.wire_states import (
    authorized,
    energy_transfer_started,
    ev_connected_pre_session,
    ev_disconnected,
    stop_authorized,
)
from tests.support.wire_station import ANNA, VERSIONS, Script, WireStation, events_of, info

pytestmark = pytest.mark.parametrize("version", VERSIONS)

PRICE = "0.45 EUR a kWh"


class _Priced(Script):
    """A CSMS with a price for the driver, a text and a cost on the way, and a total at the end."""

    def __init__(self) -> None:
        super().__init__(tokens={ANNA: info(personalMessage={"format": "UTF8", "content": PRICE})})
        self.on_the_way: dict[str, Any] = {}
        self.at_the_end: dict[str, Any] = {}

    def usual(self, action: str, request: Any, now: datetime) -> dict[str, Any]:
        answer = super().usual(action, request, now)
        if action == "TransactionEvent":
            answer |= self.at_the_end if request.event_type == "Ended" else self.on_the_way
        return answer


def _charging(version: str, script: _Priced) -> WireStation:
    station = WireStation(version, script=script, variables={"SampledDataCtrlr.TxUpdatedInterval": "30"})
    ev_connected_pre_session(station)
    authorized(station)
    assert station.hardware.display[1] == PRICE
    energy_transfer_started(station)
    return station


def _seen_for(station: WireStation, seconds: int) -> set[str]:
    seen = set()
    for _ in range(seconds):
        station.pass_time(1)
        seen.add(station.hardware.display[1])
    return seen


@pytest.mark.req("I01.FR.03", "I02.FR.02", "I02.FR.03", "I06.FR.03")
def test_tc_i_01_cs(version: str) -> None:
    """The price at the beginning, a text with an event, and the running cost by CostUpdated, again and again."""
    script = _Priced()
    station = _charging(version, script)
    for cost in ("1.25", "2.50"):
        script.on_the_way = {"updatedPersonalMessage": {"format": "UTF8", "content": f"Until {cost}"}}
        station.said()
        assert f"Until {cost}" in _seen_for(station, 35)
        assert events_of(station.said())
        station.ask("CostUpdated", totalCost=float(cost), transactionId=station.transaction)
        assert station.hardware.display[1] == f"Cost so far: {cost} EUR"


@pytest.mark.req("I03.FR.01", "I03.FR.03")
def test_tc_i_02_cs(version: str) -> None:
    """The total at the end."""
    script = _Priced()
    station = _charging(version, script)
    script.at_the_end = {"totalCost": 12.5}
    (end,) = [event for event in stop_authorized(station) if event.event_type == "Ended"]
    assert end.trigger_reason in {"StopAuthorized", "ChargingStateChanged"}
    assert station.hardware.display[1] == "Total cost: 12.50 EUR"
    ev_disconnected(station)


@pytest.mark.req("I02.FR.04")
def test_tc_i_07_cs(version: str) -> None:
    """The running cost in the answers to events."""
    script = _Priced()
    station = _charging(version, script)
    for cost in (1.25, 2.5):
        script.on_the_way = {"totalCost": cost}
        assert f"Cost so far: {cost:.2f} EUR" in _seen_for(station, 35)
