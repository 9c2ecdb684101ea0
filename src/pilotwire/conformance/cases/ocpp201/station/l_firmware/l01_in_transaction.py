"""L01: firmware is to be installed while somebody charges."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import (
    SIGNER_TRUSTED,
    connects_again,
    fetched,
    firmware,
    installed,
    security_event,
    told_in_order,
    told_whole,
    updates,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import kept_is, not_
from pilotwire.conformance.language import (
    AtEvse,
    Case,
    Configures,
    InAnyOrder,
    NotReceives,
    OnlyIf,
    Step,
    TellsStatus,
    Waits,
)
from pilotwire.conformance.states.firmware201 import tells_firmware
from pilotwire.conformance.states.station201 import energy_transfer_started, parking_bay_unoccupied, stop_authorized
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]
_ALLOWED = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"
_WAITS = ("L01.FR.01", "L01.FR.06", "L01.FR.07", "L01.FR.10", "L01.FR.20")
_FREED = ["Available", "Unavailable"]
"""What the last connector is told to be when its cable is out: with that the update goes on, and may take it out of use (L01.FR.07)."""
_NO_DOWNLOAD = NotReceives(
    action="FirmwareStatusNotification",
    where=(equals("status", "Downloading").of("L01.FR.06"),),
    note="It waits for the end of all transactions.",
)
_INSTALLING_ALREADY = kept_is("install_status", "Installing")
_NOT_ACTIVATED = (
    NotReceives(
        action="BootNotification",
        note="What is installed is not activated before the end of all transactions (L01.FR.33).",
    ),
    NotReceives(action="FirmwareStatusNotification", where=(equals("status", "Installed"),), seconds=0),
    OnlyIf(
        condition=not_(_INSTALLING_ALREADY),
        steps=(
            NotReceives(
                action="FirmwareStatusNotification", where=(equals("status", "Installing").of("L01.FR.06"),), seconds=0
            ),
        ),
    ),
)


def _at_second(steps: Steps) -> AtEvse:
    return AtEvse(evse=configured.evse2_id, connector=configured.connector2_id, steps=steps)


def _another_charges() -> AtEvse:
    """A second driver charges at the second EVSE."""
    return _at_second(energy_transfer_started(token="valid_token2"))


def _the_other_leaves() -> AtEvse:
    """The second driver stops and leaves."""
    return _at_second((*stop_authorized(token="valid_token2"), *parking_bay_unoccupied(told=_FREED)))


def _prepared(allowed: bool) -> Steps:
    """Somebody charges; whether others may come meanwhile is set."""
    return (
        *SIGNER_TRUSTED,
        Configures(variable=_ALLOWED, value=allowed, if_implemented=allowed),
        *energy_transfer_started(),
    )


def _others_out_of_use(number: str) -> TellsStatus:
    """Every connector that is free is told to be Unavailable."""
    return TellsStatus(number=number, status="Unavailable", every="others", early=True)


def _fetched_meanwhile() -> Steps:
    """The firmware is fetched, and is to be installed: at once, or later."""
    return (
        updates("1", firmware()),
        *fetched(3),
        tells_firmware("9", "InstallScheduled", "Installing", keep={"install_status": "status"}),
    )


_TIME_TO_INSTALL = OnlyIf(
    condition=_INSTALLING_ALREADY,
    steps=(Waits(seconds=configured.firmware_install_time, why="the firmware is installed"),),
)

TC_L_12_CS = Case(
    id="TC_L_12_CS",
    title="Firmware waits for all transactions, and others may begin",
    purpose="A station that cannot fetch firmware while somebody charges lets another driver charge, and fetches it after both.",
    requirements=_WAITS,
    traits={"habits": {"fetches_firmware_while_charging": False}},
    before=_prepared(True),
    main=(
        updates("1", firmware()),
        tells_firmware("3", "DownloadScheduled"),
        _another_charges(),
        *parking_bay_unoccupied(),
        _NO_DOWNLOAD,
        _the_other_leaves(),
        *fetched(8, early=True),
        *installed(14, early=True),
    ),
    after=told_whole(charging=True),
    remark="That nothing is fetched before the end of both transactions is checked too. The second driver has the second valid token.",
)

TC_L_13_CS = Case(
    id="TC_L_13_CS",
    title="Firmware waits for the transaction, and no other may begin",
    purpose="A station that cannot fetch firmware while somebody charges takes its free connectors out of use, and fetches it afterwards.",
    requirements=_WAITS,
    traits={"habits": {"fetches_firmware_while_charging": False}},
    before=_prepared(False),
    main=(
        updates("1", firmware()),
        tells_firmware(
            "3",
            "DownloadScheduled",
            optional=True,
            within=configured.silence,
            note="It may be told although retrieveDateTime is past.",
        ),
        _others_out_of_use("5"),
        _NO_DOWNLOAD,
        *parking_bay_unoccupied(told=_FREED),
        *fetched(8, early=True),
        *installed(14, early=True),
    ),
    after=told_whole(charging=True),
    remark=(
        "The connector whose cable is out may be told to be Unavailable at once (L01.FR.07), where the reusable state of step 7 has "
        "Available. The tool validation of step 3 says nothing of its being optional; the step does."
    ),
)

TC_L_14_CS = Case(
    id="TC_L_14_CS",
    title="Installation waits for all transactions, and others may begin",
    purpose="Firmware is fetched while somebody charges; another driver may charge, and it is installed or activated after both.",
    requirements=(*_WAITS, "L01.FR.33"),
    before=_prepared(True),
    main=(
        *_fetched_meanwhile(),
        _another_charges(),
        _TIME_TO_INSTALL,
        *parking_bay_unoccupied(),
        *_NOT_ACTIVATED,
        _the_other_leaves(),
        *installed(14, early=True, unless=_INSTALLING_ALREADY),
    ),
    after=told_whole(charging=True),
    remark=(
        "That nothing is installed (or, where it is installed at once, activated) before the end of both transactions is checked too. The "
        "second driver has the second valid token."
    ),
)

TC_L_15_CS = Case(
    id="TC_L_15_CS",
    title="Installation waits for the transaction, and no other may begin",
    purpose="Firmware is fetched while somebody charges; free connectors go out of use, and it is installed or activated afterwards.",
    requirements=(*_WAITS, "L01.FR.33"),
    before=_prepared(False),
    main=(
        *_fetched_meanwhile(),
        _others_out_of_use("11"),
        _TIME_TO_INSTALL,
        *_NOT_ACTIVATED,
        *parking_bay_unoccupied(told=_FREED),
        *installed(14, early=True, unless=_INSTALLING_ALREADY),
    ),
    after=told_whole(charging=True),
    remark=(
        "The connector whose cable is out may be told to be Unavailable at once (L01.FR.07), where the reusable state of step 13 has "
        "Available. That nothing is installed or activated before is checked too."
    ),
)

TC_L_16_CS = Case(
    id="TC_L_16_CS",
    title="Firmware is installed while somebody charges",
    purpose="A station that can do both fetches, installs and runs firmware, and the transaction goes on.",
    requirements=("L01.FR.01", "L01.FR.06", "L01.FR.10", "L01.FR.20"),
    traits={"habits": {"installs_firmware_while_charging": True}},
    before=(*SIGNER_TRUSTED, *energy_transfer_started()),
    main=(
        updates("1", firmware()),
        *fetched(3),
        tells_firmware("9", "Installing"),
        connects_again("11"),
        InAnyOrder(
            number="12",
            steps=(
                tells_firmware("12", "Installed"),
                security_event("14", "FirmwareUpdated", "L01.FR.31"),
            ),
        ),
    ),
    after=(
        told_in_order("Downloading Downloaded SignatureVerified Installing Installed"),
        NotReceives(
            action="TransactionEvent",
            where=(equals("eventType", "Ended"),),
            early=True,
            note="The transaction goes on.",
        ),
    ),
    remark="That the transaction has not ended is checked too.",
)
