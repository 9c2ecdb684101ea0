"""E13: a TransactionEvent the CSMS does not answer, or refuses, is sent again, so often and with such intervals as configured."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from pilotwire.conformance.checks import Check, Judgement, equals, is_not, like, moment_of
from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import Case, Configures, Judges, NotReceives, Receives, Repeats, Sends, Step
from pilotwire.conformance.states.station201 import authorized, ev_connected_pre_session
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus, times
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
Failure = Literal["silence", "error"]

_INTERVAL, _ATTEMPTS = configured.message_attempt_interval, configured.message_attempts
_EARLY = 0.5
"""How many seconds before its time a message may come again: what clocks and lines make of an interval."""
_RETRIED = (equals("transactionInfo.transactionId", Kept("transaction_id")), equals("seqNo", Kept("retried_no")))
_SAME = ("eventType", "timestamp", "triggerReason", "transactionInfo")
_PREPARED: Steps = (
    Configures(variable="OCPPCommCtrlr.MessageAttempts[TransactionEvent]", value=_ATTEMPTS),
    Configures(variable="OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]", value=_INTERVAL),
    Sends(
        action="GetVariables",
        payload={"getVariableData": [component_variable("OCPPCommCtrlr.MessageTimeout[Default]")]},
        checks=(equals("getVariableResult[0].attributeStatus", "Accepted"),),
        keep={"station_timeout": "getVariableResult[0].attributeValue"},
    ),
    *authorized(),
    *ev_connected_pre_session(),
)
_STATION_TIMEOUT = Computed("MessageTimeout of the station", lambda known: float(known.kept["station_timeout"]))
_REMARK = "Steps 1 to 4 are what may come before the message of step 5, signed data and SuspendedEVSE; the tester answers them as usual."


def fails(how: Failure, **more: Any) -> Receives:
    """Step 5: the message comes, and the tester does not answer it, or answers it with a CALLERROR."""
    return Receives(
        number="5",
        action="TransactionEvent",
        unanswered=how == "silence",
        error="InternalError" if how == "error" else "",
        within=plus(_STATION_TIMEOUT, times(_INTERVAL, _ATTEMPTS), configured.message_timeout),
        **more,
    )


def fails_first(how: Failure) -> Receives:
    """The next message that tells something new fails."""
    return fails(
        how,
        where=(
            is_not("triggerReason", "SignedDataReceived"),
            is_not("transactionInfo.chargingState", "SuspendedEVSE"),
        ),
        keep={"retried_no": "seqNo", "retried": "", "transaction_id": "transactionInfo.transactionId"},
    )


def same_message() -> tuple[Check, ...]:
    """It is the message that failed, as it was."""
    return tuple(like(path, _first(path)) for path in _SAME)


def _first(path: str) -> Computed:
    return Computed(f"{path} of the first attempt", lambda known: known.kept["retried"].get(path))


def fails_again(how: Failure) -> Repeats:
    """It is sent again as often as is left of the attempts, and fails each time."""
    return Repeats(
        number="5",
        steps=(fails(how, where=_RETRIED, checks=same_message()),),
        most=Computed("attempts - 1", lambda known: known.setting("message_attempts") - 1),
    )


def never_again(after: Any, how: Failure) -> NotReceives:
    """It does not come once more, though the tester waits for another interval after so many attempts."""
    waits = plus(times(_INTERVAL, after), configured.time_deviation)
    seconds = plus(waits, _STATION_TIMEOUT) if how == "silence" else waits
    return NotReceives(number="5", action="TransactionEvent", where=_RETRIED, seconds=seconds)


def intervals(attempts: Any, how: Failure) -> Judges:
    """So many transmissions, each after the interval times the transmissions before it (and the timeout, if there was no answer)."""

    def judge(everything: Any, known: Known) -> Judgement:
        came = _transmissions(everything)
        gaps = [(later - one).total_seconds() for one, later in pairwise(came)]
        base = float(known.kept["station_timeout"]) if how == "silence" else 0.0
        wanted = [base + known.setting("message_attempt_interval") * number for number in range(1, len(gaps) + 1)]
        late = known.setting("time_deviation")
        right = all(least - _EARLY <= gap <= least + late for gap, least in zip(gaps, wanted, strict=True))
        return Judgement(right, f"{', '.join(f'{gap:.1f}' for gap in gaps)} s for {', '.join(map(str, wanted))} s")

    def count(everything: Any, known: Known) -> Judgement:
        number = len(_transmissions(everything))
        wanted = known.setting("message_attempts") if attempts is _ATTEMPTS else attempts
        return Judgement(number == wanted, str(number))

    timeout = " and MessageTimeout" if how == "silence" else ""
    what = f"the intervals are MessageAttemptInterval times the transmissions before{timeout}"
    how_often = "MessageAttempts" if attempts is _ATTEMPTS else str(attempts)
    return Judges(
        number="5",
        checks=(
            Check(f"the message was sent {how_often} times", count, requirement="E13.FR.02"),
            Check(what, judge, requirement="E13.FR.03"),
        ),
    )


def _transmissions(everything: Any) -> list[Any]:
    wanted = (everything["kept"].get("transaction_id"), everything["kept"].get("retried_no"))
    return [
        moment_of(message["at"])
        for message in everything["messages"]
        if message["action"] == "TransactionEvent"
        and (message["payload"].get("transactionInfo", {}).get("transactionId"), message["payload"].get("seqNo"))
        == wanted
    ]


def fails_to_the_end(how: Failure) -> Steps:
    """All attempts fail."""
    return (fails_first(how), fails_again(how), never_again(_ATTEMPTS, how), intervals(_ATTEMPTS, how))


def fails_once(how: Failure) -> Steps:
    """The first attempt fails, the second is answered."""
    second = Receives(
        number="5",
        action="TransactionEvent",
        where=_RETRIED,
        checks=same_message(),
        within=plus(_STATION_TIMEOUT, _INTERVAL, configured.message_timeout),
    )
    return (fails_first(how), second, never_again(2, how), intervals(2, how))


def _more_attempts_than(least: int) -> Condition:
    return Condition(
        f"message_attempts is above {least}", lambda known: bool(known.setting("message_attempts") > least)
    )


_QUICK = {"messageTimeout": 1}

TC_E_41_CS = Case(
    id="TC_E_41_CS",
    title="A message that is never answered",
    purpose="A TransactionEvent without an answer is sent as often as configured, and no more.",
    requirements=("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04"),
    needs=(_more_attempts_than(1),),
    traits=_QUICK,
    before=_PREPARED,
    main=fails_to_the_end("silence"),
    remark=_REMARK,
)

TC_E_42_CS = Case(
    id="TC_E_42_CS",
    title="A message that is answered the second time",
    purpose="A TransactionEvent without an answer is sent again, and not once more when it was answered.",
    requirements=("E13.FR.01", "E13.FR.02", "E13.FR.03"),
    needs=(_more_attempts_than(2),),
    traits=_QUICK,
    before=_PREPARED,
    main=fails_once("silence"),
    remark=_REMARK,
)

TC_E_50_CS = Case(
    id="TC_E_50_CS",
    title="A message that is always refused",
    purpose="A TransactionEvent answered with CALLERROR is sent as often as configured, and no more.",
    requirements=("E13.FR.01", "E13.FR.02", "E13.FR.03", "E13.FR.04"),
    needs=(_more_attempts_than(1),),
    before=_PREPARED,
    main=fails_to_the_end("error"),
    remark=_REMARK,
)

TC_E_51_CS = Case(
    id="TC_E_51_CS",
    title="A message that is refused once",
    purpose="A TransactionEvent answered with CALLERROR is sent again, and not once more when it was answered.",
    requirements=("E13.FR.01", "E13.FR.02", "E13.FR.03"),
    needs=(_more_attempts_than(2),),
    before=_PREPARED,
    main=fails_once("error"),
    remark=f"{_REMARK} The case adds MessageTimeout to the interval; E13.FR.03 does not, an error is an answer, and TC_E_50_CS has it so.",
)
