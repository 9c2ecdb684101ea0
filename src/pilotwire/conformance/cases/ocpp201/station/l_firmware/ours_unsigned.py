"""Cases of our own for L01 and L02: firmware without a signature, downloads that break off, and images that fail their verification."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.f_remote_control.f06_trigger_message import asks_for
from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import (
    LATER,
    SIGNER_TRUSTED,
    back_in_use,
    fetched,
    firmware,
    installed,
    installing,
    not_before_its_time,
    told_in_order,
    told_whole,
    updates,
)
from pilotwire.conformance.checks import equals
from pilotwire.conformance.conditions import feature, not_
from pilotwire.conformance.language import (
    Acts,
    Case,
    Configures,
    InAnyOrder,
    NotReceives,
    Receives,
    Step,
    TellsStatus,
)
from pilotwire.conformance.states.everywhere201 import ONE_EVSE
from pilotwire.conformance.states.firmware201 import (
    reboot_before_firmware_activation,
    tells_firmware,
)
from pilotwire.conformance.states.station201 import energy_transfer_started, parking_bay_unoccupied
from pilotwire.conformance.values import OMITTED, configured, made

Steps = tuple[Step, ...]
_PART_2 = "Part 2 edition 3, errata 2025-09"
_CORE = (feature("Core"),)
_HALF = 4096
"""Bytes after which a download breaks off."""
_BREAKS_OFF = made("firmware location", cut=_HALF)
_AGAIN: dict[str, Any] = {"retries": 3, "retryInterval": 1}

# --- signed ---------------------------------------------------------------------------------------------------------------------

PW_L_01_CS = Case(
    id="PW_L_01_CS",
    title="Firmware that fails its verification",
    purpose="An image whose signature is good and whose own verification fails is told as InstallVerificationFailed.",
    requirements=("L01.FR.29",),
    needs=_CORE,
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware("damaged")),
        *fetched(3),
        *installing(9),
        tells_firmware("14", "InstallVerificationFailed"),
    ),
    follows=_PART_2,
    ours=True,
)


def _paused(number: str, requirement: str) -> Receives:
    return Receives(
        number=number,
        action="FirmwareStatusNotification",
        where=(equals("status", "DownloadPaused").of(requirement),),
        optional=True,
        within=configured.silence,
        note=f"A station that pauses tells so ({requirement}); one that goes on at once does not.",
    )


PW_L_02_CS = Case(
    id="PW_L_02_CS",
    title="A download that breaks off",
    purpose="A station whose download breaks off tells that it pauses, if it does, goes on, and installs what it has fetched.",
    requirements=("L01.FR.14",),
    needs=_CORE,
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(location=_BREAKS_OFF), **_AGAIN),
        tells_firmware("3", "Downloading"),
        _paused("5", "L01.FR.14"),
        *fetched(7, down=False, early=True),
        *installed(11, early=True),
    ),
    after=told_whole(),
    follows=_PART_2,
    ours=True,
)

# --- not signed -----------------------------------------------------------------------------------------------------------------

_UNSIGNED: dict[str, Any] = {"accepts_unsigned_firmware": True}
_TAKES_UNSIGNED = Acts(act="made_so", details={"state": "the station takes firmware that is not signed"})
_FETCHED = "Downloading( DownloadPaused Downloading)* Downloaded"
_INSTALLED = "( InstallScheduled)?( InstallRebooting)?( Installing)?( InstallRebooting)? Installed"


def _image(**other: Any) -> dict[str, Any]:
    return firmware(signingCertificate=OMITTED, signature=OMITTED, **other)


def _fetches(first: int, *, early: bool = False) -> Steps:
    """Downloading and Downloaded."""
    return (
        tells_firmware(str(first), "Downloading", early=early),
        tells_firmware(str(first + 2), "Downloaded", early=early),
    )


def _installs(first: int, *, early: bool = False) -> Steps:
    """It is installed, and runs."""
    return (
        *installing(first, early=early),
        *reboot_before_firmware_activation(str(first + 5), early=early),
        InAnyOrder(
            number=str(first + 7),
            steps=(back_in_use(str(first + 7)), tells_firmware(str(first + 7), "Installed", early=True)),
        ),
    )


def _case(name: str, title: str, purpose: str, requirements: tuple[str, ...], main: Steps, **more: Any) -> Case:
    """A case of an update that is not signed; its statuses are of its requestId, and in order."""
    pattern = more.pop("pattern", f"(DownloadScheduled )?{_FETCHED}{_INSTALLED}")
    return Case(
        id=name,
        title=title,
        purpose=purpose,
        requirements=requirements,
        needs=(*_CORE, *more.pop("needs", ())),
        traits={"habits": _UNSIGNED | more.pop("habits", {})},
        before=(_TAKES_UNSIGNED, *more.pop("before", ())),
        main=main,
        after=(told_in_order(pattern, requirement="L02.FR.01"), *more.pop("after", ())),
        remark="A station that takes signed firmware only refuses it (TC_L_18_CS), and this case is not for it.",
        follows=_PART_2,
        ours=True,
    )


def _asked(number: str, status: str, requirement: str) -> Steps:
    """The status is asked for."""
    return (
        asks_for("FirmwareStatusNotification", number=number),
        Receives(
            number=str(int(number) + 2),
            action="FirmwareStatusNotification",
            checks=(equals("status", status).of(requirement),),
        ),
    )


PW_L_03_CS = _case(
    "PW_L_03_CS",
    "Firmware without a signature is installed",
    "The station fetches firmware that is not signed, installs and runs it, and tells each state; asked then it has nothing to tell.",
    ("L02.FR.01", "L02.FR.02", "L02.FR.06", "L02.FR.09", "L02.FR.16", "L02.FR.20", "L02.FR.21"),
    (updates("1", _image()), *_fetches(3), *_installs(7), *_asked("15", "Idle", "L02.FR.16")),
)

PW_L_04_CS = _case(
    "PW_L_04_CS",
    "Firmware without a signature is installed at its time",
    "The station fetches firmware at once and installs it at installDateTime; asked before, it tells the state it told last.",
    ("L02.FR.10", "L02.FR.17"),
    (
        updates("1", _image(installDateTime=LATER)),
        *_fetches(3),
        tells_firmware("7", "InstallScheduled"),
        *_asked("9", "InstallScheduled", "L02.FR.17"),
        *_installs(13),
    ),
    after=(not_before_its_time("Installing", "L02.FR.10"),),
)

PW_L_05_CS = _case(
    "PW_L_05_CS",
    "Firmware without a signature is fetched at its time",
    "The station tells that the download is scheduled, and fetches when retrieveDateTime has come.",
    ("L02.FR.07",),
    (
        updates("1", _image(retrieveDateTime=LATER)),
        tells_firmware("3", "DownloadScheduled"),
        *_fetches(5),
        *_installs(9),
    ),
    after=(not_before_its_time("Downloading", "L02.FR.07"),),
)

PW_L_06_CS = _case(
    "PW_L_06_CS",
    "Firmware without a signature that is not there",
    "The station cannot fetch the firmware, and tells so when all attempts are over.",
    ("L02.FR.19",),
    (
        updates("1", _image(location=made("firmware location", missing=True)), retries=1, retryInterval=1),
        tells_firmware("3", "DownloadFailed"),
    ),
    pattern="(Downloading ((DownloadPaused )?Downloading )*(DownloadPaused )?)?DownloadFailed",
)

PW_L_07_CS = _case(
    "PW_L_07_CS",
    "A download of firmware without a signature breaks off",
    "A station whose download breaks off tells that it pauses, if it does, and goes on.",
    ("L02.FR.08",),
    (
        updates("1", _image(location=_BREAKS_OFF), **_AGAIN),
        tells_firmware("3", "Downloading"),
        _paused("5", "L02.FR.08"),
        tells_firmware("7", "Downloaded", early=True),
        *_installs(9, early=True),
    ),
)

_ALLOWED = "ChargingStation.AllowNewSessionsPendingFirmwareUpdate"

PW_L_08_CS = _case(
    "PW_L_08_CS",
    "Firmware without a signature waits for the transaction",
    "While somebody charges nothing is installed or activated, and free connectors are out of use; it is done after that.",
    ("L02.FR.03", "L02.FR.04", "L02.FR.22"),
    (
        updates("1", _image()),
        *_fetches(3),
        TellsStatus(number="7", status="Unavailable", every="others", early=True, note="L02.FR.04"),
        NotReceives(
            action="BootNotification", note="Nothing is activated before the end of the transaction (L02.FR.22)."
        ),
        NotReceives(
            action="FirmwareStatusNotification",
            where=(equals("status", "Installed").of("L02.FR.22"),),
            seconds=0,
        ),
        *parking_bay_unoccupied(told=["Available", "Unavailable"]),
        tells_firmware("9", "Installed", early=True),
    ),
    habits={"fetches_firmware_while_charging": True, "installs_firmware_while_charging": False},
    needs=(not_(ONE_EVSE),),
    before=(Configures(variable=_ALLOWED, value=False, if_implemented=True), *energy_transfer_started()),
)
