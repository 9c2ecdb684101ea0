"""Plug & Charge by ISO 15118-20 from nothing: TLS 1.3 both ways, contracts through station, CSMS and pool, charging, receipts, the bill."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.iso15118.charging import Control
from pilotwire.iso15118.codecs import ISO20_COMMON
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.mobility.provisioning import NAMESPACES
from pilotwire.pki import KeyKind
from pilotwire.pki.revocation import Reason
from tests.support.plug_and_charge_scene import TURNED_AWAY, Driver, House, a_house, a_maker, scene

FIRST, SECOND, THIRD = "DE8ACC12E46L89", "DE8ACC12E46L90", "DE8ACC12E46L91"
REFUSED = "a session did not go well"
FOUND = "a finding of a vehicle"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("house")) as made:
        yield made


# --- from the provisioning certificate to the bill -----------------------------------------------------------------------------------


@pytest.mark.req("M01.FR.01")
@pytest.mark.parametrize(("version", "control"), [("2.0.1", Control.SCHEDULED), ("2.1", Control.DYNAMIC)])
async def test_a_vehicle_with_its_provisioning_certificate_alone_is_billed_to_its_emaid(
    house: House, version: str, control: Control
) -> None:
    emaid = f"DE8ACCNEW{version.replace('.', ''):0>5}"
    car = house.vehicle([emaid])
    async with scene(house, version, secc={"receipts": 5}) as here:
        await here.knows(emaid)
        report = await here.charge(car, control)
        bill = await here.booked()
        assert here.secc.evse is not None
        receipts = here.secc.evse.receipts
        (asked,) = await here.asked()
    assert report.good, report
    assert report.tls == "TLSv1.3"
    assert car.emaids == [emaid]
    assert bill.id_token is not None
    assert bill.id_token.value == emaid
    assert bill.meter_stop is not None
    assert bill.meter_stop >= (report.metered_wh or 0) > 0
    assert report.receipts == len(receipts) == car.names.count("MeteringConfirmationRes") > 0
    first, *_ = car.of("CertificateInstallationReq")
    assert asked["exiRequest"] == b64encode(ISO20_COMMON.encode(first)).decode()
    assert asked["iso15118SchemaVersion"] == NAMESPACES[Edition.ISO20]
    assert asked.get("maximumContractCertificateChains") == (5 if version == "2.1" else None)


async def test_with_1_6_a_contract_that_is_short_enough_comes_by_data_transfer(tmp_path: Path) -> None:
    """5600 characters are enough for six certificates on P-521 only where the names in them are short."""
    with a_house(tmp_path, "V") as house:
        car = house.vehicle([FIRST])
        async with scene(house, "1.6") as here:
            await here.knows(FIRST)
            report = await here.charge(car)
            bill = await here.booked()
    assert report.good, report
    assert bill.id_token is not None
    assert bill.id_token.value == FIRST


async def test_with_1_6_a_contract_that_is_too_long_is_refused_in_plain_words(house: House) -> None:
    car = house.vehicle(["DE8ACCLONG0016"])
    async with scene(house, "1.6") as here:
        report = await here.charge(car)
        (finding,) = await here.csms.store.findings("CS001")
        log = here.log(REFUSED)
    assert not report.good
    assert car.codes("CertificateInstallationRes") == ["WARNING_NoCertificateAvailable"]
    assert finding.rule == "certificates:contracts"
    assert "characters, more than OCPP 1.6 carries" in finding.what
    assert "longer than this version of OCPP carries" in log


# --- several contracts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.req("M01.FR.03", "M01.FR.06", "M01.FR.07")
async def test_a_vehicle_gets_all_its_contracts_and_pays_by_the_one_it_wants(house: House) -> None:
    """Each answer brings one and the number of those that follow; the one it wants most comes first, and is used first."""
    car = house.vehicle([FIRST, SECOND, THIRD])
    async with scene(house, "2.1") as here:
        await here.knows(FIRST, SECOND, THIRD)
        report = await here.charge(car, emaids=(SECOND,))
        bill = await here.booked()
        asked = await here.asked()
    assert report.good, report
    finished = [one for one in car.of("CertificateInstallationRes") if one.evse_processing == "Finished"]
    assert [one.remaining_contract_certificate_chains for one in finished] == [2, 1, 0]
    assert car.emaids == [SECOND, THIRD, FIRST]
    assert bill.id_token is not None
    assert bill.id_token.value == SECOND
    assert len(asked) == 3
    assert all(one == asked[0] for one in asked)
    assert (asked[0]["maximumContractCertificateChains"], asked[0]["prioritizedEMAIDs"]) == (5, [SECOND])


async def test_after_a_contract_that_is_refused_the_next_one_is_shown(house: House) -> None:
    """The CSMS has the second customer alone on record; the refusal of the first is not that of the second."""
    car = house.vehicle(["DE8ACCKNOWN001", "DE8ACCKNOWN002"])
    async with scene(house, "2.1") as here:
        await here.knows("DE8ACCKNOWN001")
        report = await here.charge(car, emaids=("DE8ACCKNOWN002",))
        bill = await here.booked()
        log = here.log(REFUSED)
    assert report.good, report
    assert car.codes("AuthorizationRes") == ["WARNING_GeneralPnCAuthorizationError", "OK"]
    assert bill.id_token is not None
    assert bill.id_token.value == "DE8ACCKNOWN001"
    assert "The contract DE8ACCKNOWN002 is not accepted" in log


# --- wrong ones: the ResponseCode of the standard, and a sentence in the log -----------------------------------------------------------


async def test_provisioning_certificates_that_are_not_good(house: House, tmp_path: Path) -> None:
    """Of a maker nobody knows; then he is trusted, and it has expired."""
    with a_maker(tmp_path, days_ago=30) as maker:
        unknown = house.vehicle(["DE8ACCWRONG001"], maker=maker)
        expired = house.vehicle(["DE8ACCWRONG002"], maker=maker, days=1)
        async with scene(house, "2.1") as here:
            await here.charge(unknown)
            house.pool.trust([maker.chain("oem-root")[0]])
            await here.charge(expired)
            log = here.log(REFUSED)
    assert unknown.codes("CertificateInstallationRes") == ["WARNING_CertificateValidationError"]
    assert expired.codes("CertificateInstallationRes") == ["WARNING_CertificateExpired"]
    assert "WARNING_CertificateValidationError: The certificate of" in log
    assert "WARNING_CertificateExpired: The certificate of" in log
    assert (unknown.emaids, expired.emaids) == ([], [])


async def test_a_contract_that_the_pool_has_revoked(house: House) -> None:
    """It is not accepted any more, and no vehicle gets it."""
    emaid = "DE8ACCREVOKED1"
    new, old = house.vehicle([emaid]), house.vehicle()
    holder = house.pool.holder(house.pool.current(house.pool.contract(emaid)))
    old.gets(emaid, (holder.certificate, *holder.subs), holder.key)
    house.pool.end(emaid, Reason.KEY_COMPROMISE)
    async with scene(house, "2.0.1") as here:
        await here.knows(emaid)
        reports = [await here.charge(old), await here.charge(new)]
        log = here.log(REFUSED)
    assert [one.good for one in reports] == [False, False]
    assert old.codes("AuthorizationRes") == ["WARNING_CertificateRevoked"]
    assert new.codes("CertificateInstallationRes") == ["WARNING_NoContractMatchingPCIDFound"]
    assert f"The contract {emaid} is not accepted with WARNING_CertificateRevoked: its certificate is revoked." in log
    assert "WARNING_NoContractMatchingPCIDFound: There is no contract for the vehicle" in log


async def test_a_contract_of_a_root_that_nobody_knows(house: House, tmp_path: Path) -> None:
    emaid = "DE8ACCSTRANGE1"
    car = house.vehicle()
    with a_house(tmp_path, "Stranger") as other:
        issued, key = issue_with_key(other.office, Wanted("contract", emaid), "a test")
        car.gets(emaid, other.office.chain_of(issued)[:-1], key)
    async with scene(house, "2.1") as here:
        await here.knows(emaid)
        report = await here.charge(car)
        log = here.log(REFUSED)
    assert not report.good
    assert car.codes("AuthorizationRes") == ["WARNING_CertificateValidationError"]
    assert (
        f"The contract {emaid} is not accepted with WARNING_CertificateValidationError: its chain leads to no root"
        in log
    )


# --- curves --------------------------------------------------------------------------------------------------------------------------


def with_lab_contract(house: House, emaid: str, tls: KeyKind) -> Driver:
    """A vehicle with a contract on P-256."""
    car = house.vehicle(kind=tls)
    issued, key = issue_with_key(house.office, Wanted("contract", emaid, key=KeyKind.EC_P256), "a test")
    car.gets(emaid, house.office.chain_of(issued)[:-1], key)
    return car


async def test_a_test_bench_on_p_256_is_served_where_the_station_is_set_to_lab(house: House) -> None:
    """Certificates of both in TLS, and the contract that signs, are on P-256; with the standard's setting none of them is taken."""
    emaid = "DE8ACCLAB00001"
    car, signer = (with_lab_contract(house, emaid, tls) for tls in (KeyKind.EC_P256, KeyKind.EC_P521))
    async with scene(house, "2.1", secc={"keys": KeyKind.EC_P256, "suites": "lab", "receipts": 5}) as here:
        await here.knows(emaid)
        report = await here.charge(car, lab=True)
        bill = await here.booked()
    assert report.good, report
    assert report.receipts > 0
    assert bill.id_token is not None
    assert bill.id_token.value == emaid
    async with scene(house, "2.1") as here:
        await here.knows(emaid)
        await here.charge(car, lab=True)
        refused = here.log(TURNED_AWAY)
        await here.charge(signer, lab=True)
        found = here.log(FOUND)
    assert "Its key is EC P-256, and ed448 or secp521r1 is wanted." in refused
    assert signer.codes("AuthorizationRes") == ["WARNING_GeneralPnCAuthorizationError"]
    assert "The signature of AuthorizationReq is not good" in found
