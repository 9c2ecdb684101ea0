"""The pool of contracts: what is kept, across restarts and beside another program; whom it belongs to; how it is renewed and ends."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pilotwire.ca.renewing import renew as renew_at_authority
from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError, StoreError
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.mobility import Pool
from pilotwire.mobility import register as register_module
from pilotwire.mobility.pool import can_serve
from pilotwire.mobility.register import REGISTER, Register
from pilotwire.pki import PkiFault
from pilotwire.pki.revocation import Reason
from tests.support.mobility_scene import EMAID, OTHER_EMAID, OTHER_PCID, PCID, THIRD_EMAID, a_car, an_operator
from tests.support.pki_world import NEW_YEAR, PASSWORD, same_office

DAY = 86_400


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


@pytest.fixture
def pool(tmp_path: Path, clock: ManualClock) -> Iterator[Pool]:
    with an_operator(tmp_path / "ca", clock) as office, Pool(office) as made:
        yield made


def test_what_is_kept_is_there_after_a_restart_and_beside_another_program(pool: Pool, clock: ManualClock) -> None:
    """Files and keys are their owner's; no key lies there in clear."""
    first = pool.add(EMAID, [PCID], "me")
    folder = pool.office.folder
    with same_office(folder, clock) as office, Pool(office) as other:
        other.add(OTHER_EMAID, [PCID], "somebody else")
        again = other.newest(other.contract(EMAID))
        assert again.issued == first.issued
        assert other.holder(again).key.public_key() == first.issued.certificate.public_key()
    assert [each.emaid for each in pool.contracts_of(PCID)] == [EMAID, OTHER_EMAID]
    assert stat.filemode((folder / REGISTER).stat().st_mode) == "-rw-------"
    for key in (folder / "keys").glob("contract-*.pem"):
        assert b"ENCRYPTED" in key.read_bytes()
        assert PASSWORD.encode() not in key.read_bytes()


def test_a_register_of_an_older_version_is_used_on(pool: Pool) -> None:
    """Version 1 did not keep which contract is next; everything else in it stays."""
    pool.add(EMAID, [PCID], "me")
    with closing(sqlite3.connect(pool.office.folder / REGISTER)) as file:
        file.executescript("drop table following; pragma user_version = 1")
    pool.close()
    with closing(Register(pool.office.folder)) as register:
        assert [each.emaid for each in register.contracts()] == [EMAID]
        assert [register.next_place("a", 2) for _ in range(3)] == [0, 1, 0]
    with closing(sqlite3.connect(pool.office.folder / REGISTER)) as file:
        file.execute("pragma user_version = 9")
    with pytest.raises(StoreError, match="another version of this program"):
        Register(pool.office.folder)


