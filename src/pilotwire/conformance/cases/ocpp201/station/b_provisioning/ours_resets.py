"""Cases of our own for B01 and B10 to B12: the clock, boots at another CSMS, resets that wait, are refused or lose an answer."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b09_network_profile import (
    TWO_SLOTS,
    boots_at,
    migrates,
)
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots, resets
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.ours_booting import CORE, PART_2
from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import SIGNER_TRUSTED, fetched, firmware, updates
from pilotwire.conformance.checks import equals, near, one_of, present
from pilotwire.conformance.conditions import feature, kept_is, not_
from pilotwire.conformance.language import (
    Acts,
    Answers,
    Case,
    Configures,
    Disconnects,
    NotReceives,
    Offers,
    OnlyIf,
    Receives,
    Reconnects,
    Sends,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.everywhere201 import ONE_EVSE
from pilotwire.conformance.states.firmware201 import tells_firmware
from pilotwire.conformance.states.station201 import (
    authorized,
    energy_transfer_started,
    parking_bay_occupied,
    transaction_event,
    unavailable,
)
from pilotwire.conformance.values import Kept, Moment, configured

Steps = tuple[Step, ...]

# --- the clock ------------------------------------------------------------------------------------------------------------------

_AHEAD = Moment(3600)
_PLACE = {"id": configured.evse_id, "connectorId": configured.connector_id}


def _clock_is(number: str, moment: Moment) -> Steps:
    """What the station tells next is of this moment, by its own clock."""
    return (
        asks_for("StatusNotification", number=number, evse=_PLACE),
        Receives(
            number=str(int(number) + 2),
            action="StatusNotification",
            checks=(near("timestamp", moment).of("B01.FR.06"),),
        ),
    )


PW_B_16_CS = Case(
    id="PW_B_16_CS",
    title="The clock is set by the boot",
    purpose="A station that takes its time from the CSMS goes by the currentTime its boot is answered with, and that of a heartbeat.",
    requirements=("B01.FR.06",),
    needs=CORE,
    before=(Configures(variable="ClockCtrlr.TimeSource", value="Heartbeat"),),
    main=(
        Acts(act="power_cycle"),
        boots(
            "1",
            answer={"status": "Accepted", "interval": configured.retry_interval, "currentTime": _AHEAD},
        ),
        TellsStatus(number="3", status="Available", every="station"),
        *_clock_is("5", _AHEAD),
        asks_for("Heartbeat", number="9"),
        Receives(number="11", action="Heartbeat"),
        *_clock_is("13", Moment()),
    ),
    remark="The heartbeat at the end puts the clock right again.",
    follows=PART_2,
    ours=True,
)

# --- another CSMS ---------------------------------------------------------------------------------------------------------------

PW_B_17_CS = Case(
    id="PW_B_17_CS",
    title="A boot for a CSMS that takes over",
    purpose="A station whose CSMS is gone connects by its next network profile, and boots there though it has not started anew.",
    requirements=("B10.FR.10",),
    needs=(*CORE, TWO_SLOTS),
    before=(Configures(variable="OCPPCommCtrlr.NetworkProfileConnectionAttempts", value=1),),
    main=(
        *migrates(),
        *boots_at("7", "other"),
        Offers(number="8", how={"turning_away": True}, endpoint="other"),
        Disconnects(number="8"),
        Reconnects(number="9"),
        Receives(
            number="10",
            action="BootNotification",
            checks=(present("reason").of("B10.FR.10"),),
            within=configured.long_operation_timeout,
        ),
    ),
    follows=PART_2,
    ours=True,
)

# --- resets that cannot be now ----------------------------------------------------------------------------------------------------

_CANNOT = Acts(act="made_so", details={"state": "the station cannot be reset while it installs firmware"})
_INSTALLS = (feature("Core"),)


def _refused_while_installing(first: int, *kinds: str, requirement: str) -> Steps:
    """The station installs firmware, refuses each kind of reset meanwhile, and gets through with it."""
    return (
        updates(str(first), firmware()),
        *fetched(first + 2),
        tells_firmware(str(first + 8), "Installing"),
        *(
            Sends(
                number=str(first + 9),
                action="Reset",
                payload={"type": kind},
                checks=(equals("status", "Rejected").of(requirement),),
            )
            for kind in kinds
        ),
        tells_firmware(str(first + 11), "Installed", "InstallRebooting", early=True),
    )


PW_B_18_CS = Case(
    id="PW_B_18_CS",
    title="No reset while firmware is installed",
    purpose="A station that cannot be reset for now, as it installs firmware, rejects a reset of either kind.",
    requirements=("B11.FR.06",),
    needs=_INSTALLS,
    before=(_CANNOT, *SIGNER_TRUSTED),
    main=_refused_while_installing(1, "OnIdle", "Immediate", requirement="B11.FR.06"),
    follows=PART_2,
    ours=True,
)

PW_B_19_CS = Case(
    id="PW_B_19_CS",
    title="No immediate reset in a transaction while firmware is installed",
    purpose="A station that cannot be reset for another reason than its transaction rejects an immediate reset, and charges on.",
    requirements=("B12.FR.10",),
    needs=_INSTALLS,
    traits={"habits": {"installs_firmware_while_charging": True, "fetches_firmware_while_charging": True}},
    before=(_CANNOT, *SIGNER_TRUSTED, *energy_transfer_started()),
    main=(
        *_refused_while_installing(1, "Immediate", requirement="B12.FR.10"),
        NotReceives(
            action="TransactionEvent",
            where=(equals("stoppedReason", "ImmediateReset"),),
            seconds=0,
            early=True,
            note="What was refused is not done.",
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_B_20_CS = Case(
    id="PW_B_20_CS",
    title="A reset that waits for a driver",
    purpose="A reset on idle that a station cannot do yet, as a driver has been let in, is scheduled and done when the driver is gone.",
    requirements=("B11.FR.07",),
    needs=CORE,
    settings={"tx_start_points": ["EnergyTransfer"], "tx_stop_points": ["EVConnected"]},
    before=(
        Configures(variable="TxCtrlr.TxStartPoint", value=("EnergyTransfer",), if_writable=True),
        Configures(variable="TxCtrlr.EVConnectionTimeOut", value=configured.ev_connection_timeout),
        *parking_bay_occupied(),
        *authorized("local"),
    ),
    main=(
        Sends(
            number="1",
            action="Reset",
            payload={"type": "OnIdle"},
            checks=(one_of("status", "Scheduled", "Accepted").of("B11.FR.07"),),
            keep={"reset": "status"},
        ),
        OnlyIf(
            condition=kept_is("reset", "Scheduled"),
            steps=(NotReceives(action="BootNotification", seconds=configured.silence, note="It was scheduled."),),
        ),
        boots("3", checks=(one_of("reason", "ScheduledReset", "RemoteReset"),)),
    ),
    remark="Nobody plugs in: the driver is gone after EVConnectionTimeOut. A station that is idle all the same resets at once.",
    follows=PART_2,
    ours=True,
)

# --- resets in a transaction ------------------------------------------------------------------------------------------------------

_ENDED = (equals("eventType", "Ended"), equals("transactionInfo.transactionId", Kept("transaction_id")))

PW_B_21_CS = Case(
    id="PW_B_21_CS",
    title="The end of a transaction outlives a reset",
    purpose="The event that ends a transaction at an immediate reset is sent again after the boot, if it was not answered.",
    requirements=("B12.FR.05",),
    needs=CORE,
    before=energy_transfer_started(),
    main=(
        Answers(action="TransactionEvent", unanswered=True),
        resets("1", "Immediate", "Accepted"),
        transaction_event("3", trigger="ResetCommand", where=_ENDED, within=configured.long_operation_timeout),
        boots("5"),
        Answers(action="TransactionEvent"),
        Receives(
            number="7",
            action="TransactionEvent",
            where=tuple(one.of("B12.FR.05") for one in _ENDED),
            checks=(equals("transactionInfo.stoppedReason", "ImmediateReset").of("B12.FR.05"),),
            within=configured.long_operation_timeout,
        ),
    ),
    follows=PART_2,
    ours=True,
)

PW_B_22_CS = Case(
    id="PW_B_22_CS",
    title="What is out of use is so after a reset in a transaction",
    purpose="An EVSE that was set to Inoperative is Unavailable after an immediate reset that ended a transaction at another.",
    requirements=("B12.FR.06",),
    needs=(*CORE, not_(ONE_EVSE)),
    before=(*unavailable(evse=configured.evse2_id), *energy_transfer_started()),
    main=(
        resets("1", "Immediate", "Accepted"),
        transaction_event("3", trigger="ResetCommand", where=_ENDED, within=configured.long_operation_timeout),
        boots("5"),
        TellsStatus(
            number="7",
            status="Unavailable",
            evse=configured.evse2_id,
            connector=configured.connector2_id,
            every="evse",
            note="B12.FR.06",
        ),
    ),
    follows=PART_2,
    ours=True,
)
