"""Charge point under test, 1.6: the local list (Local Auth List Management) and reservations (Reservation)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotwire.ocpp import v16
from tests.support.world16 import World16, names, only, shown


def _entry(tag: str, parent: str | None = None) -> v16.AuthorizationData:
    return v16.AuthorizationData(id_tag=tag, id_tag_info=v16.IdTagInfo(status="Accepted", parent_id_tag=parent))


def _send(world: World16, version: int, kind: str, *entries: v16.AuthorizationData) -> str:
    request = v16.SendLocalListRequest(
        list_version=version,
        update_type=kind,  # type: ignore[arg-type]
        local_authorization_list=list(entries),
    )
    status: str = world.asks(request).status
    return status


def _version(world: World16) -> int:
    number: int = world.asks(v16.GetLocalListVersionRequest()).list_version
    return number


def _reserve(
    world: World16, tag: str = "ANNA", *, connector: int = 1, seconds: float = 600, parent: str | None = None
) -> str:
    request = v16.ReserveNowRequest(
        connector_id=connector,
        expiry_date=world.now + timedelta(seconds=seconds),
        id_tag=tag,
        parent_id_tag=parent,
        reservation_id=1,
    )
    status: str = world.asks(request).status
    return status


def _reserved(world: World16, **more: object) -> None:
    world.fresh()
    assert _reserve(world, **more) == "Accepted"  # type: ignore[arg-type]
    assert shown(world.fresh())[-1] == "Reserved"


# --- the list ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:3.5.2", "1.6:5.15")
def test_tc_008_cs() -> None:
    """A tag of the list is started from afar without asking, though the central system answers slowly."""
    world = World16()
    world.configure(LocalPreAuthorize="true", AuthorizeRemoteTxRequests="true")
    assert _version(world) == 0
    assert _send(world, 1, "Full", _entry("ANNA")) == "Accepted"
    world.plug()
    assert shown(world.fresh())[-1] == "Preparing"
    assert world.asks(v16.RemoteStartTransactionRequest(id_tag="ANNA", connector_id=1)).status == "Accepted"
    world.pass_time(5, step=1)
    told = world.fresh()
    assert "AuthorizeRequest" not in names(told)
    assert len(only(v16.StartTransactionRequest, told)) == 1
    assert shown(told)[-1] == "Charging"


@pytest.mark.req("1.6:5.10")
def test_tc_042_2_cs() -> None:
    """An empty list has the version 0."""
    world = World16()
    assert _send(world, 1, "Full") == "Accepted"
    assert _version(world) == 0


@pytest.mark.req("1.6:5.15")
def test_tc_043_cs() -> None:
    """A full list and then a change are taken."""
    world = World16()
    assert _send(world, 1, "Full", _entry("ANNA")) == "Accepted"
    assert _send(world, 2, "Differential", _entry("BERT")) == "Accepted"
    assert _version(world) == 2


@pytest.mark.req("1.6:5.15")
def test_tc_043_2_cs() -> None:
    """A change of an older version is refused, and the version stays."""
    world = World16()
    assert _send(world, 2, "Full", _entry("ANNA")) == "Accepted"
    assert _version(world) == 2
    assert _send(world, 5, "Differential", _entry("BERT")) == "Accepted"
    assert _version(world) == 5
    assert _send(world, 4, "Differential", _entry("CARL")) == "VersionMismatch"
    assert _version(world) == 5


# --- reservations ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("1.6:5.13", "1.6:4.9")
def test_tc_046_1_cs() -> None:
    """Only the tag that reserved starts."""
    world = World16()
    _reserved(world)
    world.tap("CARL")
    world.pass_time(5)
    assert "StartTransactionRequest" not in names(world.fresh())
    world.tap("ANNA")
    assert shown(world.fresh())[-1] == "Preparing"
    world.plug()
    world.pass_time(5, step=1)
    told = world.fresh()
    (start,) = only(v16.StartTransactionRequest, told)
    assert (start.id_tag, start.reservation_id) == ("ANNA", 1)
    assert shown(told)[-1] == "Charging"


@pytest.mark.req("1.6:5.13")
def test_tc_046_2_cs() -> None:
    """So it is from afar."""
    world = World16()
    _reserved(world)
    assert world.asks(v16.RemoteStartTransactionRequest(id_tag="CARL", connector_id=1)).status == "Rejected"
    assert world.asks(v16.RemoteStartTransactionRequest(id_tag="ANNA", connector_id=1)).status == "Accepted"
    world.plug()
    world.pass_time(5, step=1)
    (start,) = world.said(v16.StartTransactionRequest)
    assert (start.id_tag, start.reservation_id) == ("ANNA", 1)


@pytest.mark.req("1.6:5.13")
def test_tc_047_cs() -> None:
    """A reservation that is not used ends; then anybody charges."""
    world = World16()
    _reserved(world, seconds=60)
    world.pass_time(61)
    assert shown(world.fresh()) == ["Available"]
    world.charge("CARL")


@pytest.mark.req("1.6:5.13")
@pytest.mark.parametrize("connector", [1, 0], ids=["TC_048_1", "TC_050_1"])
def test_faulted(connector: int) -> None:
    """A fault answers for the connector, or for all."""
    world = World16()
    world.does(world.hardware.raise_fault("GROUND_FAILURE", 1, 1))
    assert _reserve(world, connector=connector) == "Faulted"


@pytest.mark.req("1.6:5.13")
@pytest.mark.parametrize("connector", [1, 0], ids=["TC_048_2", "TC_050_2"])
def test_occupied(connector: int) -> None:
    """So does a vehicle."""
    world = World16()
    world.plug()
    assert _reserve(world, connector=connector) == "Occupied"


@pytest.mark.req("1.6:5.13")
@pytest.mark.parametrize("connector", [1, 0], ids=["TC_048_3", "TC_050_3"])
def test_unavailable(connector: int) -> None:
    """So does being out of use."""
    world = World16()
    world.asks(v16.ChangeAvailabilityRequest(connector_id=connector, type="Inoperative"))
    assert _reserve(world, connector=connector) == "Unavailable"


@pytest.mark.req("1.6:5.13")
def test_tc_049_cs() -> None:
    """A reservation of the charge point keeps a connector for its tag: nobody else gets the last one."""
    world = World16()
    assert _reserve(world, connector=0) == "Accepted"
    assert shown(world.fresh())[-1] == "Reserved"
    world.plug()
    world.tap("CARL")
    world.pass_time(5)
    assert world.said(v16.StartTransactionRequest) == []
    world.tap("ANNA")
    world.pass_time(5, step=1)
    (start,) = world.said(v16.StartTransactionRequest)
    assert start.id_tag == "ANNA"


@pytest.mark.req("1.6:5.4")
def test_tc_051_cs() -> None:
    """Cancelled: available again, and anybody charges."""
    world = World16()
    _reserved(world)
    assert world.asks(v16.CancelReservationRequest(reservation_id=1)).status == "Accepted"
    assert shown(world.fresh()) == ["Available"]
    world.charge("CARL")
    (start,) = world.said(v16.StartTransactionRequest)
    assert start.reservation_id is None


@pytest.mark.req("1.6:5.4")
def test_tc_052_cs() -> None:
    """One that is not there is not cancelled."""
    assert World16().asks(v16.CancelReservationRequest(reservation_id=9)).status == "Rejected"


@pytest.mark.req("1.6:5.13")
def test_tc_053_cs() -> None:
    """Another tag of the same parent uses it."""
    world = World16()
    _reserved(world, parent="FAMILY")
    world.tap("BERT")
    world.plug()
    world.pass_time(5, step=1)
    (start,) = world.said(v16.StartTransactionRequest)
    assert start.id_tag == "BERT"
