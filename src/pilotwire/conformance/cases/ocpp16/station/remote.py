"""Charge Point under test: the Central System starts and stops (test document 2.5 and 2.11)."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp16.station.waiting import (
    asks_whether_authorized_first,
    remote_start_first,
    waits_for_a_cable,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case16, Configures, Happened, NotReceives, Sends
from pilotwire.conformance.states.station16 import (
    CONNECTOR,
    begins_to_charge,
    charging,
    ends_charging,
    plug_in,
    remote_stop,
)
from pilotwire.conformance.values import Kept, configured, plus, written
from pilotwire.ocpp.frame import ERROR_CODES
from pilotwire.ocpp.version import OcppVersion

_ANY_ERROR = tuple(sorted(ERROR_CODES[OcppVersion.V16]))

TC_010_CS = Case16(
    id="TC_010_CS",
    title="Remote start, cable first",
    purpose="The cable is plugged in and the Central System starts: the transaction starts and energy flows.",
    main=charging(),
    requirements=("1.6:4.8", "1.6:5.11"),
)

TC_011_1_CS = Case16(
    id="TC_011_1_CS",
    title="Remote start first",
    purpose="The Central System starts, then the cable is plugged in: the transaction starts and energy flows.",
    main=(
        asks_whether_authorized_first("1"),
        *remote_start_first("3", "5", "7"),
        *plug_in(),
        begins_to_charge("9", "11"),
        Happened(facts={"energy": True}),
    ),
    requirements=("1.6:4.8", "1.6:5.11"),
)

TC_011_2_CS = Case16(
    id="TC_011_2_CS",
    title="Remote start first, and no cable comes",
    purpose="A connector nobody plugs into after a remote start is Available again when ConnectionTimeOut is over.",
    before=(Configures(variable="ConnectionTimeOut", value=written(configured.ev_connection_timeout)),),
    main=(
        asks_whether_authorized_first("1"),
        *remote_start_first("3", "5", "7"),
        *waits_for_a_cable("9"),
        Happened(facts={"authorized": False}),
    ),
    requirements=("1.6:4.9", "1.6:5.11"),
    remark="That it does not happen before ConnectionTimeOut is over is judged as well.",
)

TC_012_CS = Case16(
    id="TC_012_CS",
    title="Remote stop",
    purpose="The Central System stops the transaction.",
    before=charging(),
    main=(
        remote_stop("1"),
        ends_charging("3", "5", "Remote"),
        Happened(facts={"authorized": False, "energy": False}),
    ),
    requirements=("1.6:4.10", "1.6:5.12"),
)

TC_026_CS = Case16(
    id="TC_026_CS",
    title="Remote start where somebody charges",
    purpose="A remote start for a connector with a transaction is rejected.",
    before=(Configures(variable="LocalPreAuthorize", value="false"), *charging()),
    main=(
        Sends(
            number="1",
            action="RemoteStartTransaction",
            payload={"connectorId": CONNECTOR, "idTag": configured.valid_token},
            checks=(equals("status", "Rejected"),),
        ),
    ),
    requirements=("1.6:5.11",),
)

TC_027_CS = Case16(
    id="TC_027_CS",
    title="Remote start at connector 0",
    purpose="A remote start for the Charge Point as a whole is rejected.",
    main=(
        Sends(
            number="1",
            action="RemoteStartTransaction",
            payload={"connectorId": 0, "idTag": configured.valid_token},
            checks=(equals("status", "Rejected"),),
            refused=_ANY_ERROR,
        ),
    ),
    requirements=("1.6:5.11",),
)

TC_028_CS = Case16(
    id="TC_028_CS",
    title="Remote stop of a transaction that is not there",
    purpose="A remote stop of an unknown transaction is rejected, and the transaction that runs goes on.",
    before=charging(),
    main=(
        Sends(
            number="1",
            action="RemoteStopTransaction",
            payload={"transactionId": plus(Kept("transaction_id"), 1000)},
            checks=(equals("status", "Rejected"),),
        ),
        NotReceives(action="StopTransaction"),
    ),
    requirements=("1.6:5.12",),
    remark="That the transaction goes on is judged as well.",
)
