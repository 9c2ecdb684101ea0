"""The station's line against a central system of bare frames: refusals, silence, rubbish, cuts, and what is said afterwards."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from pilotwire.domain.provisioning import BootReason, RegistrationStatus
from pilotwire.errors import NotReachable
from pilotwire.station.keeping_up import LEAST_WAIT
from pilotwire.station.storage import MemoryStorage
from tests.support.eventually import eventually
from tests.support.scripted_csms import NOW, SILENCE, Error, Raw, ScriptedCsms, accepting, scripted_csms
from tests.support.station_lab import VERSIONS, lab

EVENT = "TransactionEvent"
each_version = pytest.mark.parametrize("version", VERSIONS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _but(action: str, reply: Callable[[Any], Any] | Any) -> Callable[[str, Any], Any]:
    """Friendly, except to one action."""

    def answer(said: str, payload: Any) -> Any:
        if said != action:
            return accepting(said, payload)
        return reply(payload) if callable(reply) else reply

    return answer


# --- no connection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "says"), [(401, "password"), (404, "path"), (503, "later")])
async def test_a_refused_handshake_is_told_and_tried_again(status: int, says: str) -> None:
    """The HTTP status and its remedy are the line's trouble; once the CSMS lets us in there is none."""
    async with scripted_csms(refuse=status) as csms, lab(csms.url) as one:
        await one.until(lambda: str(status) in one.station.line.trouble, "trouble")
        assert says in one.station.line.trouble
        await one.until(lambda: csms.attempts >= 2, "a second attempt")
        csms.refuse = None
        await one.until_accepted()
        assert one.station.line.trouble == ""


async def test_no_common_version_is_told() -> None:
    """The CSMS speaks 1.6 only."""
    async with scripted_csms("1.6") as csms, lab(csms.url, "2.1") as one:
        await one.until(lambda: "ocpp2.1" in one.station.line.trouble, "trouble")


async def test_a_host_without_an_address_is_told() -> None:
    """RFC 6761 promises that .invalid never resolves."""
    async with lab("ws://csms.invalid:9000") as one:
        await one.until(lambda: "csms.invalid" in one.station.line.trouble, "trouble")
        assert not one.station.line.is_up


