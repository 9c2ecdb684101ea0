"""Charge Point under test: firmware, diagnostics and logs (test document 2.16, 2.17, and of the security cases 2.25 those about them)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.l_firmware.updating import back_in_use
from pilotwire.conformance.checks import Check, Judgement, equals, one_of, present
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Case16, InAnyOrder, Judges, Keeps, OnlyIf, Receives, Sends, Step
from pilotwire.conformance.states.station16 import certificate_installed
from pilotwire.conformance.values import Fresh, Kept, Known, Moment, configured, made
from pilotwire.conformance.wire.files import Visit

Steps = tuple[Step, ...]
_PLAIN, _SIGNED = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"
_AGO = Moment(-3600)
_CREATED = 201
_LONG = configured.long_operation_timeout

_TAKES_UNSIGNED: dict[str, Any] = {"habits": {"accepts_unsigned_firmware": True}}
"""A Charge Point that holds to the security whitepaper refuses it (SEC16:L01.FR.20); these cases want one that does not."""


def _updates(number: str, **where: Any) -> Sends:
    return Sends(
        number=number,
        action="UpdateFirmware",
        payload={"location": made("firmware location", **where), "retrieveDate": _AGO, "retries": 0},
    )


def _tells(number: str, *states: str, signed: bool = False, optional: bool = False, early: bool = False) -> Receives:
    """A status of the update."""
    return Receives(
        number=number,
        action=_SIGNED if signed else _PLAIN,
        where=(one_of("status", *states),),
        checks=(equals("requestId", Kept("update")),) if signed else (),
        optional=optional,
        early=early,
        within=configured.silence if optional else _LONG,
    )


def _boots(number: str, *, optional: bool = False) -> Receives:
    return Receives(
        number=number,
        action="BootNotification",
        checks=(present("chargePointVendor"), present("chargePointModel")),
        optional=optional,
        within=configured.silence if optional else _LONG,
    )


def _no_other_than(*states: str) -> Judges:
    """Of the update nothing is told but these."""

    def judge(everything: Any, _: Known) -> Judgement:
        told = [one["payload"].get("status") for one in everything["messages"] if one["action"] == _PLAIN]
        return Judgement(set(told) <= set(states), ", ".join(map(str, told)) or "nothing")

    return Judges(checks=(Check(f"of the update {' and '.join(states)} are told, and nothing else", judge),))


TC_044_1_CS = Case16(
    id="TC_044_1_CS",
    title="Firmware update",
    purpose="The Charge Point fetches firmware, installs and runs it, and tells each state.",
    main=(
        _updates("1"),
        _tells("3", "Downloading"),
        _tells("5", "Downloaded"),
        _tells("7", "Installing"),
        InAnyOrder(steps=(_boots("9"), back_in_use("11"), _tells("13", "Installed"))),
    ),
    traits=_TAKES_UNSIGNED,
    requirements=("1.6:4.5", "1.6:5.19"),
    remark="Connectors are told to be Available again where they were told to be Unavailable.",
)

TC_044_2_CS = Case16(
    id="TC_044_2_CS",
    title="Firmware update, the download fails",
    purpose="The Charge Point tells that the firmware could not be fetched, and is in use again.",
    main=(
        _updates("1", missing=True),
        _tells("3", "Downloading", optional=True),
        _tells("5", "DownloadFailed", early=True),
    ),
    after=(_no_other_than("Downloading", "DownloadFailed"), back_in_use("")),
    traits=_TAKES_UNSIGNED,
    requirements=("1.6:4.5", "1.6:5.19"),
)

TC_044_3_CS = Case16(
    id="TC_044_3_CS",
    title="Firmware update, the installation fails",
    purpose="The Charge Point tells that the firmware could not be installed, and is in use again.",
    main=(
        _updates("1", kind="damaged"),
        _tells("3", "Downloading"),
        _tells("5", "Downloaded"),
        _tells("7", "Installing", optional=True),
        InAnyOrder(
            steps=(
                _boots("9", optional=True),
                _tells("11", "InstallationFailed", early=True),
            )
        ),
    ),
    after=(back_in_use(""),),
    traits=_TAKES_UNSIGNED,
    requirements=("1.6:4.5", "1.6:5.19"),
)

# --- what is uploaded ----------------------------------------------------------------------------------------------------------------


def _arrived() -> Judges:
    """Something arrived at the location; it does not apply where the plan has a server of its own."""

    def judge(everything: Any, known: Known) -> Judgement:
        visits: list[Visit] | None = known.made("uploads", location=everything["kept"]["where"])
        if visits is None:
            return Judgement(True, "", applies=False)
        stored = [one for one in visits if one.status == _CREATED]
        found = ", ".join(f"{one.name}: {len(one.content)} bytes" for one in stored)
        return Judgement(any(one.content for one in stored), found or "no file")

    return Judges(checks=(Check("a file with something in it was uploaded", judge),))


def _diagnostics(case_id: str, title: str, purpose: str, end: str, location: Any, after: Steps) -> Case16:
    return Case16(
        id=case_id,
        title=title,
        purpose=purpose,
        before=(Keeps(values={"where": location}),),
        main=(
            Sends(
                number="1",
                action="GetDiagnostics",
                payload={"location": Kept("where"), "retries": 0},
                checks=(present("fileName"),) if end == "Uploaded" else (),
            ),
            Receives(
                number="3",
                action="DiagnosticsStatusNotification",
                checks=(equals("status", "Uploading"),),
                within=_LONG,
            ),
            Receives(number="5", action="DiagnosticsStatusNotification", checks=(equals("status", end),), within=_LONG),
        ),
        after=after,
        requirements=("1.6:4.4", "1.6:5.9"),
    )


TC_045_1_CS = _diagnostics(
    "TC_045_1_CS",
    "Diagnostics",
    "The Charge Point uploads its diagnostics, and tells so.",
    "Uploaded",
    made("log location"),
    (_arrived(),),
)
TC_045_2_CS = _diagnostics(
    "TC_045_2_CS",
    "Diagnostics, the upload fails",
    "The Charge Point tells that its diagnostics could not be uploaded, and goes on as usual.",
    "UploadFailed",
    made("log location", status=500),
    (
        Sends(
            action="GetConfiguration",
            payload={"key": ["HeartbeatInterval"]},
            checks=(present("configurationKey[0].value"),),
        ),
    ),
)

TC_079_CS = Case16(
    id="TC_079_CS",
    title="The security log",
    purpose="The Charge Point uploads its security log, and tells so.",
    before=(Keeps(values={"where": made("log location")}),),
    main=(
        Sends(
            number="1",
            action="GetLog",
            payload={
                "logType": "SecurityLog",
                "requestId": Fresh("log"),
                "log": {"remoteLocation": Kept("where")},
            },
            checks=(equals("status", "Accepted"),),
        ),
        Receives(
            number="3",
            action="LogStatusNotification",
            checks=(equals("status", "Uploading"), equals("requestId", Kept("log"))),
            within=_LONG,
        ),
        Receives(
            number="5",
            action="LogStatusNotification",
            checks=(equals("status", "Uploaded"), equals("requestId", Kept("log"))),
            within=_LONG,
        ),
    ),
    after=(_arrived(),),
    requirements=("SEC16:5.9", "SEC16:5.13"),
)

# --- signed firmware -----------------------------------------------------------------------------------------------------------------

_TRUSTED: Steps = (
    OnlyIf(condition=configured_is("firmware_url", ""), steps=certificate_installed("ManufacturerRootCertificate")),
)
"""What the tester serves is signed under a root of its own, which the Charge Point must know."""


def _updates_signed(number: str, signature: str) -> Sends:
    return Sends(
        number=number,
        action="SignedUpdateFirmware",
        payload={
            "requestId": Fresh("update"),
            "retries": 0,
            "firmware": {
                "location": made("firmware location"),
                "retrieveDateTime": _AGO,
                "installDateTime": _AGO,
                "signingCertificate": made("firmware signer"),
                "signature": made("firmware signature", kind=signature),
            },
        },
        checks=(equals("status", "Accepted"),),
    )


_UPDATED = Receives(
    number="13",
    action="SecurityEventNotification",
    where=(equals("type", "FirmwareUpdated"),),
    optional=True,
    early=True,
    within=configured.silence,
)

TC_080_CS = Case16(
    id="TC_080_CS",
    title="Secure firmware update",
    purpose="The Charge Point fetches signed firmware, verifies, installs and runs it, and tells each state.",
    before=_TRUSTED,
    main=(
        _updates_signed("1", "good"),
        _tells("3", "Downloading", signed=True),
        _tells("5", "Downloaded", signed=True),
        _tells("7", "SignatureVerified", signed=True),
        _tells("9", "Installing", signed=True),
        InAnyOrder(
            steps=(_boots("11"), back_in_use("15"), _tells("17", "Installed", signed=True), _UPDATED),
        ),
    ),
    requirements=("SEC16:4",),
    remark="The manufacturer root is installed first, which the document leaves unsaid.",
)

TC_081_CS = Case16(
    id="TC_081_CS",
    title="Secure firmware update, the signature is not valid",
    purpose="The Charge Point does not install firmware whose signature is not valid.",
    before=_TRUSTED,
    main=(
        _updates_signed("1", "wrong"),
        _tells("3", "Downloading", signed=True),
        _tells("5", "Downloaded", signed=True),
        _tells("7", "InvalidSignature", signed=True),
    ),
    requirements=("SEC16:4",),
)
