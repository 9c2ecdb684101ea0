"""Our station and a CSMS of bare frames: every request a CSMS of 2.0.1 and 2.1 may send, once, with a plain payload.

What a request does has its tests elsewhere; here each gets a CALLRESULT, and none is denied.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion
from pilotwire.station.files import MemoryFiles
from pilotwire.station.jobs.firmware import MANUFACTURER_ROOTS
from tests.support.eventually import eventually
from tests.support.scripted_csms import ScriptedCsms, accepting, scripted_csms
from tests.support.signed_firmware import root as maker_root
from tests.support.signed_firmware import signer as maker
from tests.support.station_lab import CARD, Lab, lab
from tests.support.station_pki import Signer, pem

SINCE = datetime(2025, 12, 1, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9/"
"""Nobody listens there."""
EARLIER, LATER = "2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"
TOKEN = {"idToken": CARD, "type": "ISO14443"}
DENIED = {"NotSupported", "NotImplemented", "UnknownMessageId"}


@dataclass
class Talk:
    """Both sides, and what was asked."""

    csms: ScriptedCsms
    here: Lab
    asked: set[str] = field(default_factory=set)

    async def ask(self, action: str, status: str | None = None, **payload: Any) -> Any:
        """Call the station; its answer is no error, does not deny the request, and has this status if one is given."""
        self.asked.add(action)
        answer = await self.csms.call(action, payload)
        assert isinstance(answer, dict), (action, answer)
        assert answer.get("status") not in DENIED, (action, answer)
        assert status is None or answer["status"] == status, (action, answer)
        return answer

    async def whole(self, action: str, request_id: int) -> None:
        """Wait for the last part of a report."""
        await eventually(
            lambda: any(one["requestId"] == request_id and not one.get("tbc") for one in self.csms.of(action)),
            what=f"{action} {request_id}",
        )


def _reply(action: str, payload: Any) -> Any:
    if action == "SignCertificate":
        return {"status": "Accepted"}
    return accepting(action, payload)


@asynccontextmanager
async def _talk(version: str, layout: str = "ac-22-single") -> AsyncIterator[Talk]:
    files = MemoryFiles()
    files.write(MANUFACTURER_ROOTS, maker_root().pem.encode())
    controller = {"local_controller": True}
    async with (
        scripted_csms(version, _reply) as csms,
        lab(csms.url, version, layout=layout, files=files, settings=controller) as here,
    ):
        await here.until_accepted()
        yield Talk(csms, here)


# --- by functional block -----------------------------------------------------------------------------------------------------------


async def _provisioning(talk: Talk) -> None:
    cache = {"component": {"name": "AuthCacheCtrlr"}, "variable": {"name": "Enabled"}}
    told = await talk.ask("SetVariables", setVariableData=[cache | {"attributeValue": "true"}])
    assert told["setVariableResult"][0]["attributeStatus"] == "Accepted"
    told = await talk.ask("GetVariables", getVariableData=[cache])
    assert told["getVariableResult"][0]["attributeValue"] == "true"
    await talk.ask("GetBaseReport", "Accepted", requestId=1, reportBase="ConfigurationInventory")
    await talk.whole("NotifyReport", 1)
    wanted = [{"component": {"name": "AuthCtrlr"}}]
    await talk.ask("GetReport", "Accepted", requestId=2, componentVariable=wanted)
    await talk.whole("NotifyReport", 2)
    version = {"2.0.1": "OCPP20", "2.1": "OCPP21"}[talk.csms.version]
    profile = {
        "ocppVersion": version,
        "ocppTransport": "JSON",
        "ocppCsmsUrl": talk.csms.url,
        "messageTimeout": 30,
        "securityProfile": 0,
        "ocppInterface": "Wired0",
    }
    await talk.ask("SetNetworkProfile", "Accepted", configurationSlot=2, connectionData=profile)
    await talk.ask("TriggerMessage", "Accepted", requestedMessage="Heartbeat")


async def _authorization(talk: Talk) -> None:
    await talk.ask("ClearCache", "Accepted")
    entry = {"idToken": TOKEN, "idTokenInfo": {"status": "Accepted"}}
    await talk.ask("SendLocalList", "Accepted", versionNumber=1, updateType="Full", localAuthorizationList=[entry])
    assert await talk.ask("GetLocalListVersion") == {"versionNumber": 1}
    await talk.ask("ReserveNow", "Accepted", id=3, expiryDateTime=LATER, idToken=TOKEN, evseId=1)
    await talk.ask("CancelReservation", "Accepted", reservationId=3)


async def _availability(talk: Talk) -> None:
    await talk.ask("ChangeAvailability", "Accepted", evse={"id": 1}, operationalStatus="Operative")
    await talk.ask("UnlockConnector", "Unlocked", evseId=1, connectorId=1)


def _profile(**more: Any) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": 10}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    return {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    } | more


async def _transactions(talk: Talk) -> None:
    talk.here.plug()
    await talk.ask("RequestStartTransaction", "Accepted", remoteStartId=1, idToken=TOKEN, evseId=1)
    await talk.here.until_charged()
    transaction = talk.csms.of("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    assert (await talk.ask("GetTransactionStatus", transactionId=transaction))["ongoingIndicator"] is True
    await talk.ask("CostUpdated", totalCost=1.5, transactionId=transaction)
    await talk.ask("SetChargingProfile", "Accepted", evseId=1, chargingProfile=_profile())
    await talk.ask("GetChargingProfiles", "Accepted", requestId=4, chargingProfile={"chargingProfileId": [1]})
    await talk.ask("GetCompositeSchedule", "Accepted", duration=60, evseId=1)
    if talk.csms.version == "2.1":
        await _transactions21(talk, transaction)
    await talk.ask("ClearChargingProfile", "Accepted", chargingProfileId=1)
    await talk.ask("RequestStopTransaction", "Accepted", transactionId=transaction)
    talk.here.unplug()
    await talk.here.until_ended()


async def _transactions21(talk: Talk, transaction: str) -> None:
    await talk.ask("UsePriorityCharging", "NoProfile", transactionId=transaction, activate=True)
    dynamic = _profile(id=2, stackLevel=1, chargingProfileKind="Dynamic", dynUpdateInterval=0)
    await talk.ask("SetChargingProfile", "Accepted", evseId=1, chargingProfile=dynamic)
    await talk.ask("UpdateDynamicSchedule", "Accepted", chargingProfileId=2, scheduleUpdate={"limit": 8})
    allowed = ["AC_single_phase", "AC_three_phase"]
    await talk.ask("NotifyAllowedEnergyTransfer", transactionId=transaction, allowedEnergyTransfer=allowed)
    tariff = _tariff("T2")
    await talk.ask("ChangeTransactionTariff", transactionId=transaction, tariff=tariff)
    await talk.ask("AFRRSignal", timestamp=EARLIER, signal=1)


def _tariff(tariff_id: str) -> dict[str, Any]:
    return {"tariffId": tariff_id, "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.3}]}}


async def _files(talk: Talk) -> None:
    made = maker()
    firmware = {
        "location": NOWHERE,
        "retrieveDateTime": EARLIER,
        "signingCertificate": made.pem,
        "signature": made.sign(b"an image"),
    }
    await talk.ask("UpdateFirmware", "Accepted", requestId=5, retries=0, firmware=firmware)
    await talk.csms.until_heard("FirmwareStatusNotification")
    await talk.ask("PublishFirmware", "Accepted", location=NOWHERE, checksum="0" * 32, requestId=6, retries=0)
    assert (await talk.ask("UnpublishFirmware", checksum="1" * 32))["status"] == "NoFirmware"
    answer = await talk.ask("GetLog", logType="SecurityLog", requestId=7, retries=0, log={"remoteLocation": NOWHERE})
    assert answer["status"].startswith("Accepted")


async def _certificates(talk: Talk) -> None:
    use = "CSMSRootCertificate"
    operator = Signer.root("Operator", since=SINCE)
    certificate = pem(operator.certificate)
    await talk.ask("InstallCertificate", "Accepted", certificateType=use, certificate=certificate)
    await talk.ask("TriggerMessage", "Accepted", requestedMessage="SignChargingStationCertificate")
    (asked, *_) = await talk.csms.until_heard("SignCertificate")
    await talk.ask("CertificateSigned", "Accepted", certificateChain=operator.sign(asked["csr"], since=SINCE))
    listed = await talk.ask("GetInstalledCertificateIds", "Accepted", certificateType=[use])
    data = listed["certificateHashDataChain"][0]["certificateHashData"]
    await talk.ask("DeleteCertificate", "Accepted", certificateHashData=data)


async def _diagnostics(talk: Talk) -> None:
    await talk.ask("SetMonitoringBase", "Accepted", monitoringBase="All")
    await talk.ask("SetMonitoringLevel", "Accepted", severity=8)
    monitor = {
        "value": 1000,
        "type": "UpperThreshold",
        "severity": 8,
        "component": {"name": "EVSE", "evse": {"id": 1}},
        "variable": {"name": "Power"},
    }
    told = await talk.ask("SetVariableMonitoring", setMonitoringData=[monitor])
    (result,) = told["setMonitoringResult"]
    assert result["status"] == "Accepted", result
    await talk.ask("GetMonitoringReport", "Accepted", requestId=8)
    await talk.whole("NotifyMonitoringReport", 8)
    told = await talk.ask("ClearVariableMonitoring", id=[result["id"]])
    assert told["clearMonitoringResult"][0]["status"] == "Accepted"
    await talk.ask("CustomerInformation", "Accepted", requestId=9, report=True, clear=False, idToken=TOKEN)
    await talk.whole("NotifyCustomerInformation", 9)
    await talk.ask("DataTransfer", "UnknownVendorId", vendorId="org.example")
    if talk.csms.version == "2.1":
        await talk.ask("GetPeriodicEventStream")
        await talk.ask("AdjustPeriodicEventStream", "Rejected", id=99, params={"interval": 5})


async def _display(talk: Talk) -> None:
    message = {"id": 1, "priority": "AlwaysFront", "message": {"format": "UTF8", "content": "Hello"}}
    await talk.ask("SetDisplayMessage", "Accepted", message=message)
    await talk.ask("GetDisplayMessages", "Accepted", requestId=10)
    await talk.whole("NotifyDisplayMessages", 10)
    await talk.ask("ClearDisplayMessage", "Accepted", id=1)


async def _tariffs(talk: Talk) -> None:
    await talk.ask("SetDefaultTariff", "Accepted", evseId=1, tariff=_tariff("T1"))
    await talk.ask("GetTariffs", "Accepted", evseId=1)
    await talk.ask("ClearTariffs", tariffIds=["T1"])
    await talk.ask("NotifyWebPaymentStarted", evseId=1, timeout=60)


async def _inverter(talk: Talk) -> None:
    curve = {"priority": 0, "yUnit": "PctMaxW", "curveData": [{"x": 100, "y": 50}, {"x": 110, "y": 0}]}
    setting: dict[str, Any] = {"isDefault": True, "controlId": "C1", "controlType": "VoltWatt", "curve": curve}
    await talk.ask("SetDERControl", "Accepted", **setting)
    await talk.ask("GetDERControl", "Accepted", requestId=11)
    await talk.csms.until_heard("ReportDERControl")
    await talk.ask("ClearDERControl", "Accepted", isDefault=True, controlId="C1")


async def _nothing_to_swap(talk: Talk) -> None:
    """A station that charges vehicles has no batteries to give away, and says so."""
    answer = await talk.ask("RequestBatterySwap", "Rejected", requestId=12, idToken=TOKEN)
    assert answer["statusInfo"]["reasonCode"] == "UnsupportedRequest"


BOTH = (_provisioning, _authorization, _availability, _transactions, _files, _certificates, _diagnostics, _display)
ALL = {
    "2.0.1": {"ac-22-single": BOTH},
    "2.1": {"ac-22-single": (_tariffs, *BOTH, _nothing_to_swap), "dc-50-v2x": (_inverter,)},
}
"""By version and layout: an inverter is where energy can be taken back from vehicles."""


@pytest.mark.parametrize("version", ALL)
async def test_every_request_of_a_csms(version: str) -> None:
    asked: set[str] = set()
    for layout, parts in ALL[version].items():
        async with _talk(version, layout) as talk:
            for part in parts:
                await part(talk)
            await talk.ask("Reset", "Accepted", type="OnIdle")
            asked |= talk.asked
    known = ACTIONS[OcppVersion(version)].values()
    assert {one.name for one in known if one.sender in ("csms", "both") and one.response is not None} == asked