async def test_the_same_trouble_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A CSMS that is away for a week must not fill the log."""
    async with scripted_csms(refuse=503) as csms, lab(csms.url) as one:
        await one.until(lambda: csms.attempts >= 4, "attempts")
    assert capsys.readouterr().out.count("no connection to the CSMS") == 1


async def test_a_csms_that_comes_late_is_found() -> None:
    """Nothing listens at first."""
    port = _free_port()
    async with lab(f"ws://127.0.0.1:{port}") as one:
        await one.until(lambda: "Nothing takes connections" in one.station.line.trouble, "trouble")
        async with scripted_csms(port=port):
            await one.until_accepted()


@pytest.mark.req("J2:5.3")
async def test_the_back_off_goes_by_its_variables() -> None:
    """With a long RetryBackOffWaitMinimum a lost station does not come back soon, with none it does, but never at once."""
    slow = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": "3600"}
    loop = asyncio.get_running_loop()
    async with scripted_csms() as csms, lab(csms.url, variables=slow) as patient, lab(csms.url, identity="B") as one:
        await one.until_accepted()
        await patient.until_accepted()
        for line in csms.lines[:2]:
            line.transport.abort()
        lost = loop.time()
        await one.until(lambda: not one.station.line.is_up, "down")
        await one.until(lambda: one.station.line.is_up, "up again")
        assert loop.time() - lost >= LEAST_WAIT * 0.9
        assert not patient.station.line.is_up
        patient.station.line.hurry()
        await patient.until(lambda: patient.station.line.is_up, "up again")


# --- cut and mended --------------------------------------------------------------------------------------------------


async def test_a_cut_line_stays_cut_until_it_is_mended() -> None:
    """Nothing gets through meanwhile, not even an attempt that was under way; then the station is back at once."""
    async with scripted_csms() as csms, lab(csms.url) as one:
        one.station.line.cut()  # before the first attempt has succeeded
        await asyncio.wait_for(_settled_attempt(csms), 5)
        assert (one.station.line.is_cut, one.station.line.is_up) == (True, False)
        with pytest.raises(NotReachable):
            await one.station.line.say(None, None)  # type: ignore[arg-type]
        one.station.line.restore()
        await one.until_accepted()


async def _settled_attempt(csms: ScriptedCsms) -> None:
    """The attempt that was on its way has come to nothing, or none was made."""
    for line in csms.lines:
        await line.wait_closed()


@pytest.mark.req("E04.FR.01", "E04.FR.03")
@each_version
async def test_what_waited_is_said_first_and_in_order(version: str) -> None:
    """Charging goes on without a line; what happened meanwhile arrives afterwards in its order, marked as offline in 2.x."""
    variables = {"SampledDataCtrlr.TxUpdatedInterval": "1"}
    async with scripted_csms(version) as csms, lab(csms.url, version, variables=variables) as one:
        await one.charge()
        one.station.line.cut()
        await one.until(lambda: one.overview.waiting >= 2, "facts that wait")
        one.tap()
        await one.until(lambda: one.overview.evses[0].transaction_id is None, "the end")
        heard = len(csms.heard)
        one.station.line.restore()
        await one.until_ended()
        later = [call for call in csms.heard[heard:] if call.action in (EVENT, "MeterValues", "StopTransaction")]
    if version == "1.6":
        assert [call.action for call in later][-1] == "StopTransaction"
        assert {call.payload["transactionId"] for call in later} == {7}
    else:
        numbers = [call.payload["seqNo"] for call in later]
        assert numbers == sorted(numbers)
        assert all(call.payload["offline"] for call in later)
        assert later[-1].payload["eventType"] == "Ended"


async def test_the_csms_goes_away_and_comes_back() -> None:
    """The same port, another process: the station connects again and goes on where it was, without booting anew."""
    async with lab(f"ws://127.0.0.1:{(port := _free_port())}") as one:
        async with scripted_csms(port=port) as csms:
            await one.charge()
            before = len(csms.of(EVENT))
            assert before > 0
        await one.until(lambda: one.overview.waiting >= 1, "facts that wait")
        async with scripted_csms(port=port) as csms:
            one.tap()
            await one.until_ended()
            numbers = [event["seqNo"] for event in csms.of(EVENT)]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert csms.of("BootNotification") == []


# --- answers ---------------------------------------------------------------------------------------------------------


async def test_a_csms_that_never_answers() -> None:
    """The boot times out and is said again after the retry wait; the connection stays."""
    habits = {"boot_retry_seconds": 1}
    async with scripted_csms(reply=lambda *_: SILENCE) as csms, lab(csms.url, call_timeout=0.2, settings=habits) as one:
        await csms.until_heard("BootNotification", 2)
        assert len(csms.lines) == 1
        assert one.overview.registration is None


@pytest.mark.parametrize(
    "rubbish",
    [
        Raw('[3,"{id}",{"status":"Perhaps"}]'),
        Raw('[3,"{id}",{}]'),
        Raw('[3,"{id}",42]'),
        Raw('[3,"{id}"]'),
        Raw('[3,"{id}",{"status":"Accepted","currentTime":"yesterday","interval":5}]'),
        Raw('[3,"someone-else",{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":5}]'),
        Raw("{"),
        Raw("[]"),
        Raw("\x00\x01"),
        Raw("[" * 500),
        Raw('[4,"{id}","Nonsense",17,null]'),
    ],
    ids=lambda raw: raw.text[:24],
)
async def test_rubbish_for_an_answer_is_survived(rubbish: Raw) -> None:
    """What cannot be read is no answer; the station asks again and takes the first right one."""
    answers: list[Any] = [rubbish]
    reply = _but(
        "BootNotification", lambda payload: answers.pop() if answers else accepting("BootNotification", payload)
    )
    habits = {"boot_retry_seconds": 1}
    async with scripted_csms(reply=reply) as csms, lab(csms.url, call_timeout=0.3, settings=habits) as one:
        await one.until_accepted()
        assert len(csms.of("BootNotification")) == 2


@pytest.mark.req("E13.FR.01", "E13.FR.02", "E13.FR.04")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
@pytest.mark.parametrize("reply", [Error(), Raw('[4,"{id}","InternalError","it fai')], ids=["CALLERROR", "unreadable"])
async def test_a_transaction_message_is_tried_again_then_given_up(version: str, reply: Any) -> None:
    """As often as MessageAttempts says; then the next one, which is accepted, goes its way."""
    refuse_first = _but(EVENT, lambda payload: reply if payload["seqNo"] == 0 else {})
    async with scripted_csms(version, reply=refuse_first) as csms, lab(csms.url, version) as one:
        await one.until_accepted()
        one.plug()
        one.tap()
        await one.until_charged()
        one.tap()
        await one.until_ended()
        numbers = [event["seqNo"] for event in csms.of(EVENT)]
    assert numbers[:3] == [0, 0, 0]
    assert numbers[3:] == list(range(1, len(numbers) - 2))


@pytest.mark.req("E13.FR.02", "1.6:3.7.1")
@each_version
@pytest.mark.parametrize("attempts", ["0", "3"])
async def test_a_result_that_cannot_be_read_is_no_failure_to_process(version: str, attempts: str) -> None:
    """A CSMS that fails says so with a CALLERROR: its result, however wrong, means that it has the message. Nothing is said twice."""
    first = "StartTransaction" if version == "1.6" else EVENT
    unreadable = _but(first, Raw('[3,"{id}",{"totalCost":"much","transactionId":"many"}]'))
    variables = {"OCPPCommCtrlr.MessageAttempts[TransactionEvent]": attempts}
    async with scripted_csms(version, reply=unreadable) as csms, lab(csms.url, version, variables=variables) as one:
        await one.until_accepted()
        one.plug()
        one.tap()
        await one.until_charged()
        one.tap()
        await one.until_ended()
        await one.until(lambda: one.overview.waiting == 0, "all told")
        told = csms.of(first)
    if version == "1.6":
        assert len(told) == len(csms.of("StopTransaction")) == 1
    else:
        numbers = [event["seqNo"] for event in told]
        assert numbers == list(range(len(numbers)))


@pytest.mark.req("E13.FR.03")
async def test_the_wait_between_attempts_grows() -> None:
    """MessageAttemptInterval times the attempts before: 1 s, then 2 s."""
    at: list[float] = []

    def reply(payload: Any) -> Any:
        at.append(asyncio.get_running_loop().time())
        return Error()

    variables = {"OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": "1"}
    async with scripted_csms(reply=_but(EVENT, reply)) as csms, lab(csms.url, variables=variables) as one:
        await one.until_accepted()
        one.plug()
        await one.until(lambda: len(at) >= 3, "three attempts")
    assert at[1] - at[0] == pytest.approx(1, abs=0.5)
    assert at[2] - at[1] == pytest.approx(2, abs=0.5)


async def test_a_transaction_message_without_an_answer_is_said_again() -> None:
    """The first is swallowed; the same event comes again under a new message id, once more and not more often."""
    swallowed: list[Any] = []
    reply = _but(EVENT, lambda payload: {} if swallowed else (swallowed.append(payload) or SILENCE))
    async with scripted_csms(reply=reply) as csms, lab(csms.url, call_timeout=0.3) as one:
        await one.until_accepted()
        one.plug()
        first, again = (await csms.until_heard(EVENT, 2))[:2]
        assert first["seqNo"] == again["seqNo"] == 0
        await one.until(lambda: one.overview.waiting == 0, "delivered")


# --- registration ----------------------------------------------------------------------------------------------------


def _status(status: str, interval: int) -> Any:
    return {"status": status, "currentTime": NOW, "interval": interval}


@pytest.mark.req("B02.FR.02", "B02.FR.04")
@each_version
async def test_pending_then_accepted(version: str) -> None:
    """Nothing but boots until accepted, none earlier than the interval; what happened meanwhile is told then."""
    answers = [_status("Pending", 1), _status("Pending", 1)]
    reply = _but("BootNotification", lambda _: answers.pop() if answers else _status("Accepted", 3600))
    loop = asyncio.get_running_loop()
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version) as one:
        await csms.until_heard("BootNotification")
        began = loop.time()
        one.plug()
        await csms.until_heard("BootNotification", 3)
        assert loop.time() - began > 1.8
        await one.until_accepted()
        await one.until(lambda: one.overview.waiting == 0, "delivered")
        await csms.until_heard("StatusNotification")
        assert {call.action for call in csms.heard[:3]} == {"BootNotification"}


_CERTIFICATES = {"certificateType": "CentralSystemRootCertificate"}


@pytest.mark.req("B03.FR.02", "B03.FR.06", "B03.FR.08")
@each_version
async def test_rejected(version: str) -> None:
    """Silence until the interval has passed, then another boot; commands of a CSMS that rejected us are refused."""
    reply = _but("BootNotification", lambda _: _status("Rejected", 1))
    async with scripted_csms(version, reply=reply) as csms, lab(csms.url, version) as one:
        await one.until(lambda: one.overview.registration is RegistrationStatus.REJECTED, "rejected")
        one.plug()
        kind = {"type": "Hard"} if version == "1.6" else {"type": "Immediate"}
        asked = [("Reset", kind), ("GetInstalledCertificateIds", _CERTIFICATES if version == "1.6" else {})]
        if version == "1.6":  # 1.6:4.2: no answer at all
            calls = [asyncio.create_task(csms.call(*one_of)) for one_of in asked]
            await csms.until_heard("BootNotification", 2)
            assert not any(call.done() for call in calls)
            for call in calls:
                call.cancel()
            assert all(frame[0] == 2 for frame in csms.frames)
        else:
            for one_of in asked:
                refused = await csms.call(*one_of)
                assert (refused[0], refused[2]) == (4, "SecurityError"), one_of
            await csms.until_heard("BootNotification", 2)
        assert {call.action for call in csms.heard} == {"BootNotification"}


@pytest.mark.req("B02.FR.07", "B03.FR.05")
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
async def test_an_interval_of_nothing_is_our_own(status: str) -> None:
    """Interval 0: the station waits as long as it thinks right, and does not flood the CSMS."""
    reply = _but("BootNotification", lambda _: _status(status, 0))
    habits = {"boot_retry_seconds": 1}
    loop = asyncio.get_running_loop()
    async with scripted_csms(reply=reply) as csms, lab(csms.url, settings=habits):
        await csms.until_heard("BootNotification")
        began = loop.time()
        await csms.until_heard("BootNotification", 3)
        assert loop.time() - began > 1.8


# --- commands at bad moments -----------------------------------------------------------------------------------------


@pytest.mark.req("B11.FR.03", "B11.FR.04")
async def test_a_reset_restarts_the_connection_too() -> None:
    """Answer, transaction ended, goodbye, a new connection, and a boot that says why."""
    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.charge()
        assert (await csms.call("Reset", {"type": "Immediate"}))["status"] == "Accepted"
        boots = await csms.until_heard("BootNotification", 2)
        assert boots[1]["reason"] == BootReason.REMOTE_RESET
        assert [call.connection for call in csms.heard if call.action == "BootNotification"] == [1, 2]
        ended = csms.of(EVENT)[-1]
        assert (ended["eventType"], ended["transactionInfo"]["stoppedReason"]) == ("Ended", "ImmediateReset")
        assert csms.lines[0].close_code == 1001


async def test_a_command_while_the_station_restarts_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the last word of the old core and the first of the new one nobody can answer: InternalError, and on it goes."""
    monkeypatch.setattr("pilotwire.station.app.TICK", 1.0)  # how long that moment lasts
    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.until_accepted()
        before = one.station.core
        await csms.call("Reset", {"type": "Immediate"})
        await one.until(lambda: one.station._restarting, "the restart")
        refused = await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert (refused[0], refused[2]) == (4, "InternalError")
        await one.until(lambda: one.station.core is not before, "a new core")
        await csms.until_heard("BootNotification", 2)
        await one.until_accepted()


