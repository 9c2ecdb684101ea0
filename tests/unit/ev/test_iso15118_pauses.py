"""Paused sessions over the end of a process, how fast a station answered, and who makes which session."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from pilotwire.clock import ManualClock
from pilotwire.errors import ConfigError
from pilotwire.ev import Vehicle, vehicle
from pilotwire.ev.iso15118 import Intent, Making, PauseBook, make_session, speaking_vehicle, spoken
from pilotwire.ev.iso15118.exchanges import Exchanges, name_of, share
from pilotwire.ev.iso15118.sessions import name_of as protocol_name
from pilotwire.ev.iso15118.wallet import EmptyWallet, WalletOf
from pilotwire.iso15118 import iso2, sap
from pilotwire.iso15118.charging import Identification, Paused, Speaks, Transfer
from pilotwire.iso15118.net.hosting import Direction

PAUSED = Paused(b"\1" * 8, Speaks.ISO2, b"\2" * 6, Identification.EIM, Transfer.AC, facts={"a": b"\1", "b": 2})
SENT, RECEIVED = Direction.SENT, Direction.RECEIVED


def test_a_paused_session_is_there_again_with_its_battery(tmp_path: Path) -> None:
    book = PauseBook(tmp_path / "pause")
    car = vehicle("city-24", soc=33)
    book.snapshot, book.evcc_id = car.save, b"\3" * 6
    book.keep(PAUSED)
    again = PauseBook(tmp_path / "pause")
    assert (again.paused, again.evcc_id) == (PAUSED, b"\3" * 6)
    assert again.vehicle is not None
    assert Vehicle.restore(again.vehicle).soc_percent == pytest.approx(33)


def test_it_is_recalled_only_to_be_resumed() -> None:
    book = PauseBook()
    book.keep(PAUSED)
    assert book.recall() is None
    book.resuming = True
    assert book.recall() == PAUSED
    book.keep(None)
    assert (book.recall(), book.vehicle) == (None, None)


def test_what_is_over_leaves_no_file(tmp_path: Path) -> None:
    book = PauseBook(tmp_path / "pause")
    book.keep(PAUSED)
    book.keep(None)
    book.keep(None)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_pause_are_told(tmp_path: Path) -> None:
    (tmp_path / "pause").write_bytes(b"\x81\xa1a\x01")
    with pytest.raises(ConfigError, match="no file of a paused session"):
        PauseBook(tmp_path / "pause")
    with pytest.raises(ConfigError, match="cannot be read"):
        PauseBook(tmp_path)


def test_answers_are_timed_by_their_kind_and_held_against_the_protocol() -> None:
    heard = Exchanges()
    for sent, took in ((0.0, 0.010), (1.0, 0.020), (2.0, 0.030)):
        heard.heard(SENT, "CurrentDemandReq", sent, Speaks.ISO2)
        heard.heard(RECEIVED, "CurrentDemandRes", sent + took, Speaks.ISO2)
    heard.heard(SENT, "MeteringReceiptReq", 3.0, Speaks.ISO2)
    heard.heard(RECEIVED, "SessionStopRes", 4.0, Speaks.ISO2)  # nobody asked
    (demand,) = heard.answered()
    assert (demand.pair, demand.count, demand.limit, demand.late) == ("CurrentDemand", 3, 0.025, 1)
    assert (demand.p50, demand.p99) == (pytest.approx(0.020), pytest.approx(0.030))
    assert (heard.messages, heard.receipts) == (8, 1)


@pytest.mark.parametrize(
    ("speaks", "name", "limit"),
    [
        (None, "supportedAppProtocol", 1.5),
        (Speaks.DIN, "CurrentDemand", 0.025),
        (Speaks.ISO20_DC, "DC_ChargeLoop", 0.25),
    ],
)
def test_each_protocol_has_its_own_times(speaks: Speaks | None, name: str, limit: float) -> None:
    heard = Exchanges()
    heard.heard(SENT, f"{name}Req", 0, speaks)
    heard.heard(RECEIVED, f"{name}Res", 1, speaks)
    assert heard.answered()[0].limit == limit


@pytest.mark.parametrize(("part", "value"), [(0.5, 5), (0.99, 10), (0.0, 1)])
def test_shares_of_values(part: float, value: float) -> None:
    assert share(range(10, 0, -1), part) == value
    assert share([7], part) == 7


def test_what_messages_are_called() -> None:
    header = iso2.MessageHeader(session_id=b"\0")
    body = iso2.Body(body_element=iso2.ServiceDiscoveryReq())
    assert name_of(iso2.V2G_Message(header=header, body=body)) == "ServiceDiscoveryReq"
    assert name_of(sap.supportedAppProtocolReq(app_protocol=[])) == "supportedAppProtocolReq"
    assert name_of(None) == ""


@pytest.mark.parametrize("speaks", Speaks)
def test_every_protocol_has_a_session(speaks: Speaks) -> None:
    ev = speaking_vehicle("family-77", ManualClock(), Intent())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    making = Making(ev, WalletOf(EmptyWallet(), speaks), PauseBook(), bytes, now, interval=0.1, lab=True)
    session = make_session(speaks, making)
    assert name_of(session.start(now).message) == "SessionSetupReq"
    assert speaks in spoken()


def test_a_protocol_that_is_none_is_told() -> None:
    ev = speaking_vehicle("family-77", ManualClock(), Intent())
    making = Making(ev, EmptyWallet(), PauseBook(), bytes, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ConfigError, match="does not speak urn:tesla"):
        make_session(cast(Speaks, _Strange("urn:tesla")), making)
    assert protocol_name(Speaks.DIN) == "DIN SPEC 70121"


class _Strange(str):
    """A namespace that is no protocol of ours."""

    @property
    def value(self) -> str:
        return str(self)
