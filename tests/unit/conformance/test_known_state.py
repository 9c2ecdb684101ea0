"""The known state before a case at a station that was there already, and what is put back after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.language import Acts, AtEvse, Configures, Happened, Keeps, Sends
from pilotwire.conformance.runner.known_state import FOUND, put_back
from pilotwire.conformance.runner.known_state16 import put_back as put_back16
from pilotwire.conformance.variables import component_variable
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene

AT = "2026-01-01T00:00:00Z"
BOOT = "BootNotification", {"reason": "RemoteReset", "chargingStation": {"model": "M", "vendorName": "V"}}
Asked = list[tuple[str, Mapping[str, Any]]]


def status(evse: int) -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"timestamp": AT, "connectorStatus": "Available", "evseId": evse, "connectorId": 1}


def variable(payload: Mapping[str, Any], kind: str, **more: Any) -> dict[str, Any]:
    about = payload[f"{kind}VariableData"][0]
    names = {name: about[name] for name in ("component", "variable")}
    return {f"{kind}VariableResult": [{"attributeStatus": "Accepted", **names, **more}]}


def station(asked: Asked, *, boots: bool = True) -> BenchScene:
    """A station that answers all, and boots after a Reset if it `boots`."""

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append((action, payload))
        if action == "GetVariables":
            return variable(payload, "get", attributeValue="old")
        if action == "SetVariables":
            return variable(payload, "set")
        if action == "Reset" and boots:
            for said in (BOOT, status(1), status(2)):
                scene.says(*said)
        return {"status": "Accepted"}

    scene = BenchScene(answering)
    return scene


async def test_a_station_that_was_there_is_brought_back_place_by_place_and_boots() -> None:
    asked: Asked = []
    assert await station(asked).play(*FOUND, part="before")
    places = [payload.get("evse") for action, payload in asked if action == "ChangeAvailability"]
    assert places == [None, {"id": 1}, {"id": 1, "connectorId": 1}, {"id": 2}, {"id": 2, "connectorId": 1}]


async def test_a_boot_before_the_reset_is_not_the_one_that_is_waited_for() -> None:
    scene = station([], boots=False)
    scene.acts = {"power_cycle": (BOOT, status(1), status(2))}
    assert not await scene.play(Acts(act="power_cycle"), *FOUND, part="before")
    assert "BootNotification" in scene.last.text


class Hands:
    """Somebody at the station, who notes what was done."""

    makes_stations = False

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        self.done.append((name, details["evse"]))
        return {}


async def test_what_a_case_left_is_taken_back_at_every_evse() -> None:
    asked: Asked = []
    scene, hands = station(asked), Hands()
    charging = (
        Happened(facts={"bay_occupied": True, "ev_connected": True, "authorized": True}),
        Keeps(values={"transaction_id": "T1"}),
    )
    elsewhere = (Happened(facts={"ev_connected": True, "lock_blocked": True, "faulted": True}),)
    await scene.play(
        *charging,
        AtEvse(evse=2, connector=1, steps=elsewhere),
        Sends(
            action="ReserveNow", payload={"id": 7, "expiryDateTime": AT, "idToken": {"idToken": "A", "type": "Central"}}
        ),
        Configures(variable="ReservationCtrlr.Enabled", value="new"),
    )
    del asked[:]
    await put_back(scene.scene, hands)  # type: ignore[arg-type]
    assert hands.done == [("unplug", 1), ("drive_out", 1), ("free_lock", 2), ("clear_fault", 2), ("unplug", 2)]
    said = dict(asked)
    assert said["RequestStopTransaction"] == {"transactionId": "T1"}
    assert said["CancelReservation"] == {"reservationId": 7}
    assert said["SetVariables"]["setVariableData"][0]["attributeValue"] == "old"


def sets(*names: str) -> Sends:
    data = [component_variable(name) | {"attributeValue": "new"} for name in names]
    return Sends(action="SetVariables", payload={"setVariableData": data})


async def test_what_a_request_of_the_case_set_is_put_back_and_what_was_refused_is_not() -> None:
    asked: Asked = []
    scene = station(asked)
    scene.makes_stations = False  # type: ignore[attr-defined]
    answering = scene.socket._answering

    def refusing(action: str, payload: Mapping[str, Any]) -> Any:
        told = answering(action, payload)
        name = payload["setVariableData"][0]["variable"]["name"] if action == "SetVariables" else ""
        return variable(payload, "set", attributeStatus="Rejected") if name == "Offered" else told

    scene.socket._answering = refusing
    assert await scene.play(*map(sets, ("AuthCtrlr.Enabled", "AuthCtrlr.Offered", "OCPPCommCtrlr.Timeout[Default]")))
    assert scene.scene.restore == {"AuthCtrlr.Enabled": "old", "OCPPCommCtrlr.Timeout[Default]": "old"}
    del asked[:]
    await put_back(scene.scene, Hands())  # type: ignore[arg-type]
    (last, first) = [payload["setVariableData"][0] for action, payload in asked]
    assert first == component_variable("AuthCtrlr.Enabled") | {"attributeValue": "old"}
    assert last == component_variable("OCPPCommCtrlr.Timeout[Default]") | {"attributeValue": "old"}


async def test_a_key_that_a_request_of_the_case_set_is_put_back() -> None:
    asked: Asked = []

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append((action, payload))
        if action == "GetConfiguration":
            return {"configurationKey": [{"key": payload["key"][0], "readonly": False, "value": "0"}]}
        return {"status": "Rejected" if payload.get("key") == "NumberOfConnectors" else "Accepted"}

    scene = BenchScene(answering, version=OcppVersion.V16)
    scene.makes_stations = False  # type: ignore[attr-defined]
    for key in ("MinimumStatusDuration", "NumberOfConnectors"):
        await scene.play(Sends(action="ChangeConfiguration", payload={"key": key, "value": "5"}))
    del asked[:]
    await put_back16(scene.scene, Hands())  # type: ignore[arg-type]
    assert asked == [("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "0"})]


async def test_a_station_made_for_the_case_is_not_asked_what_it_had() -> None:
    asked: Asked = []
    scene = station(asked)
    scene.makes_stations = True  # type: ignore[attr-defined]
    assert await scene.play(sets("AuthCtrlr.Enabled"))
    assert [action for action, _ in asked] == ["SetVariables"]


async def test_what_cannot_be_put_back_is_noted() -> None:
    silent = False

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
        if action == "GetVariables":
            return variable(payload, "get", attributeValue="old")
        return None if silent else variable(payload, "set")

    scene = BenchScene(answering)
    await scene.play(Configures(variable="ReservationCtrlr.Enabled", value="new"))
    silent = True
    await put_back(scene.scene, Hands())  # type: ignore[arg-type]
    left = [one.text for one in scene.counterpart.transcript if one.kind == "left"]
    assert left[-1] == "ReservationCtrlr.Enabled could not be put back to old."


async def test_display_messages_a_case_has_set_are_cleared() -> None:
    asked: Asked = []
    scene = station(asked)
    message = {"id": 5, "priority": "InFront", "message": {"format": "UTF8", "content": "Hello"}}
    await scene.play(
        *(Sends(action="SetDisplayMessage", payload={"message": message | {"id": one}}) for one in (5, 6, 5))
    )
    del asked[:]
    await put_back(scene.scene, Hands())  # type: ignore[arg-type]
    assert asked == [("ClearDisplayMessage", {"id": 5}), ("ClearDisplayMessage", {"id": 6})]


async def test_display_messages_a_station_has_are_cleared_part_by_part() -> None:
    asked: Asked = []
    scene = station(asked)
    text = {"priority": "InFront", "message": {"format": "UTF8", "content": "Hello"}}
    parts = [([text | {"id": 3}, text | {"id": 4}], {"tbc": True}), ([text | {"id": 9}], {})]

    answering = scene.socket._answering

    def telling(action: str, payload: Mapping[str, Any]) -> Any:
        if action == "GetDisplayMessages":
            for messages, more in parts:
                scene.says("NotifyDisplayMessages", {"requestId": payload["requestId"], "messageInfo": messages} | more)
        return answering(action, payload)

    scene.socket._answering = telling
    assert await scene.play(*FOUND, part="before")
    assert [payload["id"] for action, payload in asked if action == "ClearDisplayMessage"] == [3, 4, 9]