def test_requests_that_are_never_asked_to_the_end_do_not_fill_the_register(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest is forgotten: it begins with the first contract again."""
    monkeypatch.setattr(register_module, "_MOST_FOLLOWING", 2)
    assert [pool.register.next_place(each, 5) for each in ("a", "b", "b", "c")] == [0, 0, 1, 0]
    assert [pool.register.next_place(each, 5) for each in ("c", "b", "a")] == [1, 2, 0]


def test_half_a_contract_is_none(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fails between the certificate and the contract: nobody gets anything, and it can be added again."""

    def fails(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(pool.register, "hold", fails)
        with pytest.raises(StoreError):
            pool.add(EMAID, [PCID], "me")
    assert pool.register.contracts() == []
    assert pool.contracts_of(PCID) == []
    assert pool.add(EMAID, [PCID], "me").contract.vehicles == (PCID,)


def test_a_contract_gets_more_vehicles_but_none_with_other_keys(pool: Pool) -> None:
    a_car(pool.office)
    a_car(pool.office, OTHER_PCID, Edition.ISO20)
    first = pool.add(EMAID, [PCID], "me")
    more = pool.add(EMAID, ["WMIV1234567890ABCF"], "me")
    assert more.issued == first.issued
    assert more.contract.vehicles == (PCID, "WMIV1234567890ABCF")
    with pytest.raises(ConfigError, match="another kind of key"):
        pool.add(EMAID, [OTHER_PCID], "me")
    with pytest.raises(ConfigError, match="keys of different kinds"):
        pool.add(OTHER_EMAID, [PCID, OTHER_PCID], "me")


def test_an_emaid_is_the_same_with_hyphens_and_check_digit(pool: Pool) -> None:
    pool.add("de-8ac-c12e46l89", [PCID.lower()], "me")
    assert pool.contract("DE8ACC12E46L89").emaid == EMAID
    with pytest.raises(ConfigError, match="is there already"):
        pool.add(EMAID, [PCID], "me")


def test_what_the_authority_renewed_is_the_contract_s_newest(pool: Pool, clock: ManualClock) -> None:
    """`pki renew` keeps the key; `pki contract renew` makes another; both replace what was before."""
    old = pool.add(EMAID, [PCID], "me")
    clock.advance(30 * DAY)
    same_key = renew_at_authority(pool.office, old.issued, "the authority")
    assert pool.newest(pool.contract(EMAID)).issued == same_key
    assert pool.holder(pool.newest(pool.contract(EMAID))).certificate == same_key.certificate
    other_key = pool.renew(pool.contract(EMAID), "me").issued
    assert other_key.certificate.public_key() != same_key.certificate.public_key()
    assert pool.office.issued(same_key.serial).replaced_by == other_key.serial
    pool.end(EMAID, Reason.KEY_COMPROMISE)
    revoked = [pool.office.issued(each.serial).reason for each in (old.issued, same_key, other_key)]
    assert revoked == [Reason.KEY_COMPROMISE] * 3


def test_a_contract_whose_ca_ends_is_not_renewed_in_vain(pool: Pool, clock: ManualClock) -> None:
    """Its vehicle keeps what it has until the CA is renewed."""
    clock.advance((4 * 365 - 100) * DAY)
    pool.add(EMAID, [PCID], "me")  # as long as the CA that signs it
    with pytest.raises(PkiFault, match="ends no later"):
        pool.renew(pool.contract(EMAID), "me")
    clock.advance(80 * DAY)
    assert pool.current(pool.contract(EMAID)).issued == pool.newest(pool.contract(EMAID)).issued


def test_which_contracts_are_due(pool: Pool, clock: ManualClock) -> None:
    pool.add(EMAID, [PCID], "me", days=100)
    pool.add(OTHER_EMAID, [PCID], "me", days=200)
    pool.add(THIRD_EMAID, [PCID], "me", days=50)
    pool.end(THIRD_EMAID, Reason.CESSATION_OF_OPERATION)
    assert [each.emaid for each in pool.due(99)] == []
    assert [each.emaid for each in pool.due(101)] == [EMAID]
    clock.advance(150 * DAY)
    assert [each.emaid for each in pool.due(0)] == [EMAID]


def test_an_ended_contract_ends_once(pool: Pool) -> None:
    pool.add(EMAID, [PCID], "me")
    pool.end(EMAID, Reason.CESSATION_OF_OPERATION)
    with pytest.raises(PkiFault, match="has ended already"):
        pool.end(EMAID, Reason.CESSATION_OF_OPERATION)
    with pytest.raises(PkiFault, match="has ended"):
        pool.renew(pool.contract(EMAID), "me")


def test_an_authority_without_the_cas_has_no_pool(tmp_path: Path) -> None:
    with an_operator(tmp_path / "ca", hierarchies="csms,mo") as office:
        assert not can_serve(office)
        with pytest.raises(ConfigError, match="cps cannot be signed"):
            Pool(office)
        assert not (office.folder / REGISTER).exists()


def test_a_register_that_is_none_is_told(tmp_path: Path, clock: ManualClock) -> None:
    with an_operator(tmp_path / "ca", clock) as office:
        (office.folder / REGISTER).write_text("nonsense " * 200)
        with pytest.raises(StoreError, match="cannot be used"):
            Pool(office)
