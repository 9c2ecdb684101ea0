"""Part 4 of OCPP 2.1: the message types SEND and CALLRESULTERROR at a charging station, and periodic event streams (N11 to N15)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, at_least, equals, not_empty, present, some
from pilotwire.conformance.language import Case21, Complains, NotReceives, Receives, Sends, Step
from pilotwire.conformance.values import Kept, configured
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
_RESULT = "setMonitoringResult[0]"


def _monitors(number: str, *, stream: dict[str, int] | None) -> Sends:
    """A periodic monitor of a numeric variable, one value a second; its id is kept as `monitor`."""
    data: dict[str, Any] = {"type": "Periodic", "value": 1, "severity": 8}
    return Sends(
        number=number,
        action="SetVariableMonitoring",
        payload={
            "setMonitoringData": [
                component_variable("EVSE@1.Power") | data | ({"periodicEventStream": stream} if stream else {})
            ]
        },
        checks=(equals(f"{_RESULT}.status", "Accepted"), present(f"{_RESULT}.id")),
        keep={"monitor": f"{_RESULT}.id"},
    )


_OPENED = Receives(
    number="3",
    action="OpenPeriodicEventStream",
    checks=(equals("constantStreamData.variableMonitoringId", Kept("monitor")).of("N11.FR.02"),),
    keep={"stream": "constantStreamData.id"},
)


def _values(number: str, *checks: Check) -> Receives:
    """NotifyPeriodicEventStream of the stream: an unconfirmed message, a SEND."""
    return Receives(
        number=number,
        action="NotifyPeriodicEventStream",
        where=(equals("id", Kept("stream")),),
        checks=(not_empty("data"), at_least("pending", 0), *checks),
        within=configured.message_timeout,
    )


_STREAMED: Steps = (_monitors("1", stream={"interval": 1, "values": 3}), _OPENED)

PW21_N_STREAM_CS = Case21(
    id="PW21_N_STREAM_CS",
    title="A periodic event stream",
    purpose="A station that is asked for a stream opens it, and sends its values by SEND, with no answer.",
    main=(*_STREAMED, _values("5"), _values("6")),
    requirements=("N11.FR.01", "N11.FR.02", "N15.FR.01", "N15.FR.06"),
    remark="That they come by SEND is judged by the message type: an unconfirmed message in a CALL breaks the schema.",
)

PW21_N_STREAM_TOLD_CS = Case21(
    id="PW21_N_STREAM_TOLD_CS",
    title="The streams that are open",
    purpose="The station tells the streams that are open, and their parameters as they are changed.",
    main=(
        *_STREAMED,
        Sends(
            number="5",
            action="GetPeriodicEventStream",
            checks=(some("constantStreamData", equals("id", Kept("stream"))).of("N12.FR.01"),),
        ),
        Sends(
            number="6",
            action="AdjustPeriodicEventStream",
            payload={"id": Kept("stream"), "params": {"interval": 2, "values": 5}},
            checks=(equals("status", "Accepted").of("N14.FR.03"),),
        ),
        Sends(
            number="7",
            action="GetPeriodicEventStream",
            checks=(
                some(
                    "constantStreamData",
                    equals("id", Kept("stream")),
                    equals("params.interval", 2),
                    equals("params.values", 5),
                ).of("N12.FR.01"),
            ),
        ),
    ),
    requirements=("N12.FR.01", "N14.FR.03"),
)

PW21_N_STREAM_UNKNOWN_CS = Case21(
    id="PW21_N_STREAM_UNKNOWN_CS",
    title="A stream that is not there is adjusted",
    purpose="The station rejects parameters of a stream it does not have.",
    main=(
        Sends(
            number="1",
            action="AdjustPeriodicEventStream",
            payload={"id": 987654, "params": {"interval": 2}},
            checks=(equals("status", "Rejected"),),
        ),
    ),
    requirements=("N14.FR.02",),
)

PW21_N_STREAM_CLOSED_CS = Case21(
    id="PW21_N_STREAM_CLOSED_CS",
    title="A stream is closed with its monitor",
    purpose="When the monitor is cleared the station closes the stream, and sends no more of its values.",
    main=(
        *_STREAMED,
        _values("5"),
        Sends(
            number="7",
            action="ClearVariableMonitoring",
            payload={"id": [Kept("monitor")]},
            checks=(equals("clearMonitoringResult[0].status", "Accepted"),),
        ),
        Receives(
            number="9",
            action="ClosePeriodicEventStream",
            checks=(equals("id", Kept("stream")).of("N13.FR.05"),),
            marks=True,
        ),
        NotReceives(number="10", action="NotifyPeriodicEventStream"),
    ),
    requirements=("N13.FR.01", "N13.FR.03", "N13.FR.05"),
)

PW21_N_STREAM_REFUSED_CS = Case21(
    id="PW21_N_STREAM_REFUSED_CS",
    title="The CSMS does not take a stream",
    purpose="A station whose stream is rejected tells the values of the monitor by NotifyEvent.",
    main=(
        _monitors("1", stream={"interval": 1, "values": 3}),
        Receives(
            number="3",
            action="OpenPeriodicEventStream",
            checks=(equals("constantStreamData.variableMonitoringId", Kept("monitor")),),
            answer={"status": "Rejected"},
        ),
        Receives(
            number="5",
            action="NotifyEvent",
            where=(some("eventData", equals("variableMonitoringId", Kept("monitor"))),),
            checks=(equals("eventData[0].trigger", "Periodic"),),
        ),
        NotReceives(number="6", action="NotifyPeriodicEventStream"),
    ),
    requirements=("N11.FR.07",),
)

_WRONG_TIME = "the time is out of order"

PW21_RPC_CALLRESULTERROR_CS = Case21(
    id="PW21_RPC_CALLRESULTERROR_CS",
    title="A response that cannot be read",
    purpose="A station that gets a response against its schema says so by CALLRESULTERROR, and goes on.",
    main=(
        Sends(
            number="1",
            action="TriggerMessage",
            payload={"requestedMessage": "Heartbeat"},
            checks=(equals("status", "Accepted"),),
        ),
        Receives(number="3", action="Heartbeat", answer={"currentTime": _WRONG_TIME}),
        Complains(
            number="4",
            action="Heartbeat",
            codes=(
                "FormatViolation",
                "TypeConstraintViolation",
                "PropertyConstraintViolation",
                "FormationViolation",
            ),
        ),
        Sends(
            number="5",
            action="GetVariables",
            payload={"getVariableData": [component_variable("OCPPCommCtrlr.HeartbeatInterval")]},
            checks=(equals("getVariableResult[0].attributeStatus", "Accepted"),),
            note="It still answers.",
        ),
    ),
    requirements=("J2:4.2.4",),
    remark="Part 4 of OCPP 2.1, section 4.2.4.",
)
