"""The provisioning service: vehicles ask, and get their contracts; what is wrong is refused with the right code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotwire.ca.revoking import revoke
from pilotwire.clock import ManualClock
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.mobility import Answer, Pool, Provisioning, Question
from pilotwire.mobility.provisioning import NoRequest
from pilotwire.pki import KeyKind, PkiFault
from pilotwire.pki.keys import new_key
from pilotwire.pki.revocation import Reason
from tests.support.mobility_scene import (
    EMAID,
    OTHER_EMAID,
    OTHER_PCID,
    PCID,
    THIRD_EMAID,
    Car,
    a_car,
    an_operator,
    code_of,
    der,
)
from tests.support.pki_world import NEW_YEAR, same_office

DAY = 86_400


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


def asked(pool: Pool, exi: str, schema: str = "") -> Answer:
    return Provisioning(pool).next_answer(Question(exi, schema))


def test_a_vehicle_gets_its_contract_and_takes_it(pool: Pool, clock: ManualClock) -> None:
    """By the rules of -2: the answer is signed by the provisioning service, and the key opens with that of the vehicle."""
    car = a_car(pool.office)
    pool.add("DE-8AC-C12E46L89", [PCID], "me")
    told = asked(pool, car.asks(), car.schema)
    assert (told.code, told.emaid, told.remaining) == ("OK", EMAID, 0)
    got = car.takes(told.exi, clock.now())
    assert (got.good, got.emaid) == (True, EMAID), got.what
    assert got.certificates[0] == pool.newest(pool.contract(EMAID)).issued.certificate


def test_the_contract_is_renewed_before_it_ends_and_the_driver_does_not_notice(pool: Pool, clock: ManualClock) -> None:
    """While there is time everybody gets the same; then a new one with a new key, by an update as by an installation."""
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    first = car.takes(asked(pool, car.asks()).exi, clock.now())
    clock.advance(300 * DAY)
    same = car.takes(asked(pool, car.asks_for_an_update()).exi, clock.now(), update=True)
    assert same.certificates == first.certificates
    clock.advance(40 * DAY)
    told = asked(pool, car.asks_for_an_update())
    second = car.takes(told.exi, clock.now(), update=True)
    assert second.good, second.what
    assert second.emaid == EMAID
    assert second.certificates[0].public_key() != first.certificates[0].public_key()
    assert second.certificates[0].not_valid_after_utc > first.certificates[0].not_valid_after_utc
    third = car.takes(asked(pool, car.asks()).exi, clock.now())
    assert third.certificates == second.certificates
    assert pool.office.issued(f"{first.certificates[0].serial_number:x}").replaced_by


def test_a_request_signed_by_another_is_refused(pool: Pool) -> None:
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    told = asked(pool, car.asks(key=new_key(KeyKind.EC_P256)))
    assert (told.good, told.code, code_of(told.exi)) == (False, "FAILED_SignatureError", "FAILED_SignatureError")


def test_a_vehicle_without_a_contract_is_told_so(pool: Pool) -> None:
    told = asked(pool, a_car(pool.office).asks())
    assert (told.good, code_of(told.exi)) == (False, "FAILED_NoCertificateAvailable")
    assert PCID in told.reason


def test_a_vehicle_of_a_maker_nobody_knows_is_refused_until_he_is_trusted(pool: Pool, tmp_path: Path) -> None:
    """Its sub-CAs, which a request of -2 does not bring, must be known as well."""
    with an_operator(tmp_path / "maker", ManualClock(NEW_YEAR), hierarchies="oem") as maker:
        car = a_car(maker)
        root = maker.chain("oem-root")[0]
    pool.add(EMAID, [PCID], "me")
    assert asked(pool, car.asks()).code == "FAILED_CertChainError"
    with pytest.raises(PkiFault, match="is not good"):
        pool.know(car.chain)
    pool.trust([root])
    assert asked(pool, car.asks()).code == "FAILED_CertChainError"
    assert pool.know(car.chain) == PCID
    assert asked(pool, car.asks()).good


def test_a_stolen_vehicle_and_an_ended_contract_get_nothing(pool: Pool, clock: ManualClock) -> None:
    """The authority's revocation counts at once, for vehicles as for contracts."""
    car, other = a_car(pool.office), a_car(pool.office, OTHER_PCID)
    pool.add(EMAID, [PCID, OTHER_PCID], "me")
    assert other.takes(asked(pool, other.asks()).exi, clock.now()).good
    revoke(pool.office, f"{car.chain[0].serial_number:x}", Reason.KEY_COMPROMISE)
    assert asked(pool, car.asks()).code == "FAILED_CertificateRevoked"
    pool.end(EMAID, Reason.CESSATION_OF_OPERATION)
    assert asked(pool, other.asks()).code == "FAILED_NoCertificateAvailable"
    assert asked(pool, other.asks_for_an_update()).code == "FAILED_CertificateRevoked"
    clock.advance(DAY)
    again = pool.add(EMAID, [OTHER_PCID], "me")
    assert other.takes(asked(pool, other.asks()).exi, clock.now()).certificates[0] == again.issued.certificate


def test_a_certificate_the_authority_revoked_is_given_to_nobody_until_there_is_another(pool: Pool) -> None:
    car = a_car(pool.office)
    added = pool.add(EMAID, [PCID], "me")
    revoke(pool.office, added.issued.serial, Reason.KEY_COMPROMISE)
    told = asked(pool, car.asks())
    assert (told.code, "revoked" in told.reason) == ("FAILED_NoCertificateAvailable", True)
    pool.renew(pool.contract(EMAID), "me")
    assert asked(pool, car.asks()).good