async def test_answers_of_before_a_restart_do_not_reach_the_new_core() -> None:
    """A heartbeat nobody answers is open when the station restarts: its failure must not count against the new core's boot."""
    silent = _but("Heartbeat", SILENCE)
    async with scripted_csms(reply=silent) as csms, lab(csms.url, settings={"reset_wait_seconds": 1}) as one:
        await one.until_accepted()
        await csms.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        await csms.until_heard("Heartbeat")
        await csms.call("Reset", {"type": "Immediate"})
        await csms.until_heard("BootNotification", 2)
        await one.until_accepted()
        assert len(csms.of("BootNotification")) == 2


async def test_an_unknown_command_is_not_supported() -> None:
    """In words of the standard, not with silence."""
    async with scripted_csms("2.1") as csms, lab(csms.url, "2.1") as one:
        await one.until_accepted()
        refused = await csms.call("Heartbeat", {})  # an action, but not one of a CSMS
        assert (refused[0], refused[2]) == (4, "NotSupported")
        refused = await csms.call("MakeCoffee", {})
        assert (refused[0], refused[2]) == (4, "NotImplemented")


@pytest.mark.req("F06.FR.04")
@pytest.mark.parametrize("message", ["Heartbeat", "StatusNotification"])
async def test_the_answer_comes_before_what_was_asked_for(message: str) -> None:
    """First the response, then the message."""
    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.until_accepted()
        await one.until(lambda: one.overview.waiting == 0, "quiet")
        await csms.until_heard("StatusNotification")
        heard, frames = len(csms.of(message)), len(csms.frames)
        await csms.call("TriggerMessage", {"requestedMessage": message})
        await csms.until_heard(message, heard + 1)
        assert [frame[0] for frame in csms.frames[frames:]][:2] == [3, 2]


