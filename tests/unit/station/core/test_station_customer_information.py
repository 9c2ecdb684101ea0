"""What a station keeps of a customer, told and removed (N09, N10)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.domain.certificates import CertificateHash, HashAlgorithm
from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationPart,
    CustomerInformationStatus,
)
from pilotwire.domain.identity import IdToken
from pilotwire.station.core.customer_information import CLEARED, NOTHING
from tests.support.station_world import StationWorld

ANNA = IdToken(value="ANNA", type="ISO14443")
BERT = IdToken(value="BERT", type="ISO14443")
ACCEPTED = CustomerInformationStatus.ACCEPTED
REJECTED = CustomerInformationStatus.REJECTED


def _ask(world: StationWorld, **asked: Any) -> CustomerInformationStatus:
    fields = {"request_id": 4, "report": False, "clear": False} | asked
    outcome = world.command(CustomerInformation(**fields))
    assert isinstance(outcome, CustomerInformationOutcome)
    return outcome.status


def _parts(world: StationWorld) -> list[CustomerInformationPart]:
    return [fact for fact in world.csms.heard if isinstance(fact, CustomerInformationPart)]


def _text(world: StationWorld, **asked: Any) -> str:
    before = len(_parts(world))
    assert _ask(world, **asked) is ACCEPTED
    return "".join(part.data for part in _parts(world)[before:])


def _visited(token: str = "ANNA") -> StationWorld:
    """A station at which somebody has charged: the token is in the cache."""
    world = StationWorld()
    _visit(world, token)
    return world


def _visit(world: StationWorld, token: str) -> None:
    world.plug()
    world.tap(token)
    world.pass_time(30)
    world.tap(token)
    world.unplug()


def test_the_customer_is_told_apart_from_others() -> None:
    world = _visited()
    _visit(world, "BERT")
    assert "ANNA" in _text(world, report=True, id_token=ANNA)
    assert "ANNA" not in _text(world, report=True, id_token=BERT)
    assert _text(world, report=True, id_token=IdToken(value="ANNA", type="eMAID")) == NOTHING
    assert "ANNA" in _text(world, report=True, customer_identifier="anna")


@pytest.mark.req("N10.FR.03")
def test_cleared_is_gone_even_from_the_disk() -> None:
    world = _visited()
    _visit(world, "BERT")
    assert _text(world, clear=True, id_token=ANNA) == CLEARED
    world.kill()
    assert _text(world, report=True, id_token=ANNA) == NOTHING
    assert "BERT" in _text(world, report=True, id_token=BERT)


@pytest.mark.req("N09.FR.07", "N10.FR.07")
def test_neither_report_nor_clear() -> None:
    assert _ask(StationWorld(), id_token=ANNA) is REJECTED


@pytest.mark.req("N10.FR.05")
def test_what_is_in_use_is_not_cleared() -> None:
    """While the customer charges, nothing is removed; it is told all the same."""
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    assert _ask(world, clear=True, id_token=ANNA) is REJECTED
    assert f"Transaction {world.transaction} on EVSE 1" in _text(world, report=True, id_token=ANNA)
    assert "cache" in _text(world, report=True, id_token=ANNA)
    assert _ask(world, clear=True, id_token=BERT) is ACCEPTED


@pytest.mark.req("N09.FR.03")
def test_one_request_at_a_time() -> None:
    world = _visited()
    world.csms.silent = lambda fact: isinstance(fact, CustomerInformationPart)
    assert _ask(world, report=True, id_token=ANNA) is ACCEPTED
    assert _ask(world, report=True, id_token=ANNA) is REJECTED
    world.time_out()
    assert _ask(world, report=True, id_token=ANNA) is ACCEPTED


def test_a_certificate_of_which_nothing_is_kept() -> None:
    digest = CertificateHash(
        hash_algorithm=HashAlgorithm.SHA256, issuer_name_hash="aa", issuer_key_hash="bb", serial_number="01"
    )
    assert _text(StationWorld(), report=True, clear=True, customer_certificate=digest) == NOTHING


@pytest.mark.req("N09.FR.06", "N10.FR.04")
@pytest.mark.parametrize("clear", [False, True])
def test_one_message_says_that_nothing_is_kept(clear: bool) -> None:
    world = StationWorld()
    assert _ask(world, report=True, clear=clear, id_token=ANNA) is ACCEPTED
    (part,) = _parts(world)
    assert (part.seq_no, part.more, part.data) == (0, False, "")


@pytest.mark.req("N09.FR.05")
def test_a_long_text_comes_in_parts() -> None:
    """Facts that wait are told too: of many transactions the CSMS has not heard of."""
    world = _visited()
    world.cut()
    for _ in range(12):
        _visit(world, "ANNA")
    world.csms.silent = lambda fact: not isinstance(fact, CustomerInformationPart)
    world.connect()
    text = _text(world, report=True, id_token=ANNA)
    parts = _parts(world)
    assert len(parts) > 1
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    assert all(len(part.data) <= 512 for part in parts)
    assert text.count("wait for the CSMS") == 12
