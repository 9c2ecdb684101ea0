"""What a station does with a token by its type: asked about or not, cached or not, written down or not (C02 to C08)."""

from __future__ import annotations

from typing import Any

import pytest

from pilotwire.station.core.memory import CacheMemory
from tests.support.wire_certificates import EMAID, PNC, Cased
from tests.support.wire_station import VERSIONS, Script, WireStation, events_of, info, named

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def _station(version: str, *tokens: str, **variables: str) -> WireStation:
    """A station whose CSMS accepts these tokens."""
    station = WireStation(version, script=Script(tokens=dict.fromkeys(tokens, info())), variables=variables)
    station.said()
    return station


def _present(station: WireStation, token: str, type_: str) -> None:
    """At the EVSE's reader (or key pad, or terminal), with the vehicle there."""
    station.plug()
    station.does(station.hardware.tap(token, 1, type_))
    station.pass_time(20)


def _is_cached(station: WireStation, token: str, type_: str) -> bool:
    asked = {"idToken": token, "type": type_}
    station.said()
    assert station.ask("CustomerInformation", requestId=1, report=True, clear=False, idToken=asked).status == "Accepted"
    return "Authorization cache" in "".join(one.data for one in named(station.said(), "NotifyCustomerInformation"))


@pytest.mark.req("C06.FR.01", "C06.FR.02", "C08.FR.01", "C04.FR.03")
@pytest.mark.parametrize("type_", ["Local", "ISO14443", "ISO15693", "KeyCode", "eMAID"])
def test_the_csms_is_asked_about_a_token_and_only_then_is_energy_offered(version: str, type_: str) -> None:
    station = _station(version, "T-1")
    station.plug()
    station.pass_time(60)
    assert station.hardware.meter(1).power_w == 0
    station.unplug()
    station.said()
    _present(station, "T-1", type_)
    (asked,) = named(station.said(), "Authorize")
    assert (asked.id_token.id_token, asked.id_token.type) == ("T-1", type_)
    assert station.hardware.meter(1).power_w > 0
    station.does(station.hardware.press_stop_button(1))
    station.unplug()
    assert _is_cached(station, "T-1", type_)


@pytest.mark.req("C03.FR.01", "C03.FR.02", "C05.FR.02")
def test_a_token_of_the_csms_itself_is_neither_asked_about_nor_cached(version: str) -> None:
    """Though the answers to its transaction judge it."""
    station = _station(version, "SERVER-1", **{"AuthCtrlr.AuthorizeRemoteStart": "true"})
    token = {"idToken": "SERVER-1", "type": "Central"}
    station.plug()
    assert station.ask("RequestStartTransaction", idToken=token, evseId=1, remoteStartId=1).status == "Accepted"
    station.pass_time(20)
    assert station.hardware.meter(1).power_w > 0
    said = station.said()
    assert named(said, "Authorize") == []
    assert "SERVER-1" in {event.id_token.id_token for event in events_of(said) if event.id_token is not None}
    assert not _is_cached(station, "SERVER-1", "Central")


@pytest.mark.req("C02.FR.03")
def test_who_needs_no_authorization_is_not_cached(version: str) -> None:
    """The answer to the transaction judges the empty token; it is not kept."""
    station = _station(version, "", **{"AuthCtrlr.Enabled": "false"})
    station.plug()
    station.pass_time(20)
    tokens = [event.id_token for event in events_of(station.said()) if event.id_token is not None]
    assert {(token.id_token, token.type) for token in tokens} == {("", "NoAuthorization")}
    assert station.core.variable("AuthCacheCtrlr.Storage") == "0"


@pytest.mark.req("C04.FR.04")
def test_a_key_code_is_in_no_note(version: str) -> None:
    """Neither accepted nor refused, at the reader and in what the station writes for people."""
    station = _station(version, "471147")
    _present(station, "081508", "KeyCode")
    for code in ("471147", "081508"):
        station.does(station.hardware.tap(code, 1, "KeyCode"))
        station.pass_time(5)
    shown = [*station.notes, *map(str, station.hardware.display.values())]
    assert not any(code in text for text in shown for code in ("471147", "081508"))


@pytest.mark.req("C01.FR.26")
def test_an_authorization_that_nobody_uses_ends(version: str) -> None:
    station = _station(
        version, "T-1", **{"TxCtrlr.EVConnectionTimeOut": "30", "TxCtrlr.TxStartPoint": "PowerPathClosed"}
    )
    station.does(station.hardware.tap("T-1", 1))
    station.pass_time(31)
    station.plug()
    station.pass_time(30)
    assert station.hardware.meter(1).power_w == 0
    assert station.events == []


@pytest.mark.req("C07.FR.10")
@pytest.mark.parametrize("status", ["Accepted", "Blocked"])
def test_a_contract_offline_is_judged_by_the_local_list(version: str, status: str) -> None:
    """Its certificate is good here, and the list says whether its eMAID may charge."""
    offline = {"ISO15118Ctrlr.ContractValidationOffline": "true", "AuthCtrlr.OfflineTxForUnknownIdEnabled": "false"}
    station = Cased(version, **PNC, **offline, **{"LocalAuthListCtrlr.Enabled": "true"})
    station.with_roots()
    entry: dict[str, Any] = {"idToken": {"idToken": EMAID, "type": "eMAID"}, "idTokenInfo": {"status": status}}
    sent = station.ask("SendLocalList", versionNumber=1, updateType="Full", localAuthorizationList=[entry])
    assert sent.status == "Accepted"
    station.cut()
    station.contract()
    assert station.charges is (status == "Accepted")


@pytest.mark.req("C10.FR.09")
@pytest.mark.parametrize("tariffs", [True, False], ids=["tariffs", "no tariffs"])
def test_what_a_driver_was_told_of_prices_is_not_cached(version: str, tariffs: bool) -> None:
    """Where there are no tariffs the message is about something else, and shown again."""
    station = _station(version, "T-1", **{"TariffCostCtrlr.Enabled[Tariff]": str(tariffs).lower()})
    station.script.tokens["T-1"]["personalMessage"] = {"format": "UTF8", "content": "0.30 EUR a kWh"}
    _present(station, "T-1", "ISO14443")
    assert "0.30 EUR a kWh" in str(station.hardware.display[1])
    saved = station.storage.load()
    assert saved is not None
    cache = saved.part(CacheMemory)
    assert cache is not None
    (entry,) = cache.entries.values()
    assert entry.verdict.accepted
    assert entry.verdict.message == (None if tariffs else "0.30 EUR a kWh")
