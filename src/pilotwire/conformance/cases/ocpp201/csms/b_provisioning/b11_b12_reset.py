"""B11, B12: the CSMS resets a station or an EVSE, with or without a transaction."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b01_cold_boot import ACCEPTED, boots
from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.language import Asks, Case, Receives, Step, Tells
from pilotwire.conformance.states.csms201 import energy_transfer_started, id_token, transaction_event
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]


def resets(kind: str, answer: str, *, evse: bool = False) -> Steps:
    """The operator resets the station, or the EVSE; the CSMS sends Reset, which is answered so."""
    place = {"evseId": configured.evse_id} if evse else {}
    where = equals("evseId", configured.evse_id) if evse else absent("evseId")
    return (
        Asks(action="Reset", payload={"type": kind} | place),
        Receives(number="1", action="Reset", checks=(equals("type", kind), where), answer={"status": answer}),
    )


STOPS = (
    transaction_event(
        "3",
        trigger="StopAuthorized",
        info={"chargingState": "EVConnected"},
        more={"idToken": id_token()},
        checks=(equals("idTokenInfo.status", "Accepted"),),
    ),
    transaction_event(
        "5",
        trigger="EVCommunicationLost",
        event_type="Ended",
        info={"chargingState": "Idle", "stoppedReason": "EVDisconnected"},
    ),
)
"""The driver stops and leaves."""
ENDED_BY_RESET = transaction_event(
    "3",
    trigger="ResetCommand",
    event_type="Ended",
    info={"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"},
)

TC_B_20_CSMS = Case(
    id="TC_B_20_CSMS",
    title="Reset the station when idle; nobody charges",
    purpose="The CSMS resets a free station, and accepts it when it boots.",
    requirements=("B11.FR.04",),
    main=(
        *resets("OnIdle", "Accepted"),
        boots("3", ACCEPTED, reason="RemoteReset"),
        Tells(number="5", status="Available", every="station"),
    ),
    remark="The reason of the BootNotification is not said in the document.",
)
TC_B_21_CSMS = Case(
    id="TC_B_21_CSMS",
    title="Reset the station when idle; somebody charges",
    purpose="The CSMS has the station reset after the transaction, and accepts it when it boots.",
    requirements=("B12.FR.01", "B12.FR.03", "E07.FR.03"),
    before=energy_transfer_started(),
    main=(
        *resets("OnIdle", "Scheduled"),
        *STOPS,
        boots("7", ACCEPTED, reason="ScheduledReset"),
        Tells(number="9", status="Available", every="station"),
    ),
)
TC_B_22_CSMS = Case(
    id="TC_B_22_CSMS",
    title="Reset the station at once; somebody charges",
    purpose="The CSMS resets a station in a transaction, takes its end, and accepts the station when it boots.",
    before=energy_transfer_started(),
    main=(
        *resets("Immediate", "Accepted"),
        ENDED_BY_RESET,
        boots("5", ACCEPTED, reason="RemoteReset"),
        Tells(number="7", status="Occupied"),
        Tells(number="7", status="Available", evse=configured.evse2_id, every="evse"),
    ),
)
TC_B_25_CSMS = Case(
    id="TC_B_25_CSMS",
    title="Reset an EVSE when idle; nobody charges",
    purpose="The CSMS resets one EVSE.",
    requirements=("B11.FR.04",),
    main=resets("OnIdle", "Accepted", evse=True),
)
TC_B_26_CSMS = Case(
    id="TC_B_26_CSMS",
    title="Reset an EVSE when idle; somebody charges there",
    purpose="The CSMS has an EVSE reset after its transaction.",
    requirements=("B12.FR.07",),
    before=energy_transfer_started(),
    main=(*resets("OnIdle", "Scheduled", evse=True), *STOPS),
)
TC_B_27_CSMS = Case(
    id="TC_B_27_CSMS",
    title="Reset an EVSE at once; somebody charges there",
    purpose="The CSMS resets an EVSE in a transaction, and takes the end of that.",
    before=energy_transfer_started(),
    main=(*resets("Immediate", "Accepted", evse=True), ENDED_BY_RESET),
)
