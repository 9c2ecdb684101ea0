"""L01: firmware that is not installed, because something about it is not good."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import (
    FAILED_TO_FETCH,
    FAILED_TO_INSTALL,
    FORGED,
    SIGNER_TRUSTED,
    back_in_use,
    connectors_told,
    fetched,
    firmware,
    installing,
    security_event,
    told_in_order,
    updates,
)
from pilotwire.conformance.checks import one_of
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Case, InAnyOrder, NotReceives, OnlyIf
from pilotwire.conformance.states.certificates201 import certificate_installed
from pilotwire.conformance.states.firmware201 import tells_firmware
from pilotwire.conformance.values import OMITTED, configured, made

_NOTHING_FETCHED = NotReceives(
    action="FirmwareStatusNotification", where=(one_of("status", "Downloading", "DownloadScheduled"),)
)

TC_L_05_CS = Case(
    id="TC_L_05_CS",
    title="A signing certificate that is not good",
    purpose="The station refuses an update whose signing certificate is not valid, and a security event tells of it.",
    requirements=("L01.FR.01", "L01.FR.02", "L01.FR.10", "L01.FR.20", "L01.FR.21", "L01.FR.22"),
    before=certificate_installed("ManufacturerRootCertificate"),
    main=(
        updates(
            "1",
            firmware(signingCertificate=made("firmware signer", kind="expired")),
            one_of("status", "InvalidCertificate", "RevokedCertificate").of("L01.FR.22"),
        ),
        security_event("3", "InvalidFirmwareSigningCertificate", "L01.FR.02"),
    ),
    after=(_NOTHING_FETCHED,),
    remark=(
        "The certificate is under a root the station was given, and its time is over. That nothing is fetched is checked too: the "
        "update was refused."
    ),
)

TC_L_06_CS = Case(
    id="TC_L_06_CS",
    title="A signature that is not that of the image",
    purpose="The station fetches firmware, finds that its signature is not good, and tells so with a security event.",
    requirements=("L01.FR.01", "L01.FR.03", "L01.FR.04", "L01.FR.10", "L01.FR.20"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(signature=made("firmware signature", kind="wrong"))),
        tells_firmware("3", "Downloading"),
        tells_firmware("5", "Downloaded"),
        InAnyOrder(
            number="7",
            steps=(
                tells_firmware("7", "InvalidSignature"),
                security_event("9", "InvalidFirmwareSignature", "L01.FR.03"),
            ),
        ),
    ),
    after=(told_in_order(FORGED),),
)

TC_L_07_CS = Case(
    id="TC_L_07_CS",
    title="Firmware that is not where it should be",
    purpose="The station cannot fetch the firmware, and tells so.",
    requirements=("L01.FR.01", "L01.FR.10", "L01.FR.20", "L01.FR.30"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware(location=made("firmware location", missing=True)), retries=0),
        tells_firmware("3", "Downloading", optional=True, within=configured.silence),
        tells_firmware("5", "DownloadFailed"),
    ),
    after=(told_in_order(FAILED_TO_FETCH),),
    remark="The tester asks for no further attempts (retries 0), which the document leaves open: the case is over sooner.",
)

TC_L_08_CS = Case(
    id="TC_L_08_CS",
    title="Firmware that cannot be installed",
    purpose="The signature is good and the image is not: the station tells that it could not be verified or installed.",
    requirements=("L01.FR.01", "L01.FR.10", "L01.FR.12", "L01.FR.20"),
    before=SIGNER_TRUSTED,
    main=(
        updates("1", firmware("damaged")),
        *fetched(3),
        *installing(9),
        InAnyOrder(
            number="14",
            steps=(
                OnlyIf(condition=configured_is("recovers_from_failed_update", True), steps=(back_in_use("14"),)),
                tells_firmware("16", "InstallVerificationFailed", "InstallationFailed"),
            ),
        ),
    ),
    after=(told_in_order(FAILED_TO_INSTALL), connectors_told("Available", "Unavailable")),
)

TC_L_18_CS = Case(
    id="TC_L_18_CS",
    title="Firmware that is not signed",
    purpose="A station that knows signed firmware refuses an update without certificate and signature.",
    main=(
        updates(
            "1",
            firmware(signingCertificate=OMITTED, signature=OMITTED),
            one_of("status", "Rejected", "InvalidCertificate"),
        ),
    ),
    after=(_NOTHING_FETCHED,),
    remark="That nothing is fetched is checked too: the update was refused.",
)