# --- what the CSMS sets of the line itself ---------------------------------------------------------------------------


@pytest.mark.req("A01.FR.01", "A01.FR.12", "SEC16:A01.FR.01", "SEC16:A01.FR.12")
@each_version
async def test_another_password_is_used_at_once(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer leaves, the connection ends, the next one shows the new password; so does one after a power cut. No log has it."""
    old, new, storage = "old-password-1234", "new-password-5678", MemoryStorage()
    async with scripted_csms(version) as csms:
        async with lab(csms.url, version, storage=storage, password=old) as one:
            await one.until_accepted()
            assert csms.passwords == [old]
            if version == "1.6":
                told = await csms.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": new})
                assert told["status"] == "Accepted"
            else:
                name = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
                told = await csms.call("SetVariables", {"setVariableData": [name | {"attributeValue": new}]})
                assert told["setVariableResult"][0]["attributeStatus"] == "Accepted"
            await one.until(lambda: len(csms.passwords) == 2, "a new connection")
            assert csms.passwords[-1] == new
        async with lab(csms.url, version, storage=storage, password=old) as one:
            await one.until_accepted()
            assert csms.passwords[-1] == new
    said = "".join(capsys.readouterr())
    assert new not in said
    assert old not in said
    assert old not in repr(one.station.line.endpoint)


@pytest.mark.req("J2:8.4")
async def test_the_ping_interval_is_a_variable() -> None:
    """What the CSMS sets counts from the next connection on; 0 means none."""
    async with scripted_csms() as csms, lab(csms.url) as one:
        await one.until_accepted()
        assert one.station.ping_interval() == 60
        name = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "WebSocketPingInterval"}}
        await csms.call("SetVariables", {"setVariableData": [name | {"attributeValue": "0"}]})
        assert one.station.ping_interval() == 0
        csms.drop()
        await eventually(lambda: len(csms.lines) == 2)


@pytest.mark.req("B01.FR.06")
async def test_the_clock_is_the_csms_s() -> None:
    """Events are stamped with the CSMS's time, not with ours."""
    reply = _but("BootNotification", {"status": "Accepted", "currentTime": "2096-02-29T12:00:00Z", "interval": 3600})
    async with scripted_csms(reply=reply) as csms, lab(csms.url) as one:
        await one.until_accepted()
        one.plug()
        (event, *_) = await csms.until_heard(EVENT)
        assert event["timestamp"].startswith("2096-02-29T12:0")


async def test_compression_is_offered_if_asked_for() -> None:
    """An operator's choice; a CSMS that does not do it is fine."""
    async with scripted_csms() as csms, lab(csms.url, compression=True) as one:
        await one.until_accepted()
