"""Pattern 3, strict types: all that a station says fits the official schemas, and what does not fit them is refused with the right code."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from pilotwire.ocpp.registry import ACTIONS, Action
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.storage import MemoryStorage
from tests.support.every_action import faults, request_schema, requests, response_schema
from tests.support.pattern_moves import actions_of, remote_start, trigger
from tests.support.schema_walk import judge_of, nodes, placed, wrong
from tests.support.scripted_csms import Raw, ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import CARD, VERSIONS, Lab, lab

each_version = pytest.mark.parametrize("version", VERSIONS)
CODES = {
    "1.6": {
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    },
}
CODES["2.0.1"] = CODES["2.1"] = {
    *(CODES["1.6"] - {"FormationViolation", "OccurenceConstraintViolation"}),
    "FormatViolation",
    "OccurrenceConstraintViolation",
    "MessageTypeNotSupported",
    "RpcFrameworkError",
}
DANGEROUS = {"Reset", "UpdateFirmware", "SignedUpdateFirmware", "SetNetworkProfile", "PublishFirmware"}
"""Done rightly these restart the station or send it elsewhere: they are asked last, in tests of their own."""


@cache
def _actions(version: str, sender: str) -> tuple[Action, ...]:
    return tuple(
        action
        for action in ACTIONS[OcppVersion(version)].values()
        if action.sender in (sender, "both") and action.response is not None
    )


def _misfits(version: str, csms: ScriptedCsms, asked: dict[str, str]) -> list[Any]:
    """The frames of the station that its schemas do not take; `asked` has the action of each of the central system's calls."""
    found = []
    for frame in csms.frames:
        if frame[0] in (2, 6):
            fits = len(frame) == 4 and _fits(version, frame[2], "request", frame[3])
        elif frame[0] == 3:
            fits = len(frame) == 3 and _fits(version, asked[frame[1]], "response", frame[2])
        else:
            fits = frame[0] in ((4,) if version != "2.1" else (4, 5)) and len(frame) == 5 and frame[2] in CODES[version]
            fits = fits and isinstance(frame[3], str) and len(frame[3]) <= 255 and isinstance(frame[4], dict)
        if not fits or not isinstance(frame[1], str) or not 1 <= len(frame[1]) <= 36:
            found.append(frame)
    return found


def _fits(version: str, name: str, part: str, payload: Any) -> bool:
    return bool(_judge(version, name, part)(json.loads(json.dumps(payload), parse_float=Decimal)))


@cache
def _judge(version: str, name: str, part: str) -> Any:
    action = ACTIONS[OcppVersion(version)][name]
    return judge_of(request_schema(action) if part == "request" else response_schema(action))


class _Asker:
    """Calls with ids whose actions are remembered."""

    def __init__(self, csms: ScriptedCsms) -> None:
        self._csms = csms
        self.asked: dict[str, str] = {}
        self.answers: dict[str, Any] = {}

    async def say(self, action: str, payload: str) -> Any:
        """The frame that answers a payload of JSON text."""
        message_id = f"asked-{len(self.asked)}"
        self.asked[message_id] = action
        answer = self._csms._answers[message_id] = asyncio.get_running_loop().create_future()
        await self._csms.lines[-1].send(f'[2,"{message_id}",{json.dumps(action)},{payload}]')
        return await asyncio.wait_for(answer, 15)

    async def call(self, action: str, payload: Any) -> Any:
        """As `say`, for a payload."""
        return await self.say(action, json.dumps(payload, default=float))


# --- what the station says -----------------------------------------------------------------------------------------------


@pytest.mark.req("J16:4.1.3", "J2:4.1.3")
@each_version
async def test_a_day_with_everything_in_it_fits_the_schemas(version: str) -> None:
    """Every request of the standard, small and full, while a vehicle charges, breaks off, and all can be triggered: every frame fits."""
    variables = {"AlignedDataCtrlr.Interval": "1", "AlignedDataCtrlr.SendDuringIdle": "false"}
    async with scripted_csms(version) as csms, lab(csms.url, version, variables=variables) as one:
        asker = _Asker(csms)
        await one.charge()
        await _trigger_all(version, asker)
        for action in _actions(version, "csms"):
            if action.name not in DANGEROUS:
                for payload in requests(action).values():
                    await asker.say(action.name, _json(payload))
        await _people_do_everything(one)
        await asker.call(*remote_start(version, CARD))
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        assert _misfits(version, csms, asker.asked) == []
        assert len(set(actions_of(csms))) >= (6 if version == "1.6" else 9), set(actions_of(csms))


def _json(payload: Any) -> str:
    return json.dumps(payload, default=float)


async def _trigger_all(version: str, asker: _Asker) -> None:
    schema = request_schema(ACTIONS[OcppVersion(version)]["TriggerMessage"])
    for message in schema["properties"]["requestedMessage"]["enum"]:
        await asker.call(*trigger(message))


async def _people_do_everything(one: Lab) -> None:
    hardware = one.station.hardware
    for code in ("GROUND_FAILURE", "HIGH_TEMPERATURE", "POWER_METER_FAILURE"):
        one.station.happened(hardware.raise_fault(code, 1, info="x" * 80, vendor_error_code="E-77"))
        one.station.happened(hardware.clear_fault(code, 1))
    one.station.happened(hardware.press_emergency_stop())
    one.station.happened(hardware.release_emergency_stop())
    await one.until(lambda: not hardware.is_locked(1, 1), "unlocked")
    one.unplug()
    one.plug()
    one.tap("A-CARD-NOBODY-KNOWS")


