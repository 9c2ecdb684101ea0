"""What a station may send that is no message, or a wrong one: the exact answer of each version, a finding, and nobody else notices."""

from __future__ import annotations

import random
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.good_station import VERSIONS, charging, running
from tests.support.raw_station import RawStation, station

BAD = "BAD-1"


class Answers(NamedTuple):
    """The message id and error code that answer in each version; None: no answer, as the standard has none for it."""

    v16: tuple[str, str] | None
    v201: tuple[str, str] | None
    v21: tuple[str, str] | None

    def of(self, version: str) -> tuple[str, str] | None:
        """The one of a version."""
        return self[VERSIONS.index(version)]


def in_2x(code: str, message_id: str = "x") -> Answers:
    """1.6 has no word for it: silence there."""
    return Answers(None, (message_id, code), (message_id, code))


def in_all(code: str, in_16: str | None = None) -> Answers:
    """All answer; 1.6 with its own code if it has one."""
    return Answers(("x", in_16 or code), ("x", code), ("x", code))


NO_FRAME = in_2x("RpcFrameworkError", "-1")
WRONG_FRAME = in_all("RpcFrameworkError", "FormationViolation")
WRONG_PAYLOAD = in_all("FormatViolation", "FormationViolation")
SILENCE = Answers(None, None, None)

FRAMES: dict[str, tuple[str, Answers]] = {
    "nothing": ("", NO_FRAME),
    "a word": ("hello", NO_FRAME),
    "random text": ("".join(random.Random(7).choices([chr(n) for n in range(32, 0x2FFF)], k=2000)), NO_FRAME),
    "control characters": ("\x00\x01\x1b[31m", NO_FRAME),
    "null": ("null", NO_FRAME),
    "a number": ("5", NO_FRAME),
    "an object": ('{"action": "Heartbeat"}', NO_FRAME),
    "an empty array": ("[]", NO_FRAME),
    "brackets without end": ("[" * 5000, NO_FRAME),
    "type alone": ("[2]", NO_FRAME),
    "id that is a number": ('[2,7,"Heartbeat",{}]', NO_FRAME),
    "id that is null": ('[2,null,"Heartbeat",{}]', NO_FRAME),
    "type that is text": ('["2","x","Heartbeat",{}]', in_2x("RpcFrameworkError")),
    "type that is a fraction": ('[2.5,"x","Heartbeat",{}]', in_2x("RpcFrameworkError")),
    "type and id alone": ('[2,"x"]', WRONG_FRAME),
    "without a payload": ('[2,"x","Heartbeat"]', WRONG_FRAME),
    "five elements": ('[2,"x","Heartbeat",{},{}]', WRONG_FRAME),
    "action that is a number": ('[2,"x",7,{}]', WRONG_FRAME),
    "cut off": ('[2,"x","Heartbeat",{"a":', WRONG_PAYLOAD),
    "NaN": ('[2,"x","Heartbeat",NaN]', WRONG_PAYLOAD),
    "payload that is a list": ('[2,"x","Heartbeat",[]]', WRONG_PAYLOAD),
    "payload that is text": ('[2,"x","Heartbeat","{}"]', WRONG_PAYLOAD),
    "nested a hundred thousand deep": (
        '[2,"x","Heartbeat",{"a":' + "[" * 100_000 + "]" * 100_000 + "}]",
        WRONG_PAYLOAD,
    ),
    "a lone surrogate": ('[2,"x","Heartbeat",{"a":"\\ud800"}]', WRONG_PAYLOAD),
    "unknown type": ('[9,"x","Heartbeat",{}]', in_2x("MessageTypeNotSupported")),
    "negative type": ('[-2,"x","Heartbeat",{}]', in_2x("MessageTypeNotSupported")),
    "SEND": ('[6,"x","Heartbeat",{}]', Answers(None, ("x", "MessageTypeNotSupported"), None)),
    "CALLRESULTERROR": ('[5,"x","GenericError","",{}]', Answers(None, ("x", "MessageTypeNotSupported"), None)),
    "answer to nothing": ('[3,"x",{}]', SILENCE),
    "error about nothing": ('[4,"x","GenericError","",{}]', SILENCE),
    "unknown action": ('[2,"x","MakeCoffee",{}]', in_all("NotImplemented")),
    "action in other letters": ('[2,"x","heartbeat",{}]', in_all("NotImplemented")),
    "action without a name": ('[2,"x","",{}]', in_all("NotImplemented")),
    "action of the CSMS": ('[2,"x","ChangeAvailability",{}]', in_all("NotSupported")),
}


