"""L01: the CSMS has firmware updated, and hears how far it is."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import Check, equals, in_future, present
from pilotwire.conformance.language import Asks, Case, Receives, Sends, Step, Tells, Waits
from pilotwire.conformance.states.csms201 import (
    energy_transfer_started,
    ev_connected_post_session,
    ev_disconnected,
    stop_authorized,
)
from pilotwire.conformance.values import Kept, Moment, configured, made

Steps = tuple[Step, ...]
LOCATION = "https://firmware.example.com/station-2.0.bin"
SIGNATURE = "c2lnbmF0dXJl"
SOON = 3
"""How far off a time is that the CSMS is asked to name, in s."""
REQUIREMENTS = ("L01.FR.01", "L01.FR.11")


def updates(
    *checks: Check, answer: str = "Accepted", firmware: dict[str, Any] | None = None, number: str = "1"
) -> Steps:
    """The operator has firmware updated; the CSMS sends UpdateFirmware, which is answered so."""
    wanted = {"location": LOCATION, "signingCertificate": made("firmware signer"), "signature": SIGNATURE}
    return (
        Asks(action="UpdateFirmware", payload={"firmware": wanted | (firmware or {})}),
        Receives(
            number=number,
            action="UpdateFirmware",
            checks=(equals("firmware.location", LOCATION), present("firmware.retrieveDateTime"), *checks),
            answer={"status": answer},
            keep={"request_id": "requestId"},
        ),
    )


SIGNED = (equals("firmware.signingCertificate", made("firmware signer")), equals("firmware.signature", SIGNATURE))


def told(first: int, *statuses: str) -> Steps:
    """The station tells these statuses, in steps from `first` on, two numbers apart."""
    return tuple(
        Sends(
            number=str(first + 2 * place),
            action="FirmwareStatusNotification",
            payload={"status": status, "requestId": Kept("request_id")},
        )
        for place, status in enumerate(statuses)
    )


def restarted(number: int) -> Steps:
    """The station restarts with the new firmware, and tells its connectors."""
    return (
        Sends(
            number=str(number),
            action="BootNotification",
            payload={
                "reason": "FirmwareUpdate",
                "chargingStation": {"model": configured.model, "vendorName": configured.vendor},
            },
            checks=(equals("status", "Accepted"),),
        ),
        Tells(number=str(number + 2), status="Available", every="station"),
    )


def security_event(number: int, kind: str) -> Step:
    """The station tells a security event."""
    return Sends(number=str(number), action="SecurityEventNotification", payload={"type": kind, "timestamp": Moment()})


FETCHED = ("Downloading", "Downloaded", "SignatureVerified")

TC_L_01_CSMS = Case(
    id="TC_L_01_CSMS",
    title="Secure update, installed",
    purpose="The CSMS has signed firmware installed and takes every status up to Installed.",
    requirements=(*REQUIREMENTS, "L01.FR.15"),
    main=(
        *updates(*SIGNED),
        *told(3, *FETCHED, "Installing", "InstallRebooting"),
        *restarted(13),
        *told(17, "Installed"),
    ),
)
TC_L_02_CSMS = Case(
    id="TC_L_02_CSMS",
    title="Secure update, installed at a time",
    purpose="The CSMS says when firmware is to be installed.",
    requirements=(*REQUIREMENTS, "L01.FR.15"),
    main=(
        *updates(in_future("firmware.installDateTime"), firmware={"installDateTime": Moment(SOON)}),
        *told(3, *FETCHED, "InstallScheduled"),
        Waits(seconds=SOON, why="the time of the installation comes"),
        *told(11, "Installing", "InstallRebooting"),
        *restarted(15),
        *told(19, "Installed"),
    ),
)
TC_L_03_CSMS = Case(
    id="TC_L_03_CSMS",
    title="Secure update, fetched at a time",
    purpose="The CSMS says when firmware is to be fetched.",
    requirements=(*REQUIREMENTS, "L01.FR.15"),
    main=(
        *updates(in_future("firmware.retrieveDateTime"), firmware={"retrieveDateTime": Moment(SOON)}),
        *told(3, "DownloadScheduled"),
        Waits(seconds=SOON, why="the time of the download comes"),
        *told(5, *FETCHED, "Installing", "InstallRebooting"),
        *restarted(15),
        *told(19, "Installed"),
    ),
)
TC_L_04_CSMS = Case(
    id="TC_L_04_CSMS",
    title="Secure update, revoked certificate",
    purpose="The CSMS takes it that the station refuses a revoked signing certificate.",
    requirements=("L01.FR.01",),
    main=updates(*SIGNED, answer="RevokedCertificate"),
)
TC_L_05_CSMS = Case(
    id="TC_L_05_CSMS",
    title="Secure update, invalid certificate",
    purpose="The CSMS takes it that the station refuses an invalid signing certificate, and its security event.",
    requirements=("L01.FR.01",),
    main=(*updates(*SIGNED, answer="InvalidCertificate"), security_event(3, "InvalidFirmwareSigningCertificate")),
)
TC_L_06_CSMS = Case(
    id="TC_L_06_CSMS",
    title="Secure update, invalid signature",
    purpose="The CSMS takes it that the signature does not fit, and the security event.",
    requirements=REQUIREMENTS,
    main=(
        *updates(*SIGNED),
        *told(3, "Downloading", "Downloaded", "InvalidSignature"),
        security_event(9, "InvalidFirmwareSignature"),
    ),
)
TC_L_07_CSMS = Case(
    id="TC_L_07_CSMS",
    title="Secure update, download failed",
    purpose="The CSMS takes it that firmware could not be fetched.",
    requirements=REQUIREMENTS,
    main=(*updates(*SIGNED), *told(3, "Downloading", "DownloadFailed")),
)
TC_L_08_CSMS = Case(
    id="TC_L_08_CSMS",
    title="Secure update, verification failed",
    purpose="The CSMS takes it that the new firmware does not verify when it is installed.",
    requirements=REQUIREMENTS,
    main=(*updates(*SIGNED), *told(3, *FETCHED, "Installing", "InstallVerificationFailed")),
)
TC_L_09_CSMS = Case(
    id="TC_L_09_CSMS",
    title="Secure update, installation failed",
    purpose="The CSMS takes it that the installation failed after the restart.",
    requirements=REQUIREMENTS,
    main=(
        *updates(*SIGNED),
        *told(3, *FETCHED, "Installing", "InstallRebooting"),
        *restarted(13),
        *told(17, "InstallationFailed"),
    ),
)
TC_L_10_CSMS = Case(
    id="TC_L_10_CSMS",
    title="A second update cancels the first",
    purpose="The CSMS takes it that the station gives up an update for a new one.",
    requirements=(*REQUIREMENTS, "L01.FR.24"),
    main=(
        *updates(),
        *told(3, "Downloading"),
        *updates(answer="AcceptedCanceled", number="5"),
        *told(7, *FETCHED, "Installing", "InstallRebooting"),
        *restarted(17),
        *told(21, "Installed"),
    ),
)
TC_L_11_CSMS = Case(
    id="TC_L_11_CSMS",
    title="A second update is refused",
    purpose="The CSMS takes it that the station refuses another update while one goes on.",
    requirements=(*REQUIREMENTS, "L01.FR.27"),
    main=(
        *updates(),
        *told(3, "Downloading"),
        *updates(answer="Rejected", number="5"),
        *told(7, "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"),
        *restarted(15),
        *told(19, "Installed"),
    ),
)
TC_L_13_CSMS = Case(
    id="TC_L_13_CSMS",
    title="Update after the transaction",
    purpose="The CSMS takes it that the station fetches firmware only when nobody charges any more.",
    requirements=REQUIREMENTS,
    before=energy_transfer_started(),
    main=(
        *updates(SIGNED[0], firmware={"retrieveDateTime": Moment(SOON)}),
        *told(3, "DownloadScheduled"),
        Tells(number="5", status="Unavailable", evse=configured.evse2_id, every="evse"),
        *stop_authorized(),
        *ev_connected_post_session(),
        *ev_disconnected(),
        *told(10, *FETCHED, "Installing", "InstallRebooting"),
        *restarted(20),
        *told(24, "Installed"),
    ),
)
