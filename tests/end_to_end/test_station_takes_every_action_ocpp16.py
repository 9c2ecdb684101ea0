"""Our station and a central system of bare frames: every message of OCPP 1.6 both ways, the security extension's and Plug & Charge's too.

What a message does has its tests elsewhere; here each is said once, and nothing is answered with an error or with "not supported".
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pilotwire.clock import SystemClock
from pilotwire.csms.commands.certificates import Certificates
from pilotwire.domain.certificates import (
    CertificateAction,
    CertificateKind,
    DeleteCertificate,
    DeleteCertificateOutcome,
    DeleteCertificateStatus,
    EvCertificateAsked,
)
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.v16.plug_and_charge import PNC_MESSAGES, VENDOR_ID
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.core.certificate_status import EvCertificateWanted
from pilotwire.station.core.contracts import ContractPresented
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs.firmware import MANUFACTURER_ROOTS
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, accepting, scripted_csms
from tests.support.signed_firmware import root as maker_root
from tests.support.signed_firmware import signer as maker
from tests.support.station_lab import CARD, Lab, lab, open_csms
from tests.support.station_pki import Signer, key, pem

SINCE = datetime(2025, 12, 1, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9/"
"""Nobody listens there."""
EARLIER, LATER = "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"
DENIED = {"NotSupported", "NotImplemented", "UnknownMessageId"}


@dataclass
class Talk:
    """Both sides, and what was asked."""

    csms: ScriptedCsms
    here: Lab
    v2g: Signer = field(default_factory=lambda: Signer.root("V2G", since=SINCE))
    asked: set[str] = field(default_factory=set)
    asked_pnc: set[str] = field(default_factory=set)

    async def ask(self, action: str, status: str | None = None, **payload: Any) -> Any:
        """Call the station; its answer is no error, does not deny the message, and has this status if one is given."""
        self.asked.add(action)
        answer = await self.csms.call(action, payload)
        assert isinstance(answer, dict), (action, answer)
        assert answer.get("status") not in DENIED, (action, answer)
        assert status is None or answer["status"] == status, (action, answer)
        return answer

    async def ask_pnc(self, message: str, status: str, **payload: Any) -> Any:
        """The same in a message of Plug & Charge."""
        self.asked_pnc.add(message)
        told = await self.ask(
            "DataTransfer", "Accepted", vendorId=VENDOR_ID, messageId=message, data=json.dumps(payload)
        )
        answer = json.loads(told["data"])
        assert answer["status"] == status, (message, answer)
        return answer

    def heard_pnc(self, message: str) -> list[Any]:
        """What the station said in a message of Plug & Charge."""
        said = self.csms.of("DataTransfer")
        return [json.loads(one["data"]) for one in said if one["messageId"] == message]

    async def until_heard_pnc(self, message: str) -> Any:
        """Wait for such a message."""
        return (await eventually(lambda: self.heard_pnc(message), what=message))[-1]


def _reply(action: str, payload: Any) -> Any:
    if action == "SignCertificate":
        return {"status": "Accepted"}
    if action != "DataTransfer":
        return accepting(action, payload)
    answers: dict[str, Any] = {
        "Authorize": {"idTokenInfo": {"status": "Accepted"}, "certificateStatus": "Accepted"},
        "Get15118EVCertificate": {"status": "Accepted", "exiResponse": "AAAA"},
        "GetCertificateStatus": {"status": "Failed"},
        "SignCertificate": {"status": "Accepted"},
    }
    return {"status": "Accepted", "data": json.dumps(answers[payload["messageId"]])}


@asynccontextmanager
async def _talk() -> AsyncIterator[Talk]:
    files = MemoryFiles()
    files.write(MANUFACTURER_ROOTS, maker_root().pem.encode())
    async with scripted_csms("1.6", _reply) as csms, lab(csms.url, "1.6", files=files) as here:
        await here.until_accepted()
        yield Talk(csms, here)


# --- by profile --------------------------------------------------------------------------------------------------------------------


async def _core(talk: Talk) -> None:
    await talk.ask("ClearCache", "Accepted")
    assert (await talk.ask("GetConfiguration", key=["HeartbeatInterval"]))["configurationKey"]
    await talk.ask("ChangeConfiguration", "Accepted", key="ISO15118PnCEnabled", value="true")
    await talk.ask("ChangeAvailability", "Accepted", connectorId=1, type="Operative")
    await talk.here.charge()
    await talk.csms.until_heard("MeterValues")
    await talk.ask("RemoteStopTransaction", "Accepted", transactionId=7)
    await talk.csms.until_heard("StopTransaction")
    talk.here.unplug()
    await talk.here.until_ended()
    await talk.ask("UnlockConnector", "Unlocked", connectorId=1)
    await talk.ask("DataTransfer", "UnknownVendorId", vendorId="org.example")


async def _list_and_reservation(talk: Talk) -> None:
    entry = {"idTag": CARD, "idTagInfo": {"status": "Accepted"}}
    await talk.ask("SendLocalList", "Accepted", listVersion=1, updateType="Full", localAuthorizationList=[entry])
    assert await talk.ask("GetLocalListVersion") == {"listVersion": 1}
    await talk.ask("ReserveNow", "Accepted", connectorId=1, expiryDate=LATER, idTag=CARD, reservationId=3)
    await talk.ask("CancelReservation", "Accepted", reservationId=3)


async def _smart_charging(talk: Talk) -> None:
    await talk.ask("RemoteStartTransaction", "Accepted", idTag=CARD, connectorId=1)
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}]}
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    await talk.ask("SetChargingProfile", "Accepted", connectorId=1, csChargingProfiles=profile)
    await talk.ask("GetCompositeSchedule", "Accepted", connectorId=1, duration=60)
    await talk.ask("ClearChargingProfile", "Accepted", id=1)


async def _triggers(talk: Talk) -> None:
    for message in ("Heartbeat", "StatusNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification"):
        before = len(talk.csms.of(message))
        await talk.ask("TriggerMessage", "Accepted", requestedMessage=message)
        await talk.csms.until_heard(message, before + 1)
    await talk.ask("ExtendedTriggerMessage", "Accepted", requestedMessage="LogStatusNotification")
    await talk.csms.until_heard("LogStatusNotification")


async def _files(talk: Talk) -> None:
    assert (await talk.ask("GetDiagnostics", location=NOWHERE, retries=0))["fileName"]
    log = {"remoteLocation": NOWHERE}
    answer = await talk.ask("GetLog", logType="SecurityLog", requestId=5, retries=0, log=log)
    assert answer["status"].startswith("Accepted")
    made = maker()
    firmware = {
        "location": NOWHERE,
        "retrieveDateTime": EARLIER,
        "signingCertificate": made.pem,
        "signature": made.sign(b"an image"),
    }
    await talk.ask("SignedUpdateFirmware", "Accepted", requestId=6, retries=0, firmware=firmware)
    await talk.csms.until_heard("SignedFirmwareStatusNotification")
    assert await talk.ask("UpdateFirmware", location=NOWHERE, retrieveDate=EARLIER, retries=0) == {}


async def _security(talk: Talk) -> None:
    use = "CentralSystemRootCertificate"
    operator = Signer.root("Operator", since=SINCE)
    certificate = pem(operator.certificate)
    await talk.ask("InstallCertificate", "Accepted", certificateType=use, certificate=certificate)
    await talk.ask("ExtendedTriggerMessage", "Accepted", requestedMessage="SignChargePointCertificate")
    (asked, *_) = await talk.csms.until_heard("SignCertificate")
    stranger = Signer.root("Stranger", since=SINCE).issue("CS001", key("stranger").public_key(), since=SINCE)
    await talk.ask("CertificateSigned", "Rejected", certificateChain=pem(stranger))
    await talk.csms.until_heard("SecurityEventNotification")
    await talk.ask("CertificateSigned", "Accepted", certificateChain=operator.sign(asked["csr"], since=SINCE))
    listed = await talk.ask("GetInstalledCertificateIds", "Accepted", certificateType=use)
    await talk.ask("DeleteCertificate", "Accepted", certificateHashData=listed["certificateHashData"][0])


async def _plug_and_charge(talk: Talk) -> None:
    root, sub = talk.v2g, talk.v2g.under("Sub", since=SINCE)
    for use in ("V2GRootCertificate", "MORootCertificate"):
        certificate = pem(root.certificate)
        await talk.ask_pnc("InstallCertificate", "Accepted", certificateType=use, certificate=certificate)
    await talk.ask_pnc("TriggerMessage", "Accepted")
    csr = (await talk.until_heard_pnc("SignCertificate"))["csr"]
    chain = sub.sign(csr, since=SINCE) + pem(sub.certificate)
    await talk.ask_pnc("CertificateSigned", "Accepted", certificateChain=chain)
    await talk.until_heard_pnc("GetCertificateStatus")
    listed = await talk.ask_pnc("GetInstalledCertificateIds", "Accepted", certificateType=["V2GRootCertificate"])
    (found,) = listed["certificateHashDataChain"]
    contract = pem(sub.issue("DEVOLC12345678", key("contract").public_key(), since=SINCE), sub.certificate)
    talk.here.station.feed(ContractPresented("contract", 1, contract))
    assert (await talk.until_heard_pnc("Authorize"))["idToken"] == {"idToken": "DEVOLC12345678"}
    wanted = EvCertificateAsked(
        schema_version="urn:iso:15118:2:2013:MsgDef", action=CertificateAction.INSTALL, exi_request="AAAA"
    )
    talk.here.station.feed(EvCertificateWanted("wanted", wanted))
    await talk.until_heard_pnc("Get15118EVCertificate")
    await talk.ask_pnc("DeleteCertificate", "Accepted", certificateHashData=found["certificateHashData"])


async def test_every_message_of_ocpp16_both_ways() -> None:
    async with _talk() as talk:
        for part in (_core, _list_and_reservation, _smart_charging, _triggers, _files, _security, _plug_and_charge):
            await part(talk)
        await talk.ask("Reset", "Accepted", type="Soft")
        known = ACTIONS[OcppVersion.V16].values()
        assert {one.name for one in known if one.sender in ("csms", "both")} == talk.asked
        assert {one.name for one in known if one.sender in ("station", "both")} == {
            one.action for one in talk.csms.heard
        }
        pnc = PNC_MESSAGES.values()
        assert {one.message_id for one in pnc if one.sender == "csms"} == talk.asked_pnc
        said = {one["messageId"] for one in talk.csms.of("DataTransfer")}
        assert {one.message_id for one in pnc if one.sender == "station"} == said


async def test_what_is_no_message_of_plug_and_charge_gets_the_status_that_says_so() -> None:
    """A message that only a station sends, one that nobody knows, one without data, one that cannot be read."""
    async with _talk() as talk:

        async def status(message: str | None, data: str | None) -> str:
            payload = {"vendorId": VENDOR_ID.upper(), "messageId": message, "data": data}
            told = await talk.csms.call("DataTransfer", {name: one for name, one in payload.items() if one is not None})
            return str(told["status"])

        assert await status("Authorize", "{}") == "UnknownMessageId"
        assert await status("Charge", "{}") == "UnknownMessageId"
        assert await status(None, "{}") == "UnknownMessageId"
        assert await status("InstallCertificate", None) == "Rejected"
        assert await status("InstallCertificate", '{"certificate": 7}') == "Rejected"


async def test_roots_of_plug_and_charge_with_our_own_central_system() -> None:
    """Installed, listed with its hashes, and deleted: all by DataTransfer."""
    root = Signer.root("V2G", since=datetime.now(UTC) - timedelta(days=1))
    async with open_csms() as csms, lab(csms.urls.ocpp, "1.6") as here:
        await here.until_accepted()
        certificates = Certificates(csms.commander, csms.journal, csms.store, SystemClock())
        kind = CertificateKind.V2G_ROOT
        await certificates.install("CS001", kind, pem(root.certificate))
        (known,) = (await certificates.installed("CS001", (kind,))).certificates
        assert known.certificate.serial_number == f"{root.certificate.serial_number:x}"
        command = DeleteCertificate(certificate=known.certificate, plug_and_charge=True)
        outcome = await csms.commander.ask("CS001", command, DeleteCertificateOutcome)
        assert outcome.status is DeleteCertificateStatus.ACCEPTED
        assert (await certificates.installed("CS001", (kind,))).certificates == ()
