"""Why a command was not done, in the standard's reason codes (2.x appendix)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pilotwire.domain import device_model as dm
from pilotwire.domain import monitoring as mon
from pilotwire.domain.authorization import ClearCache
from pilotwire.domain.availability import ChangeAvailability
from pilotwire.domain.certificates import CertificateKind, GetInstalledCertificates, InstallCertificate
from pilotwire.domain.display import GetDisplayMessages
from pilotwire.domain.identity import AdditionalInfo, EvseAddress, IdToken
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.domain.local_list import SendLocalList, UpdateType
from pilotwire.domain.provisioning import RegistrationStatus, Reset, ResetKind, TriggerMessage
from pilotwire.domain.remote_control import RequestStart, RequestStop, UnlockConnector
from pilotwire.domain.reservation import CancelReservation, Reservation, ReserveNow
from pilotwire.station.core import refusals
from tests.support.station_world import START, StationWorld

ANNA = IdToken(value="ANNA", type="ISO14443")
CODES = frozenset(
    {
        "CSNotAccepted",
        "FixedCable",
        "FwUpdateInProgress",
        "InvalidCertificate",
        "InvalidIdToken",
        "InvalidMessageSeq",
        "InvalidProfile",
        "InvalidValue",
        "MissingParam",
        "NotEnabled",
        "NotFound",
        "OutOfStorage",
        "TooManyElements",
        "TxInProgress",
        "TxNotFound",
        "UnknownConnectorId",
        "UnknownConnectorType",
        "UnknownEvse",
        "UnsupportedParam",
        "UnsupportedRequest",
        "ValueOutOfRange",
    }
)
"""Those of the appendices of both 2.0.1 and 2.1 that commands are refused with here."""


def _reserve(**more: Any) -> ReserveNow:
    return ReserveNow(
        reservation=Reservation(
            **({"reservation_id": 1, "expires_at": START + timedelta(hours=1), "id_token": ANNA} | more)
        )
    )


def _code(world: StationWorld, command: Command) -> str | None:
    outcome = world.command(command)
    assert isinstance(outcome, Outcome)
    assert world.why is None or world.why.code in CODES
    return world.why.code if world.why is not None else None


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Reset(kind=ResetKind.IMMEDIATE, evse=9), "UnknownEvse"),
        (Reset(kind=ResetKind.RESUME), "NotEnabled"),
        (ChangeAvailability(operative=False, address=EvseAddress(evse=9)), "UnknownEvse"),
        (ChangeAvailability(operative=False, address=EvseAddress(evse=1, connector=9)), "UnknownConnectorId"),
        (ChangeAvailability(operative=False, address=EvseAddress(evse=1)), None),
        (RequestStart(id_token=ANNA, evse=9), "UnknownEvse"),
        (
            RequestStart(id_token=IdToken(value="A", additional=(AdditionalInfo(value="x", type="y"),) * 99), evse=1),
            "TooManyElements",
        ),
        (RequestStart(id_token=ANNA, evse=1), None),
        (RequestStop(transaction_id="none"), "TxNotFound"),
        (UnlockConnector(evse=9), "UnknownEvse"),
        (UnlockConnector(evse=1, connector=9), "UnknownConnectorId"),
        (_reserve(evse=9), "UnknownEvse"),
        (_reserve(evse=1, expires_at=START - timedelta(hours=1)), "InvalidValue"),
        (_reserve(connector_type="cCCS2"), "UnknownConnectorType"),
        (_reserve(evse=1), None),
        (CancelReservation(reservation_id=5), "NotFound"),
        (TriggerMessage(message="TransactionEvent"), "TxNotFound"),
        (TriggerMessage(message="StatusNotification", address=EvseAddress(evse=9, connector=1)), "UnknownEvse"),
        (TriggerMessage(message="BootNotification"), "InvalidMessageSeq"),
        (TriggerMessage(message="Whatever"), "UnsupportedRequest"),
        (dm.GetReport(request_id=1, variables=(dm.ComponentVariable(component="Nobody"),)), "NotFound"),
        (mon.GetMonitoringReport(request_id=1), "NotFound"),
        (mon.SetMonitoringLevel(severity=10), "ValueOutOfRange"),
        (mon.AdjustEventStream(stream_id=1, params=mon.StreamParams(interval=1)), "NotFound"),
        (GetDisplayMessages(request_id=1), "NotFound"),
        (GetInstalledCertificates(), "NotFound"),
        (InstallCertificate(kind=CertificateKind.MO_ROOT, certificate="rubbish"), "InvalidCertificate"),
    ],
)
def test_a_station_at_rest(command: Command, code: str | None) -> None:
    assert _code(StationWorld(), command) == code


@pytest.mark.parametrize(
    ("variables", "command", "code"),
    [
        ({"AuthCacheCtrlr.Enabled": "false"}, ClearCache(), "NotEnabled"),
        ({"ReservationCtrlr.Enabled": "false"}, _reserve(evse=1), "NotEnabled"),
        ({"ReservationCtrlr.NonEvseSpecific": "false"}, _reserve(), "MissingParam"),
        (
            {"LocalAuthListCtrlr.Enabled": "false"},
            SendLocalList(version=1, update=UpdateType.FULL),
            "NotEnabled",
        ),
    ],
)
def test_a_station_without_a_feature(variables: dict[str, str], command: Command, code: str) -> None:
    assert _code(StationWorld(variables=variables), command) == code


def test_a_station_in_use() -> None:
    world = StationWorld()
    world.plug()
    world.tap("ANNA")
    assert _code(world, RequestStart(id_token=ANNA, evse=1)) == "TxInProgress"
    assert _code(world, UnlockConnector(evse=1)) in ("TxInProgress", "FixedCable")


def test_a_place_that_is_reserved_for_another() -> None:
    world = StationWorld()
    world.command(_reserve(evse=1, id_token=IdToken(value="CARL", type="ISO14443")))
    assert _code(world, RequestStart(id_token=ANNA, evse=1)) == "InvalidIdToken"
    world.command(ChangeAvailability(operative=False, address=EvseAddress(evse=1)))
    assert _code(world, RequestStart(id_token=ANNA, evse=1)) == "NotEnabled"


def test_a_station_that_was_not_accepted_yet() -> None:
    world = StationWorld(online=False)
    world.csms.registration = RegistrationStatus.PENDING
    world.connect()
    for command in (RequestStart(id_token=ANNA, evse=1), RequestStop(transaction_id="x"), _reserve(evse=1)):
        assert _code(world, command) == "CSNotAccepted"


def test_one_report_at_a_time() -> None:
    world = StationWorld()
    world.csms.silent = lambda fact: isinstance(fact, dm.ReportPart)
    everything = dm.GetBaseReport(request_id=1, base=dm.ReportBase.FULL_INVENTORY)
    assert _code(world, everything) is None
    assert _code(world, everything) == "InvalidMessageSeq"


def test_only_commands_that_can_be_refused_are_explained() -> None:
    """What is not in the table is left as it is."""
    assert dm.GetVariables not in refusals._WHY
    assert mon.SetMonitoringBase not in refusals._WHY