@pytest.mark.req("J16:4.1.3", "J16:4.2.3", "J2:4.1.3", "J2:4.2.3", "J2:4.3")
@pytest.mark.parametrize("version", VERSIONS)
async def test_what_is_no_message_of_the_version(version: str, tmp_path: Path) -> None:
    """The exact code or the exact silence, each with a finding; all on one connection that works on, while a good station charges."""
    heard, found = {}, {}
    async with running(tmp_path) as csms, charging(csms, version), station(csms, BAD, version) as line:
        await line.boot()
        for number, (row, (frame, _)) in enumerate(FRAMES.items(), start=1):
            await line.say(frame.replace('"x"', f'"x-{number}"'))  # an id is for one message only
            answers = await _until_alive(line)
            assert all(answer[3] for answer in answers), f"{row}: an error without a sentence"
            heard[row] = [(answer[0], answer[1].replace(f"x-{number}", "x"), answer[2]) for answer in answers]
            findings = await csms.store.findings(BAD)
            found[row] = len(findings) == number and bool(findings[0].what) and findings[0].rule.split(":")[0]
    assert heard == {row: _errors(answers.of(version)) for row, (_, answers) in FRAMES.items()}
    assert found == dict.fromkeys(FRAMES, "J16" if version == "ocpp1.6" else "J2")


def _errors(expected: tuple[str, str] | None) -> list[tuple[int, str, str]]:
    return [] if expected is None else [(4, *expected)]