@pytest.mark.req("M01.FR.06", "M01.FR.07")
def test_a_vehicle_of_20_gets_all_its_contracts_one_after_the_other(tmp_path: Path, clock: ManualClock) -> None:
    """The same request again brings the next; what it wants first comes first; after the last it begins anew."""
    with an_operator(tmp_path / "ca", clock, "-20") as office, Pool(office) as pool:
        car = a_car(office, edition=Edition.ISO20)
        for emaid in (EMAID, OTHER_EMAID, THIRD_EMAID):
            pool.add(emaid, [PCID], "me")
        service = Provisioning(pool)
        question = Question(car.asks(wished=(THIRD_EMAID,)), car.schema, most=3)
        told = [service.next_answer(question) for _ in range(4)]
        assert [(each.emaid, each.remaining) for each in told] == [
            (THIRD_EMAID, 2),
            (EMAID, 1),
            (OTHER_EMAID, 0),
            (THIRD_EMAID, 2),
        ]
        for each in told:
            got = car.takes(each.exi, clock.now())
            assert (got.good, got.emaid, got.remaining) == (True, each.emaid, each.remaining), got.what
        two = service.answers(Question(car.asks(most=2), car.schema, most=255))
        assert [(each.emaid, each.remaining) for each in two] == [(EMAID, 1), (OTHER_EMAID, 0)]
        uncounted = service.next_answer(Question(car.asks(most=2), car.schema))
        assert (uncounted.emaid, uncounted.remaining) == (EMAID, 0)
        stranger = a_car(office, OTHER_PCID, Edition.ISO20)
        assert code_of(asked(pool, stranger.asks()).exi) == "WARNING_NoContractMatchingPCIDFound"


@pytest.mark.req("M01.FR.07")
def test_which_contract_is_next_is_known_after_a_restart_and_beside_another_program(
    tmp_path: Path, clock: ManualClock
) -> None:
    """The rest comes, and nothing twice, whoever answers; another request, of the same vehicle too, begins with the first."""
    with an_operator(tmp_path / "ca", clock, "-20") as office, Pool(office) as pool:
        car = a_car(office, edition=Edition.ISO20)
        for emaid in (EMAID, OTHER_EMAID, THIRD_EMAID):
            pool.add(emaid, [PCID], "me")
        question = Question(car.asks(), car.schema, most=3)
        assert Provisioning(pool).next_answer(question).emaid == EMAID
    with same_office(tmp_path / "ca", clock) as office, Pool(office) as pool:
        assert Provisioning(pool).next_answer(question).emaid == OTHER_EMAID
        other = Question(car.asks(most=2), car.schema, most=3)
        assert Provisioning(pool).next_answer(other).emaid == EMAID
        with same_office(tmp_path / "ca", clock) as beside, Pool(beside) as second:
            last = Provisioning(second).next_answer(question)
            assert (last.emaid, last.remaining) == (THIRD_EMAID, 0)
        assert Provisioning(pool).next_answer(question).emaid == EMAID


def test_one_authority_serves_vehicles_of_both_editions(pool: Pool, clock: ManualClock) -> None:
    """Contract and service have keys as the vehicle has them."""
    cars = [a_car(pool.office), a_car(pool.office, OTHER_PCID, Edition.ISO20)]
    for car, emaid in zip(cars, (EMAID, OTHER_EMAID), strict=True):
        pool.add(emaid, [car.pcid], "me")
        got = car.takes(asked(pool, car.asks()).exi, clock.now())
        assert (got.good, got.emaid) == (True, emaid), got.what


@pytest.mark.parametrize("exi", ["", "no Base64!", "AAAA", "gJgC"])
def test_what_is_no_request_is_told_apart(pool: Pool, exi: str) -> None:
    with pytest.raises(NoRequest, match="cannot be read"):
        asked(pool, exi)


def test_an_answer_is_no_request(pool: Pool) -> None:
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    told = asked(pool, car.asks())
    with pytest.raises(NoRequest, match="asks for no contract certificate"):
        asked(pool, told.exi)


def test_a_maker_gets_a_contract_without_a_request(pool: Pool, clock: ManualClock) -> None:
    car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    told = Provisioning(pool).provide(EMAID, PCID, b"\x12\x34")
    assert car.takes(told.exi, clock.now()).good
    pool.add(OTHER_EMAID, [OTHER_PCID], "me")
    with pytest.raises(PkiFault, match="is not known"):
        Provisioning(pool).provide(OTHER_EMAID, OTHER_PCID)
    with pytest.raises(PkiFault, match="has no contract"):
        Provisioning(pool).provide(OTHER_EMAID, PCID)


def test_the_service_renews_its_own_certificate(pool: Pool, clock: ManualClock) -> None:
    """It lives two months; vehicles always see one that is good."""
    car: Car = a_car(pool.office)
    pool.add(EMAID, [PCID], "me")
    before = pool.service(Edition.ISO2).certificate
    assert pool.service(Edition.ISO2).certificate == before
    clock.advance(70 * DAY)
    assert car.takes(asked(pool, car.asks()).exi, clock.now()).good
    assert der(pool.service(Edition.ISO2).certificate) != der(before)
