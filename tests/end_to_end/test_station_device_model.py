"""Our station's device model as our CSMS reads and sets it over a real socket: 1.6 keys, local time, and a value that is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.every_action import client_of
from tests.support.station_lab import lab, open_csms


async def _command(api: httpx.AsyncClient, verb: str, body: dict[str, Any]) -> list[Any]:
    answer = await api.post(f"/stations/CS001/commands/{verb}", json=body)
    assert answer.status_code == 200, answer.text
    (results,) = answer.json().values()
    return list(results)


async def test_all_keys_of_a_charge_point_and_one_that_only_it_may_write() -> None:
    """GetConfiguration without a key; the choices of an installer show, and are no keys."""
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as api,
        lab(csms.urls.ocpp, "1.6", variables={"InstallerCtrlr.IntegersForBooleanKeys": "true"}) as own,
    ):
        await own.until_accepted()
        told = {one["key"] or one["variable"]["name"]: one for one in await _command(api, "get-variables", {})}
        profiles = {"component": {"name": ""}, "variable": {"name": "SupportedFeatureProfiles"}}
        (refused,) = await _command(api, "set-variables", {"setVariableData": [profiles | {"attributeValue": "Core"}]})
        findings = (await api.get("/findings", params={"station": "CS001"})).json()
    assert told["NumberOfConnectors"]["readOnly"] is True
    assert told["LocalPreAuthorize"]["attributeValue"] == "0"
    assert told["HeartbeatInterval"]["readOnly"] is False
    assert told["SupportedFeatureProfiles"]["attributeValue"].startswith("Core,")
    assert not [name for name in told if "Installer" in name]
    assert refused["attributeStatus"] == "Rejected"
    assert findings == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_time_zone_is_set_and_one_that_is_none_is_refused(version: str) -> None:
    """Set, and read back; a zone that nobody knows changes nothing."""
    async with (
        open_csms(no_auth=True) as csms,
        client_of(csms) as api,
        lab(csms.urls.ocpp, version) as own,
    ):
        await own.until_accepted()
        zone = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}}
        wanted = [zone | {"attributeValue": value} for value in ("Europe/Oslo", "Europe/Atlantis")]
        statuses = [
            (await _command(api, "set-variables", {"setVariableData": [one]}))[0]["attributeStatus"] for one in wanted
        ]
        (read,) = await _command(api, "get-variables", {"getVariableData": [zone]})
    assert statuses == ["Accepted", "Rejected"]
    assert (read["attributeStatus"], read["attributeValue"]) == ("Accepted", "Europe/Oslo")
