"""Our station with a meter that signs, against our own CSMS over a real socket: both ends of a session are verified."""

from __future__ import annotations

import base64
import io
import zipfile
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.csms.api import create_api
from pilotwire.csms.app import Csms
from pilotwire.csms.registers.signed_metering import VERDICTS
from pilotwire.domain.transactions import Transaction
from pilotwire.station.hardware.ports import SignedReading, SigningRequest
from pilotwire.station.hardware.signing import MeterSigner, printed_key
from tests.support.api_rooms import client_of
from tests.support.eventually import eventually
from tests.support.station_lab import VERSIONS, Lab, booked, lab, open_csms

NEVER = {"OCPPCommCtrlr.PublicKeyWithSignedMeterValue": "Never"}


async def charge(csms: Csms, one: Lab) -> Transaction:
    """Charge a little, and wait until what the meter signed has been looked at."""
    await one.charge(100)
    one.tap()
    await one.until(lambda: one.overview.waiting == 0 and one.overview.evses[0].transaction_id is None)
    transaction = await booked(csms)

    async def looked_at() -> Any:
        return await csms.store.record(VERDICTS, "CS001", transaction.transaction_id)

    await eventually(looked_at)
    return transaction


def told(csms: Csms) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """The HTTP API of this CSMS."""
    return client_of(create_api(csms))


async def verdict(client: httpx.AsyncClient, transaction: Transaction) -> dict[str, Any]:
    """What is told of the transaction's signed values."""
    answer = await client.get(f"/stations/CS001/transactions/{transaction.transaction_id}/signed-metering")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rules(csms: Csms) -> list[str]:
    """What there are findings about."""
    return [each.rule for each in await csms.store.findings("CS001") if each.rule.startswith("signed-metering")]


@pytest.mark.parametrize("version", VERSIONS)
async def test_both_ends_of_a_session_are_verified(version: str, tmp_path: Path) -> None:
    """The key comes with the values and is trusted on first use; the files for drivers' software hold record and key."""
    database = f"sqlite:///{tmp_path / 'csms.db'}"
    async with (
        open_csms(no_auth=True, database=database) as csms,
        lab(csms.urls.ocpp, version, layout="ac-22-fiscal") as one,
    ):
        transaction = await charge(csms, one)
        printed = one.station.layout.evses[0].meter_public_key
        async with told(csms) as client:
            found = await verdict(client, transaction)
            path = f"/stations/CS001/transactions/{transaction.transaction_id}/signed-metering/export"
            xml = await client.get(path, params={"format": "xml"})
            text = await client.get(path, params={"format": "ocmf"})
            archive = await client.get(path, params={"format": "chargy"})
            (key,) = (await client.get("/stations/CS001/meter-keys")).json()
        findings = await rules(csms)
    assert (found["outcome"], found["why"], findings) == ("Verified", [], [])
    assert (found["begin"]["timeStatus"], found["end"]["status"]) == ("S", "G")
    assert transaction.energy is not None
    assert found["energyWh"] == pytest.approx(float(transaction.energy), abs=1)
    assert found["energyWh"] >= 99
    assert (found["keySource"], found["publicKey"]) == ("Sent", printed)
    assert (key["evseId"], key["source"], key["publicKey"]) == (1, "Sent", printed)
    values = ElementTree.fromstring(xml.text)
    assert [each.get("context") for each in values] == ["Transaction.Begin", "Transaction.End"]
    assert len({each.get("transactionId") for each in values}) == 1
    records = [each.findtext("signedData") for each in values]
    assert records == text.text.strip().split("\n\n")
    assert set(records) <= {each["text"] for each in found["records"]}
    der = bytes.fromhex(values[0].findtext("publicKey") or "")
    assert base64.b64decode(printed).decode().endswith(der.hex().upper())
    names = zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert [name.rpartition("_")[2] for name in names if name.endswith("publicKey.txt")] == ["publicKey.txt"]


@pytest.mark.parametrize("version", ["1.6", "2.1"])
async def test_a_value_changed_on_its_way_is_found(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody between meter and CSMS adds a kilowatt-hour to the register: the signature is not good any more."""
    sign = MeterSigner.sign

    def doctored(meter: MeterSigner, request: SigningRequest) -> SignedReading:
        reading = sign(meter, request)
        record = base64.b64decode(reading.signed_data).decode()
        assert '"ST":"G"' in record
        changed = record.replace('"RV":', '"RV":1')
        return SignedReading(
            base64.b64encode(changed.encode()).decode(), reading.encoding_method, public_key=reading.public_key
        )

    monkeypatch.setattr(MeterSigner, "sign", doctored)
    async with open_csms(no_auth=True) as csms, lab(csms.urls.ocpp, version, layout="ac-22-fiscal") as one:
        transaction = await charge(csms, one)
        async with told(csms) as client:
            found = await verdict(client, transaction)
            keys = (await client.get("/stations/CS001/meter-keys")).json()
        findings = await rules(csms)
    assert found["outcome"] == "Failed"
    assert "The signature is not that of the meter's key" in found["why"][0]
    assert findings == ["signed-metering:failed"]
    assert keys == [], "a key that verified nothing is not trusted"


async def test_the_key_of_another_meter_verifies_nothing() -> None:
    """What the operator put on record counts, not what comes with the values."""
    other = printed_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    async with open_csms(no_auth=True) as csms, lab(csms.urls.ocpp, "2.0.1", layout="ac-22-fiscal") as one:
        await one.until_accepted()
        async with told(csms) as client:
            assert (await client.put("/stations/CS001/meter-keys/1", json={"publicKey": other})).status_code == 200
            transaction = await charge(csms, one)
            found = await verdict(client, transaction)
            right = one.station.layout.evses[0].meter_public_key
            await client.put("/stations/CS001/meter-keys/1", json={"publicKey": right})
            mended = await verdict(client, transaction)
        findings = await rules(csms)
    assert found["outcome"] == "Failed"
    assert any("is not the one known of the meter" in each for each in found["why"])
    assert findings == ["signed-metering:failed"]
    assert (mended["outcome"], mended["keySource"]) == ("Verified", "Operator")


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_station_tells_the_key_in_its_device_model(version: str) -> None:
    """No key comes with the values: unverifiable, until the station was asked for its variables."""
    async with (
        open_csms(no_auth=True) as csms,
        lab(csms.urls.ocpp, version, layout="ac-22-fiscal", variables=NEVER) as one,
    ):
        transaction = await charge(csms, one)
        async with told(csms) as client:
            before = await verdict(client, transaction)
            component = {"name": "FiscalMetering", "evse": {"id": 1}}
            wanted = {"component": component, "variable": {"name": "PublicKey"}}
            if version == "1.6":
                wanted = {"component": {"name": ""}, "variable": {"name": "MeterPublicKey1"}}
            body = {"getVariableData": [wanted]}
            asked = await client.post("/stations/CS001/commands/get-variables", json=body)
            assert asked.status_code == 200, asked.text
            after = await verdict(client, transaction)
            key = (await client.get("/stations/CS001/meter-keys/1")).json()
        findings = await rules(csms)
    assert (before["outcome"], before["why"]) == ("Unverifiable", ["No public key of the meter is known."])
    assert findings == ["signed-metering:unverifiable"]
    assert (after["outcome"], after["keySource"]) == ("Verified", "DeviceModel")
    assert (key["source"], key["recordedAt"]) == ("DeviceModel", None)