async def _until_alive(line: RawStation) -> list[Any]:
    """What was said before a call that stores something (and with it the findings noted until then) is answered."""
    heard = []
    status = {
        "ocpp1.6": {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Available",
            "timestamp": "2026-01-01T09:00:00Z",
        },
    }.get(
        str(line.line.subprotocol),
        {"timestamp": "2026-01-01T09:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1},
    )
    alive = f"alive {uuid.uuid4().hex[:20]}"
    await line.say([2, alive, "StatusNotification", status])
    while (answer := await line.hear())[1] != alive:
        heard.append(answer)
    assert answer == [3, alive, {}]
    return heard


def _event(**changes: Any) -> dict[str, Any]:
    """A right TransactionEventRequest but for the changes; `...` takes a field away."""
    event = {
        "eventType": "Started",
        "timestamp": "2026-01-01T10:00:00Z",
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-bad"},
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


def _start(**changes: Any) -> dict[str, Any]:
    """A right StartTransaction.req but for the changes."""
    start = {"connectorId": 1, "idTag": "card", "meterStart": 0, "timestamp": "2026-01-01T10:00:00Z"}
    return {name: value for name, value in (start | changes).items() if value is not ...}


OCCURRENCE_16, OCCURRENCE = "OccurenceConstraintViolation", "OccurrenceConstraintViolation"
TYPE, PROPERTY = "TypeConstraintViolation", "PropertyConstraintViolation"
_REGISTER = {"value": "1", "measurand": "Energy.Active.Import.Register"}

PAYLOADS_16: dict[str, tuple[str, Any, str, str]] = {
    # what is wrong: action, payload, error code, path
    "a number as text": ("StartTransaction", _start(connectorId="1"), TYPE, "$.connectorId"),
    "a fraction": ("StartTransaction", _start(meterStart=1.5), TYPE, "$.meterStart"),
    "null for a field": ("StartTransaction", _start(idTag=None), TYPE, "$.idTag"),
    "a list for text": ("StartTransaction", _start(idTag=["card"]), TYPE, "$.idTag"),
    "no date": ("StartTransaction", _start(timestamp="yesterday"), TYPE, "$.timestamp"),
    "too long": ("StartTransaction", _start(idTag="x" * 21), PROPERTY, "$.idTag"),
    "not in the list": (
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "Coffee"},
        PROPERTY,
        "$.status",
    ),
    "a field missing": ("StartTransaction", _start(idTag=...), OCCURRENCE_16, "$.idTag"),
    "no samples": ("MeterValues", {"connectorId": 1, "meterValue": []}, OCCURRENCE_16, "$.meterValue"),
    "deep inside": (
        "MeterValues",
        {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-01T10:00:00Z", "sampledValue": [{"value": 1}]}]},
        TYPE,
        "$.meterValue[0].sampledValue[0].value",
    ),
    "a field too many": ("StartTransaction", _start(coffee=True), "FormationViolation", "$.coffee"),
}

PAYLOADS_2: dict[str, tuple[str, Any, str, str]] = {
    "a number as text": ("TransactionEvent", _event(seqNo="0"), TYPE, "$.seqNo"),
    "a fraction": ("TransactionEvent", _event(seqNo=0.5), TYPE, "$.seqNo"),
    "null for a field": ("TransactionEvent", _event(eventType=None), TYPE, "$.eventType"),
    "a list for an object": ("TransactionEvent", _event(transactionInfo=[]), TYPE, "$.transactionInfo"),
    "no date": ("TransactionEvent", _event(timestamp="yesterday"), TYPE, "$.timestamp"),
    "too long": (
        "TransactionEvent",
        _event(transactionInfo={"transactionId": "x" * 37}),
        PROPERTY,
        "$.transactionInfo.transactionId",
    ),
    "not in the list": ("TransactionEvent", _event(eventType="Begun"), PROPERTY, "$.eventType"),
    "a field missing": ("TransactionEvent", _event(seqNo=...), OCCURRENCE, "$.seqNo"),
    "no samples": ("TransactionEvent", _event(meterValue=[]), OCCURRENCE, "$.meterValue"),
    "deep inside": (
        "TransactionEvent",
        _event(meterValue=[{"timestamp": "2026-01-01T10:00:00Z", "sampledValue": [_REGISTER]}]),
        TYPE,
        "$.meterValue[0].sampledValue[0].value",
    ),
    "a field too many": ("TransactionEvent", _event(coffee=True), "FormatViolation", "$.coffee"),
}


@pytest.mark.req("J16:4.2.3", "J2:4.3")
@pytest.mark.parametrize("version", VERSIONS)
async def test_what_does_not_fit_its_schema(version: str, tmp_path: Path) -> None:
    """The exact code, the path in the description and in the finding; nothing of it is booked, and a good station charges meanwhile."""
    table = PAYLOADS_16 if version == "ocpp1.6" else PAYLOADS_2
    told, found = {}, {}
    async with running(tmp_path) as csms, charging(csms, version), station(csms, BAD, version) as line:
        await line.boot()
        for row, (action, payload, _, path) in table.items():
            await line.say([2, "x" + row, action, payload])
            (error,) = await _until_alive(line)
            told[row] = (error[0], error[1], error[2], path if path in error[3] else error[3])
            newest = (await csms.store.findings(BAD))[0]
            found[row] = (newest.path, newest.action, newest.message_id)
        assert not [each for each in await csms.store.transactions() if each.station == BAD]
    assert told == {row: (4, "x" + row, code, path) for row, (_, _, code, path) in table.items()}
    assert found == {row: (path, action, "x" + row) for row, (action, _, _, path) in table.items()}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(3))
async def test_a_storm_of_random_input(seed: int, version: str, tmp_path: Path) -> None:
    """A thousand frames of chance, and mutants of right ones: the connection stays, the good station charges, all frames are kept."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with running(tmp_path) as csms, charging(csms, version), station(csms, BAD, version) as line:
        await line.boot()
        frames = [_mutant(chance) for _ in range(1000)]
        for frame in frames:
            await line.say(frame)
        heard = await _until_alive(line)
        assert len(await csms.store.findings(BAD, limit=5000)) >= 900
        assert {each[0] for each in heard} <= {3, 4, 5}
        log = await csms.store.log(BAD, limit=5000)
        assert [each.frame for each in reversed(log) if each.frame in set(frames)][:1000] == frames


def _mutant(chance: random.Random) -> str:
    """A right frame with some characters replaced, taken away or doubled, or nothing but chance."""
    text = list('[2,"id-1","DataTransfer",{"vendorId":"org.example","data":"{}"}]')
    if chance.random() < 0.3:
        return "".join(chance.choices('[]{}",:0123456789abnulltrue\\ \u00e9\u20ac', k=chance.randint(0, 60)))
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(text))
        text[place : place + 1] = chance.choice([[], [text[place]] * 2, [chance.choice('[]{}",:0\\x\x00')]])
    return "".join(text)