@each_version
async def test_numbers_are_numbers_and_times_are_utc(version: str) -> None:
    """What labs look at first: integers are no strings, Wh no fractions in 1.6, values in 2.x no strings, times end with Z."""
    async with scripted_csms(version) as csms, lab(csms.url, version) as one:
        await one.charge(400)
        one.tap()
        await one.until_ended()
        if version == "1.6":
            (start,), (stop,) = csms.of("StartTransaction"), csms.of("StopTransaction")
            for number in (start["connectorId"], start["meterStart"], stop["meterStop"], stop["transactionId"]):
                assert type(number) is int
            times = [start["timestamp"], stop["timestamp"]]
        else:
            events = csms.of("TransactionEvent")
            assert all(type(event["seqNo"]) is int for event in events)
            values = [
                sample["value"]
                for event in events
                for reading in event.get("meterValue", [])
                for sample in reading["sampledValue"]
            ]
            assert values
            assert all(type(value) in (int, float) for value in values)
            times = [event["timestamp"] for event in events]
        assert all(moment.endswith("Z") and "T" in moment for moment in times)


# --- what the central system asks wrongly -----------------------------------------------------------------------------------


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@each_version
async def test_each_wrong_request_gets_the_code_of_its_fault(version: str) -> None:
    """Every action with one fault of every kind: the code of that version, and nothing in the station's memory has changed."""
    storage = MemoryStorage()
    async with scripted_csms(version) as csms, lab(csms.url, version, storage=storage) as one:
        asker = _Asker(csms)
        await one.until_accepted()
        await one.until(lambda: one.overview.waiting == 0, "quiet")
        heard, before = len(csms.heard), _memory(storage)
        wrong_codes = {}
        for action in _actions(version, "csms"):
            for fault in faults(action):
                answer = await asker.say(action.name, fault.payload.decode())
                if (answer[0], answer[2]) != (4, fault.code):
                    wrong_codes[f"{action.name} {fault.kind} {fault.where}"] = (answer, fault.code)
        assert wrong_codes == {}
        assert len(csms.heard) == heard, actions_of(csms, heard)
        assert _memory(storage) == before
        assert _misfits(version, csms, asker.asked) == []


def _memory(storage: MemoryStorage) -> Any:
    saved = storage.load()
    assert saved is not None
    return saved


# --- what it answers wrongly --------------------------------------------------------------------------------------------------


def _wrong_answers(version: str, name: str) -> list[tuple[str, str]]:
    """What is wrong, and the payload, one for each kind of fault the response's schema knows."""
    schema = response_schema(ACTIONS[OcppVersion(version)][name])
    found: dict[str, str] = {}
    for path, node in nodes(schema):
        for what, value in wrong(node):
            kind = what.split(" ")[0] if what.startswith("without") else what
            if kind != "naive time":  # which ISO 8601 allows, and so does the station
                found.setdefault(kind, _json(placed(schema, path, value)))
    return list(found.items())


SAID = {
    "1.6": ("BootNotification", "Heartbeat", "Authorize", "StartTransaction", "StatusNotification", "MeterValues"),
    "2.0.1": ("BootNotification", "Heartbeat", "Authorize", "TransactionEvent", "StatusNotification"),
}
SAID["2.1"] = SAID["2.0.1"]
_NOT_TWICE = {("2.0.1", "BootNotification"), ("2.1", "BootNotification")}
"""In 2.x an accepted station boots no more, whoever asks it to (F06.FR.17); wrong answers to the first boot are pattern 1's."""


@pytest.mark.parametrize(
    ("version", "name"),
    [(version, name) for version, names in SAID.items() for name in names if (version, name) not in _NOT_TWICE],
    ids=str,
)
async def test_a_wrong_answer_breaks_nothing(version: str, name: str) -> None:
    """Every kind of fault in the answers to one action, one after the other: the station lives, and one right answer is enough."""
    answers = [payload for _, payload in _wrong_answers(version, name)]
    assert answers
    left = list(answers)

    def reply(action: str, payload: Any) -> Any:
        return (
            Raw(f'[3,"{{id}}",{left.pop()}]'.replace("{{", "{"))
            if action == name and left
            else accepting(action, payload)
        )

    many = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": "100"}
    async with scripted_csms(version) as csms, lab(csms.url, version, variables=many) as one:
        await one.until_accepted()
        csms.reply = reply
        while left:
            if name == "Authorize":  # who is asked about one card takes no other meanwhile
                await one.until(lambda: one.overview.waiting == 0, "the answer before is read")
            count, before = len(left), one.overview.waiting
            await _say(one, csms, name)
            await one.until(lambda count=count: len(left) < count, f"{name}, {before} waiting")  # type: ignore[misc]
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        assert len(csms.lines) == 1
        assert (await csms.call(*trigger("Heartbeat")))["status"] == "Accepted"
        heard = len(csms.of("Heartbeat"))
        await csms.until_heard("Heartbeat", max(1, heard))


async def _say(one: Lab, csms: ScriptedCsms, name: str) -> None:
    """Make the station say it once more."""
    hardware = one.station.hardware
    if name in ("BootNotification", "Heartbeat", "StatusNotification"):
        await csms.call(*trigger(name))
    elif name == "Authorize":
        one.tap(f"CARD-{len(csms.heard)}")
        await asyncio.sleep(0)
    else:
        if (
            name == "StartTransaction" and hardware.vehicle_at(1) is not None
        ):  # a result, however wrong, is not said again
            one.unplug("vehicle")
            await one.until(lambda: hardware.vehicle_at(1) is None)
        if hardware.vehicle_at(1) is None:
            one.plug()
            one.tap()
