"""The control port over HTTP: each thing a person may do, each refusal with a sentence and a remedy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from pilotwire.errors import StoreError
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from pilotwire.station.hardware.ports import ErrorCode
from pilotwire.station.storage import MemoryStorage
from tests.support.eventually import eventually
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import CARD, Lab, lab

NOWHERE = "ws://127.0.0.1:9"


class Person:
    """Somebody at the control port."""

    def __init__(self, http: httpx.AsyncClient, one: Lab) -> None:
        self.http = http
        self.lab = one

    async def does(self, path: str, **body: Any) -> dict[str, Any]:
        """Something that works; the state after it."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    async def cannot(self, path: str, status: int = 409, **body: Any) -> str:
        """Something that is refused; what is said."""
        return told(await self.http.post(path, json=body), status)


def told(answer: httpx.Response, status: int) -> str:
    """A refusal has the one shape of this port."""
    assert answer.status_code == status, answer.text
    refusal = answer.json()
    assert set(refusal) == {"what", "remedy"}
    assert refusal["what"][-1] == "."
    assert refusal["remedy"]
    return str(refusal["what"])


@asynccontextmanager
async def person(url: str = NOWHERE, version: str = "2.0.1", **more: Any) -> AsyncIterator[Person]:
    """A running station with its control port, without a socket in between."""
    async with lab(url, version, **more) as one:
        transport = httpx.ASGITransport(control_api(one.station, make_vehicle), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
            yield Person(http, one)


# --- what works ------------------------------------------------------------------------------------------------------


async def test_the_status_is_the_whole_station() -> None:
    """Line, registration, EVSEs, faults, what waits."""
    async with scripted_csms() as csms, person(csms.url, layout="ac-22-dual") as somebody:
        await somebody.lab.until_accepted()
        state = (await somebody.http.get("/status")).json()
        assert state["station"] == "CS001"
        assert state["line"] == {"up": True, "cut": False, "trouble": ""}
        assert (state["powered"], state["emergencyStop"], state["faults"], state["stopped"]) == (True, False, [], None)
        assert (state["link"], state["registration"]) == (True, "Accepted")
        assert [evse["evseId"] for evse in state["evses"]] == [1, 2]
        assert state["evses"][0]["connectors"]["1"]["availability"] == "Available"


async def test_a_charge_by_hand() -> None:
    """Plug, tap, look, tap, unplug: the vehicle's own meter is in the overview."""
    async with scripted_csms() as csms, person(csms.url) as somebody:
        await somebody.lab.until_accepted()
        state = await somebody.does("/plug", name="blue", model="hatch-52", soc=30, targetSoc=80)
        assert state["evses"][0]["connectors"]["1"]["availability"] == "Occupied"
        await somebody.does("/tap", idToken=CARD)

        async def charged() -> bool:
            seen = (await somebody.http.get("/vehicles")).json()["blue"]
            return bool(seen["deliveredWh"] > 100)

        await eventually(charged)
        seen = (await somebody.http.get("/vehicles")).json()["blue"]
        assert (seen["model"], seen["pluggedIn"]) == ("hatch-52", True)
        assert seen["socPercent"] > 30
        assert "locked" in await somebody.cannot("/unplug")
        await somebody.does("/tap", idToken=CARD, evse=1)
        await somebody.lab.until_ended()
        state = await somebody.does("/unplug")
        assert state["evses"][0]["connectors"]["1"]["availability"] == "Available"
        assert not (await somebody.http.get("/vehicles")).json()["blue"]["pluggedIn"]
        await somebody.does("/plug", name="blue")


async def test_nothing_need_be_said_where_there_is_one_place() -> None:
    """`curl -X POST .../plug` is enough."""
    async with person() as somebody:
        for path in ("/plug", "/unplug", "/park", "/leave", "/stop-button"):
            assert (await somebody.http.post(path)).status_code == 200, path


@pytest.mark.parametrize(
    ("there", "back", "key"),
    [
        ("/emergency-stop/press", "/emergency-stop/release", "emergencyStop"),
        ("/power/cut", "/power/restore", "powered"),
    ],
)
async def test_things_that_are_done_and_undone(there: str, back: str, key: str) -> None:
    """Doing one twice is refused, undoing what was not done too."""
    async with person() as somebody:
        before = (await somebody.http.get("/status")).json()[key]
        await somebody.cannot(back)
        assert (await somebody.does(there))[key] is not before
        await somebody.cannot(there)
        assert (await somebody.does(back))[key] is before


async def test_every_fault_can_be_caused_and_mended() -> None:
    """At the station, an EVSE, a connector; each place by itself."""
    async with person() as somebody:
        for code, place in product(ErrorCode, ({}, {"evse": 1}, {"evse": 1, "connector": 1})):
            state = await somebody.does("/fault/raise", code=code, info="a mouse", vendorErrorCode="E7", **place)
            assert state["faults"] == [{"code": code, "evse": place.get("evse"), "connector": place.get("connector")}]
            assert "already" in await somebody.cannot("/fault/raise", code=code, **place)
            assert (await somebody.does("/fault/clear", code=code, **place))["faults"] == []
            assert "no fault" in await somebody.cannot("/fault/clear", code=code, **place)


async def test_the_line_is_cut_and_mended() -> None:
    """As a digger would, and as those who come after him."""
    async with scripted_csms() as csms, person(csms.url) as somebody:
        await somebody.lab.until_accepted()
        assert (await somebody.does("/line/cut"))["line"]["cut"] is True
        await somebody.lab.until(lambda: not somebody.lab.station.line.is_up, "down")
        assert (await somebody.does("/line/restore"))["line"]["cut"] is False
        await somebody.lab.until(lambda: somebody.lab.station.line.is_up, "up")


# --- what is refused -------------------------------------------------------------------------------------------------


CANNOT_BE_DONE: list[tuple[str, dict[str, Any], str]] = [
    ("/plug", {"evse": 7}, "no EVSE 7"),
    ("/plug", {"connector": 7}, "no connector 7"),
    ("/plug", {"model": "horse"}, "no vehicle model 'horse'"),
    ("/plug", {"model": "bus-350"}, "cannot charge at a sType2"),
    ("/plug", {"cableA": 3}, "no cable for 3 A"),
    ("/unplug", {}, "nothing to unplug"),
    ("/unplug", {"evse": 0}, "no EVSE 0"),
    ("/tap", {"idToken": "X", "evse": 9}, "no EVSE 9"),
    ("/tap", {"idToken": "   "}, "without an id"),
    ("/leave", {}, "is empty"),
    ("/park", {"evse": -1}, "no EVSE -1"),
    ("/stop-button", {"evse": 5}, "no EVSE 5"),
    ("/fault/raise", {"code": "OTHER", "evse": 4}, "no EVSE 4"),
    ("/fault/raise", {"code": "OTHER", "connector": 1}, "no EVSE"),
]


async def test_what_cannot_be_done_is_refused_with_a_sentence() -> None:
    """409, what, remedy; and nothing has changed at the station (its line looks for a CSMS meanwhile)."""
    async with person() as somebody:

        async def state() -> dict[str, Any]:
            return {name: seen for name, seen in (await somebody.http.get("/status")).json().items() if name != "line"}

        before = await state()
        for path, body, says in CANNOT_BE_DONE:
            assert says in await somebody.cannot(path, **body), (path, body)
            assert await state() == before, (path, body)
            assert (await somebody.http.get("/vehicles")).json() == {}, (path, body)


async def test_a_vehicle_that_could_not_be_plugged_in_may_try_again() -> None:
    """It was never here: the same words work once the place is free."""
    async with person() as somebody:
        await somebody.does("/plug", name="red", soc=50)
        assert "cannot take a vehicle" in await somebody.cannot("/plug", name="blue", soc=60)
        await somebody.does("/unplug")
        await somebody.does("/plug", name="blue", soc=60)
        assert "plugged in elsewhere" not in await somebody.cannot("/plug", name="green")


async def test_a_known_vehicle_is_as_it_is() -> None:
    """Its battery cannot be talked full; and it is in one place at a time."""
    async with person(layout="ac-22-dual") as somebody:
        await somebody.does("/plug", name="blue", soc=60)
        assert "as it is" in await somebody.cannot("/plug", name="blue", soc=90, evse=2)
        assert "plugged in elsewhere" in await somebody.cannot("/plug", name="blue", evse=2)
        await somebody.does("/plug", name="red", evse=2)


NOT_UNDERSTOOD: list[tuple[str, dict[str, Any], str]] = [
    ("/plug", {"soc": 101}, "soc is 101"),
    ("/plug", {"soc": "full"}, "soc is 'full'"),
    ("/plug", {"evse": "left"}, "evse is 'left'"),
    ("/plug", {"colour": "blue"}, "colour means nothing here"),
    ("/plug", {"name": ""}, "name is ''"),
    ("/plug", {"energyWh": 0}, "energyWh is 0"),
    ("/plug", {"cableA": "NaN"}, "cableA is 'NaN'"),
    ("/unplug", {"side": "top"}, "side is 'top'"),
    ("/tap", {}, "idToken is missing"),
    ("/tap", {"idToken": "X" * 256}, "idToken is 'XXX"),
    ("/fault/raise", {"code": "GREMLINS"}, "code is 'GREMLINS'"),
    ("/fault/raise", {}, "code is missing"),
    ("/tap", {"idToken": 1, "evse": []}, "; evse is []"),
]


async def test_what_is_not_understood_is_told_in_the_same_shape() -> None:
    """422, field by field."""
    async with person() as somebody:
        for path, body, says in NOT_UNDERSTOOD:
            assert says in await somebody.cannot(path, 422, **body), (path, body)


NO_OBJECTS = [b"{", b"\xff\xfe", b'"plug"', b"[1]", b"nonsense", b'{"soc": NaN}', b'{"soc": Infinity}']


async def test_a_body_that_is_no_object_is_told() -> None:
    """Whatever is sent."""
    async with person() as somebody:
        for raw in NO_OBJECTS:
            for kind in ("application/json", "text/plain"):
                told(await somebody.http.post("/plug", content=raw, headers={"Content-Type": kind}), 422)


async def test_paths_that_are_not_there_are_told_in_the_same_shape() -> None:
    """404 and 405 too."""
    async with person() as somebody:
        assert "/fly" in told(await somebody.http.post("/fly"), 404)
        assert "GET /plug" in told(await somebody.http.get("/plug"), 405)


async def test_the_description_knows_no_other_shape() -> None:
    """OpenAPI tells what is really answered."""
    async with person() as somebody:
        described = (await somebody.http.get("/openapi.json")).json()
        assert "HTTPValidationError" not in described["components"]["schemas"]
        answers = described["paths"]["/plug"]["post"]["responses"]
        assert {"200", "409", "422"} <= set(answers)


# --- hard times ------------------------------------------------------------------------------------------------------


async def test_a_mistake_of_ours_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """500, without a traceback on the wire; the log has it."""
    async with person() as somebody:

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("a loose screw")

        monkeypatch.setattr(somebody.lab.station.hardware, "tap", broken)
        with capture_logs() as logs:
            assert "loose screw" in await somebody.cannot("/tap", 500, idToken=CARD)
        assert [str(log["exc_info"]) for log in logs if log["log_level"] == "error"] == ["a loose screw"]


async def test_a_station_that_has_stopped_says_why() -> None:
    """Its state can still be looked at; nothing can be done with it, not even mending its line."""

    class Full(MemoryStorage):
        full = False

        def commit(self, actions: Any, *, hardware: str | None = None) -> None:
            if self.full:
                raise StoreError("The disk is full.", "Make room.")
            super().commit(actions, hardware=hardware)

    storage = Full()
    async with person(storage=storage) as somebody:
        storage.full = True
        assert "disk is full" in await somebody.cannot("/plug")
        assert "disk is full" in await somebody.cannot("/line/restore")
        state = (await somebody.http.get("/status")).json()
        assert "disk is full" in state["stopped"]


async def test_many_at_once() -> None:
    """Twenty hands at one connector: one plugs in, the others are told why not; the state stays one."""
    async with person() as somebody:
        answers = await asyncio.gather(*(somebody.http.post("/plug", json={"name": f"car-{n}"}) for n in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert len((await somebody.http.get("/vehicles")).json()) == 1
        looks = await asyncio.gather(*(somebody.http.get("/status") for _ in range(20)))
        assert len({look.text for look in looks}) == 1


async def test_a_vehicle_that_stayed_plugged_in_is_known_after_a_restart() -> None:
    """By the EVSE it was found at, with its meter as it was."""
    storage = MemoryStorage()
    async with scripted_csms() as csms:
        async with person(csms.url, storage=storage) as somebody:
            await somebody.lab.until_accepted()
            await somebody.does("/plug", name="blue", soc=40)
            await somebody.does("/tap", idToken=CARD)
            vehicle = somebody.lab.station.hardware.vehicle_at(1)
            await somebody.lab.until(lambda: vehicle.meter.delivered_wh > 100, "energy")  # type: ignore[union-attr]
        async with person(csms.url, storage=storage) as somebody:
            (name, seen) = next(iter((await somebody.http.get("/vehicles")).json().items()))
            assert (name, seen["pluggedIn"]) == ("evse-1", True)
            assert seen["deliveredWh"] == vehicle.meter.delivered_wh  # type: ignore[union-attr]
            await somebody.does("/unplug", side="vehicle")
            await somebody.does("/unplug")
            await somebody.does("/plug", name="evse-1")
