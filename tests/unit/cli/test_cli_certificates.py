"""`pilotwire certificates revoke`, `revoked` and `reinstate`, over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.csms.gateway.lab_certificates import new_authority, pem_of
from pilotwire.csms.registers.certificates import REQUESTS, SigningRequest
from pilotwire.csms.registers.revocations import REVOKED
from pilotwire.csms.store.ports import Page
from tests.support.api_rooms import NOON, ApiRooms, api_of, served
from tests.support.station_crls import issued

Run = Callable[..., Result]
REQUEST = "0123456789abcdef"
OPEN = "fedcba9876543210"
CA = new_authority("CA", NOON)


@pytest.fixture
def rooms() -> ApiRooms:
    """A CSMS with a request that was signed, and one that was not."""
    rooms = ApiRooms()
    chain = (pem_of(issued(CA, "CS-1", NOON)) + pem_of(CA.certificate)).decode()
    signed = SigningRequest(station="CS-1", key=REQUEST, csr="", subject="CN=CS-1", asked_at=NOON, chain=chain)
    waits = SigningRequest(station="CS-1", key=OPEN, csr="", subject="CN=CS-1", asked_at=NOON)
    asyncio.run(rooms.keep(REQUESTS.put("CS-1", REQUEST, signed), REQUESTS.put("CS-1", OPEN, waits)))
    return rooms


@pytest.fixture
def run(rooms: ApiRooms) -> Iterator[Run]:
    """Runs the command line against that CSMS."""
    with served(api_of(rooms)) as url:
        env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}
        yield lambda *words: CliRunner().invoke(cli.app, ["certificates", *words], env=env)


def test_revoked_and_reinstated(rooms: ApiRooms, run: Run, tmp_path: Path) -> None:
    """By the request it was made from, or by the certificate itself; how its id begins is enough to take that back."""
    made = run("revoke", "CS-1", "--request", REQUEST, "--reason", "sold")
    assert made.exit_code == 0, made.output
    file = tmp_path / "other.pem"
    file.write_bytes(pem_of(issued(CA, "CS-1", NOON)))
    assert run("revoke", "CS-1", "--file", str(file)).exit_code == 0
    kept = asyncio.run(rooms.store.records(REVOKED, "CS-1", Page()))
    assert {each.reason for each in kept} == {"sold", ""}
    listed = run("revoked", "CS-1").output
    assert all(each.key[:16] in listed for each in kept)
    assert run("reinstate", "CS-1", kept[0].key[:8]).exit_code == 0
    assert asyncio.run(rooms.store.records(REVOKED, "CS-1", Page())) == kept[1:]


def test_what_cannot_be_meant(run: Run, tmp_path: Path) -> None:
    """A sentence each."""
    for words, said in (
        (("revoke", "CS-1"), "Give either --request or --file"),
        (("revoke", "CS-1", "--request", OPEN), "no certificate was made of that request"),
        (("revoke", "CS-1", "--file", str(tmp_path / "none.pem")), "cannot be read"),
        (("reinstate", "CS-1", "ab"), "0 revoked certificates of CS-1 begin with 'ab'"),
    ):
        outcome = run(*words)
        assert outcome.exit_code != 0
        assert said in outcome.output or said in str(outcome.exception)
    assert "No certificate of the station was revoked here." in run("revoked", "CS-1").output
