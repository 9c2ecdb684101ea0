"""Part 4 of OCPP 2.1: the message types SEND and CALLRESULTERROR at a CSMS, and periodic event streams (N11 to N15)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Asks, Case21, Complains, NotReceives, Receives, Sends, Step
from pilotwire.conformance.values import Moment
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
_STREAM = {"id": 1, "variableMonitoringId": 1, "params": {"interval": 1, "values": 3}}


def _opens(number: str) -> Sends:
    return Sends(
        number=number,
        action="OpenPeriodicEventStream",
        payload={"constantStreamData": _STREAM},
        checks=(equals("status", "Accepted"),),
    )


def _streams(number: str, *values: str) -> Sends:
    """NotifyPeriodicEventStream, a SEND."""
    data: list[dict[str, Any]] = [{"t": place, "v": value} for place, value in enumerate(values)]
    return Sends(
        number=number,
        action="NotifyPeriodicEventStream",
        payload={"id": 1, "pending": 0, "basetime": Moment(), "data": data},
        answered=False,
    )


PW21_N_STREAM_CSMS = Case21(
    id="PW21_N_STREAM_CSMS",
    title="A periodic event stream",
    purpose="The CSMS takes part in a stream, answers none of its SENDs, and goes on answering what is a CALL.",
    main=(
        _opens("1"),
        _streams("3", "230.1", "230.2", "229.9"),
        _streams("4", "230.0"),
        Sends(number="5", action="Heartbeat"),
        Sends(number="7", action="ClosePeriodicEventStream", payload={"id": 1}),
    ),
    requirements=("N11.FR.04", "N11.FR.06", "N13.FR.02", "N15.FR.02", "N15.FR.03"),
    remark="An answer to a SEND would be one that answers nothing that was asked, which is judged in every case.",
)

PW21_N_STREAM_WRONG_CSMS = Case21(
    id="PW21_N_STREAM_WRONG_CSMS",
    title="A SEND that cannot be read",
    purpose="The CSMS does not answer a SEND against its schema either, and goes on.",
    main=(
        _opens("1"),
        Sends(
            number="3",
            action="NotifyPeriodicEventStream",
            payload={"id": 1, "data": []},
            answered=False,
            raw=True,
        ),
        Sends(number="5", action="Heartbeat"),
        NotReceives(number="6", action="Reset"),
    ),
    requirements=("N15.FR.03",),
)

PW21_RPC_CALLRESULTERROR_CSMS = Case21(
    id="PW21_RPC_CALLRESULTERROR_CSMS",
    title="A response that cannot be read",
    purpose="A CSMS that gets a response against its schema says so by CALLRESULTERROR, and goes on.",
    main=(
        Asks(
            action="GetVariables",
            payload={"getVariableData": [component_variable("OCPPCommCtrlr.HeartbeatInterval")]},
        ),
        Receives(number="1", action="GetVariables", answer={"getVariableResult": "none"}),
        Complains(number="3", action="GetVariables"),
        Sends(number="5", action="Heartbeat"),
    ),
    requirements=("J2:4.2.4",),
    remark="Part 4 of OCPP 2.1, section 4.2.4.",
)

PW21_N_STREAM_ADJUSTED_CSMS = Case21(
    id="PW21_N_STREAM_ADJUSTED_CSMS",
    title="Streams of the station are asked for and adjusted",
    purpose="The CSMS asks for the streams that are open, and changes the rate of one.",
    main=(
        _opens("1"),
        Asks(action="GetPeriodicEventStream"),
        Receives(number="3", action="GetPeriodicEventStream", answer={"constantStreamData": [_STREAM]}),
        Asks(action="AdjustPeriodicEventStream", payload={"id": 1, "params": {"interval": 5, "values": 10}}),
        Receives(
            number="5",
            action="AdjustPeriodicEventStream",
            checks=(equals("id", 1), equals("params.interval", 5), equals("params.values", 10)),
        ),
    ),
    requirements=("N14.FR.01",),
)
