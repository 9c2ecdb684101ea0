"""Central System under test: firmware and diagnostics (test document 3.17, 3.18, and of the security cases 3.24 those about them)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, present
from pilotwire.conformance.language import Case16, Disconnects, Reconnects, Sends, Step, Tells
from pilotwire.conformance.states.csms16 import boots, ordered, statuses
from pilotwire.conformance.values import Kept, Moment, made

Steps = tuple[Step, ...]
LOCATION = "https://firmware.example.com/charge-point-2.0.bin"
SIGNATURE = "c2lnbmF0dXJl"


def _updates(number: str, *checks: Check) -> Steps:
    return ordered(
        number,
        "UpdateFirmware",
        equals("location", LOCATION),
        present("retrieveDate"),
        *checks,
        asked={"location": LOCATION, "retrieveDate": Moment()},
    )


def _told(first: int, *states: str, signed: bool = False) -> Steps:
    """Statuses of the update, in steps from `first` on, two numbers apart."""
    action = "SignedFirmwareStatusNotification" if signed else "FirmwareStatusNotification"
    request = {"requestId": Kept("request_id")} if signed else {}
    return tuple(
        Sends(number=str(first + 2 * place), action=action, payload={"status": state} | request)
        for place, state in enumerate(states)
    )


def _event(number: str, kind: str) -> Sends:
    return Sends(number=number, action="SecurityEventNotification", payload={"type": kind, "timestamp": Moment()})


def _restarts(boot: str, told: str) -> Steps:
    return (Disconnects(), Reconnects(), boots(boot), *statuses(told))


def _case_of_installation(case_id: str, title: str, purpose: str, end: str) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose=purpose,
        main=(
            *_updates("1"),
            *_told(3, "Downloading", "Downloaded"),
            Tells(number="7", status="Unavailable", every="station"),
            *_told(9, "Installing"),
            *_restarts("11", "13"),
            *_told(15, end),
        ),
        requirements=("1.6:4.5", "1.6:5.19"),
    )


TC_044_1_CSMS = _case_of_installation(
    "TC_044_1_CSMS",
    "Firmware update",
    "The Central System has firmware fetched and installed, and takes how far that is.",
    "Installed",
)

TC_044_2_CSMS = Case16(
    id="TC_044_2_CSMS",
    title="Firmware update, the download fails",
    purpose="The Central System takes it that the firmware could not be fetched.",
    main=(*_updates("1"), *_told(3, "Downloading", "DownloadFailed")),
    requirements=("1.6:4.5", "1.6:5.19"),
)

TC_044_3_CSMS = _case_of_installation(
    "TC_044_3_CSMS",
    "Firmware update, the installation fails",
    "The Central System takes it that the firmware could not be installed.",
    "InstallationFailed",
)


def _diagnostics(end: str) -> Steps:
    states = ("Uploading", end)
    return (
        *ordered("1", "GetDiagnostics", present("location"), answer={"fileName": "diagnostics.zip"}),
        *(
            Sends(number=str(3 + 2 * place), action="DiagnosticsStatusNotification", payload={"status": state})
            for place, state in enumerate(states)
        ),
    )


TC_045_1_CSMS = Case16(
    id="TC_045_1_CSMS",
    title="Diagnostics",
    purpose="The Central System has diagnostics uploaded, and takes how far that is.",
    main=_diagnostics("Uploaded"),
    requirements=("1.6:4.4", "1.6:5.9"),
)

TC_045_2_CSMS = Case16(
    id="TC_045_2_CSMS",
    title="Diagnostics, the upload fails",
    purpose="The Central System takes it that the diagnostics could not be uploaded.",
    main=_diagnostics("UploadFailed"),
    requirements=("1.6:4.4", "1.6:5.9"),
)

TC_079_CSMS = Case16(
    id="TC_079_CSMS",
    title="The security log",
    purpose="The Central System has the security log uploaded, and takes how far that is.",
    main=(
        *ordered(
            "1",
            "GetLog",
            equals("logType", "SecurityLog"),
            present("log.remoteLocation"),
            asked={"logType": "SecurityLog"},
            answer={"status": "Accepted", "filename": "security.log"},
            keep={"request_id": "requestId"},
        ),
        *(
            Sends(
                number=str(number),
                action="LogStatusNotification",
                payload={"status": state, "requestId": Kept("request_id")},
            )
            for number, state in ((3, "Uploading"), (5, "Uploaded"))
        ),
    ),
    requirements=("SEC16:5.9", "SEC16:5.13"),
)


def _updates_signed(number: str) -> Steps:
    wanted: dict[str, Any] = {
        "location": LOCATION,
        "retrieveDateTime": Moment(),
        "signingCertificate": made("firmware signer"),
        "signature": SIGNATURE,
    }
    return ordered(
        number,
        "SignedUpdateFirmware",
        equals("firmware.location", LOCATION),
        equals("firmware.signature", SIGNATURE),
        equals("firmware.signingCertificate", made("firmware signer")),
        asked={"firmware": wanted},
        answer={"status": "Accepted"},
        keep={"request_id": "requestId"},
    )


TC_080_CSMS = Case16(
    id="TC_080_CSMS",
    title="Secure firmware update",
    purpose="The Central System has signed firmware fetched and installed, and takes how far that is.",
    main=(
        *_updates_signed("1"),
        *_told(3, "Downloading", "Downloaded", "SignatureVerified", signed=True),
        Tells(status="Unavailable", every="station"),
        *_told(9, "Installing", "InstallRebooting", signed=True),
        *_restarts("13", "13"),
        _event("15", "FirmwareUpdated"),
        *statuses("17"),
        *_told(19, "Installed", signed=True),
    ),
    requirements=("SEC16:4",),
)

TC_081_CSMS = Case16(
    id="TC_081_CSMS",
    title="Secure firmware update, the signature is not valid",
    purpose="The Central System takes it that the signature of the firmware is not valid.",
    main=(*_updates_signed("1"), *_told(3, "Downloading", "Downloaded", "InvalidSignature", signed=True)),
    requirements=("SEC16:4",),
)
