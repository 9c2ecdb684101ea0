"""Renewing in time, on a clock of ours: what is due and by when, what is delivered, and what is told where it cannot be."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtensionOID

from pilotwire.ca import Issued, Office, Status
from pilotwire.ca.enrolling import Brought, Wanted, issue_with_key, sign_request
from pilotwire.ca.renewing import BY_ITSELF, Renewals, due_ones, newest, renew
from pilotwire.ca.revoking import revoke
from pilotwire.clock import ManualClock
from pilotwire.pki import PkiFault, check_chain, read_certificates
from pilotwire.pki.revocation import Reason
from tests.support.pki_world import a_clock, a_request, an_office, same_office

DAY = 86400.0


@pytest.fixture
def clock() -> ManualClock:
    return a_clock()


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock) -> Office:
    return an_office(tmp_path / "ca", clock)


def server(office: Office, name: str = "csms.example.org", days: int = 100) -> Issued:
    return issue_with_key(office, Wanted("csms-server", name, ("10.0.0.1",), days), "me", keep_as=name)[0]


def test_a_server_is_renewed_30_days_ahead_and_delivered(office: Office, clock: ManualClock, tmp_path: Path) -> None:
    first, told = server(office), []
    service = Renewals(office, 30, tmp_path / "deliver", told.append)
    assert service.once() == []
    chain_file, key_file = (tmp_path / "deliver" / f"csms.example.org{end}" for end in (".pem", "-key.pem"))
    assert read_certificates(chain_file.read_text())[0] == first.certificate
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key = key_file.read_bytes()

    clock.advance(69 * DAY)
    assert service.once() == []
    clock.advance(2 * DAY)
    (renewed,) = service.once()
    assert renewed.old.serial == first.serial
    assert renewed.new is not None
    new = renewed.new
    assert (new.asked_by, new.subject, new.certificate.public_key()) == (
        BY_ITSELF,
        first.subject,
        first.certificate.public_key(),
    )
    assert set(new.hosts) == set(first.hosts)
    assert round((new.until - clock.now()).total_seconds() / DAY) == 100
    assert office.issued(first.serial).status(clock.now()) is Status.REPLACED
    chain = read_certificates(chain_file.read_text())
    assert chain[0] == new.certificate
    assert check_chain(chain, [office.chain("csms-root")[0]], clock.now())
    assert key_file.read_bytes() == key
    assert load_pem_private_key(key, None).public_key() == chain[0].public_key()
    assert service.once() == []
    assert any("is renewed" in each for each in told)


def test_a_year_of_looking_each_week_leaves_no_day_without_a_good_certificate(
    office: Office, clock: ManualClock, tmp_path: Path
) -> None:
    server(office, days=90)
    service = Renewals(office, 30, tmp_path / "deliver")
    for _ in range(52):
        service.once()
        shown = read_certificates((tmp_path / "deliver" / "csms.example.org.pem").read_text())[0]
        assert shown.not_valid_before_utc <= clock.now() < shown.not_valid_after_utc
        clock.advance(7 * DAY)
    assert 6 <= len(office.book.named("csms.example.org")) <= 8


def test_only_what_has_its_key_here_is_renewed_by_itself(office: Office, clock: ManualClock) -> None:
    signed = sign_request(office, Brought(a_request("SN-1"), "station", "me"))
    clock.advance(350 * DAY)
    assert Renewals(office, 30, None).once() == []
    assert [each.serial for each in due_ones(office, 30)] == [signed.serial]
    new = renew(office, signed, "me")
    assert new.certificate.public_key() == signed.certificate.public_key()
    assert due_ones(office, 30) == []
    with pytest.raises(PkiFault, match="is replaced"):
        renew(office, signed, "me")


def test_what_is_revoked_is_neither_renewed_nor_delivered(office: Office, clock: ManualClock, tmp_path: Path) -> None:
    issued = server(office)
    revoke(office, issued.serial, Reason.KEY_COMPROMISE)
    clock.advance(90 * DAY)
    assert Renewals(office, 30, tmp_path / "deliver").once() == []
    assert list((tmp_path / "deliver").iterdir()) == []
    with pytest.raises(PkiFault, match="is revoked"):
        renew(office, office.issued(issued.serial), "me")


def test_a_ca_near_its_end_is_told_and_renewed_with_its_key(office: Office, clock: ManualClock) -> None:
    clock.advance((10 * 365 - 90) * DAY)
    issued, told = server(office), []
    clock.advance(75 * DAY)
    service = Renewals(office, 30, None, told.append)
    (failed,) = service.once()
    assert failed.new is None
    assert "Renew the CA first: pilotwire pki renew csms-ca" in failed.problem
    assert told == [f"{issued.name} is not renewed: {failed.problem}"]
    assert len(office.book.named(issued.name)) == 1

    old = office.chain("csms-ca")[0]
    ca = renew(office, newest(office, "csms-ca"), "me")
    assert ca.certificate.public_key() == old.public_key()
    assert office.chain("csms-ca")[0] == ca.certificate
    (done,) = service.once()
    assert done.new is not None
    assert done.new.until > issued.until
    assert check_chain(office.chain_of(done.new), None, clock.now())


def test_a_root_renews_itself(office: Office, clock: ManualClock) -> None:
    clock.advance((40 * 365 - 10) * DAY)
    root = renew(office, newest(office, "csms-root"), "me")
    assert root.until > clock.now()
    assert office.chain("csms-root") == (root.certificate,)
    renew(office, newest(office, "csms-ca"), "me")
    assert check_chain(office.chain("csms-ca"), [root.certificate], clock.now())


def test_a_renewal_keeps_the_extended_key_usage(office: Office) -> None:
    for extended in (True, False):
        wanted = Wanted("csms-server", "csms.example.org", extended=extended)
        new = renew(office, issue_with_key(office, wanted, "me")[0], "me", days=500)
        kinds = [each.oid for each in new.certificate.extensions]
        assert (ExtensionOID.EXTENDED_KEY_USAGE in kinds) is extended


def test_names_and_serial_numbers(office: Office) -> None:
    first = server(office)
    second = issue_with_key(office, Wanted("station", "csms-1"), "me")[0]
    third = issue_with_key(office, Wanted("csms-server", "csms-1"), "me")[0]
    assert newest(office, "csms.example.org") == newest(office, first.serial) == first
    with pytest.raises(PkiFault, match=rf"several kinds: {second.serial} \(station\), {third.serial}"):
        newest(office, "csms-1")
    with pytest.raises(PkiFault, match="no certificate of the name or serial number nobody"):
        newest(office, "nobody")


async def test_the_service_runs_until_it_is_stopped_and_mends_what_was_lost(
    office: Office, clock: ManualClock, tmp_path: Path
) -> None:
    server(office)
    folder, told = tmp_path / "deliver", []
    stopped = asyncio.Event()
    running = asyncio.create_task(Renewals(office, 30, folder, told.append).run(stopped, every=0.01))
    async with asyncio.timeout(30):
        while not any("csms.example.org.pem is written" in each for each in told):
            await asyncio.sleep(0.01)
        (folder / "csms.example.org.pem").unlink()
        while not (folder / "csms.example.org.pem").exists():
            await asyncio.sleep(0.01)
        clock.advance(80 * DAY)
        while not any("is renewed" in each for each in told):
            await asyncio.sleep(0.01)
        stopped.set()
        await running


def test_a_folder_that_cannot_be_written_is_told_and_tried_again(office: Office, tmp_path: Path) -> None:
    server(office)
    (tmp_path / "file").write_text("no folder")
    told: list[str] = []
    service = Renewals(office, 30, tmp_path / "file" / "deliver", told.append)
    service._once_whatever_happens()
    assert told
    assert "cannot be made" in told[0]
    (tmp_path / "file").unlink()
    service._once_whatever_happens()
    assert (tmp_path / "file" / "deliver" / "csms.example.org.pem").exists()


def test_two_programs_with_the_same_authority_renew_once(office: Office, clock: ManualClock, tmp_path: Path) -> None:
    issued = server(office)
    clock.advance(80 * DAY)
    other = same_office(tmp_path / "ca", clock)
    assert len(Renewals(other, 30, None).once()) == 1
    assert Renewals(office, 30, None).once() == []
    assert len(office.book.named(issued.name)) == 2
