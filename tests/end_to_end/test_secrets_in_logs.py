"""No secret stands in what a CSMS tells on its console, in its message log, its audit log or its findings."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from pilotwire.logs import configure_logging
from tests.support.entrance_secrets import login
from tests.support.entrances import IN, PASSWORDS, USER, USER_PASSWORD, Street, basic, plain, street, uploaded
from tests.support.pki_world import an_office

WRONG = "a-password-of-nobody"
APN, VPN, VPN_KEY, PIN = "apn-password-of-ours", "vpn-password-of-ours", "vpn-key-of-ours", 48151623
NEW = "the-next-password-0"


@contextmanager
def console() -> Iterator[StringIO]:
    """All that is told, even for debugging, as on the console."""
    kept, told = structlog.get_config(), StringIO()
    configure_logging("debug", stream=told)
    try:
        yield told
    finally:
        structlog.configure(**kept)


@pytest.fixture
async def it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[tuple[Street, StringIO]]:
    """A CSMS, and what it tells."""
    caplog.set_level(logging.WARNING)  # the console shows nothing less of libraries
    with console() as told:
        async with street(tmp_path, an_office(tmp_path / "ca")) as one:
            yield one, told


async def test_no_secret_is_in_a_log(it: tuple[Street, StringIO], caplog: pytest.LogCaptureFixture) -> None:
    """After passwords right and wrong, logins, keys, uploads by each protocol and settings with passwords for a station."""
    one, told = it
    secrets: dict[str, str] = {
        "the key": one.admin,
        "the station's password": PASSWORDS["CS001"],
        "as it is on the wire": basic("CS001", PASSWORDS["CS001"]).split()[1],
        "a wrong one": WRONG,
        "the user's": USER_PASSWORD,
        "of the mobile network": APN,
        "of the VPN": VPN,
        "the VPN's key": VPN_KEY,
        "the PIN": str(PIN),
        "the next": NEW,
    }
    assert await plain("CS001", basic("CS001", WRONG))(one) == "401"
    assert await plain("CS001", basic("CS001", PASSWORDS["CS001"]))(one) == IN
    assert await login(USER, WRONG)(one) == "401"
    secrets["a session"] = await one.login()
    secrets["another key"] = await one.key("board", scopes=["read"])
    assert (await one.http.get("/stations", headers={"X-API-Key": WRONG})).status_code == 401
    for protocol in ("http", "ftp", "sftp"):
        url = httpx.URL(await one.upload(protocol))
        secrets[f"of an upload by {protocol}"] = url.password or url.path.split("/")[2]
        assert await uploaded(str(url)) == IN
        assert await uploaded(str(url)) != IN
    network = await one.given("set-network-profile", configurationSlot=1, connectionData=_network())
    said = network["connectionData"]
    assert (said["apn"]["apnPassword"], said["vpn"]["password"], said["vpn"]["key"]) == (APN, VPN, VPN_KEY)
    await one.manage("PUT", "/stations/CS002", password=NEW)
    assert await plain("CS002", basic("CS002", NEW))(one) == IN

    shown = await _shown(one)
    for place, sentence in (
        ("the message log", "SetNetworkProfile"),
        ("the audit log", "/stations/{station}"),
        ("the findings", "CS001"),
    ):
        assert sentence in shown[place], place
    shown |= {"the console": told.getvalue(), "what libraries tell": caplog.text}
    assert "CS001" in shown["the console"]
    found = [(what, place) for what, secret in secrets.items() for place, text in shown.items() if secret in text]
    assert found == []


def _network() -> dict[str, Any]:
    return {
        "ocppCsmsUrl": "wss://csms.example.com/ocpp",
        "securityProfile": 2,
        "apn": {"apn": "internet", "apnPassword": APN, "simPin": PIN, "apnAuthentication": "CHAP"},
        "vpn": {"server": "vpn.example.com", "user": "us", "password": VPN, "key": VPN_KEY, "type": "IPSec"},
    }


async def _shown(one: Street) -> dict[str, str]:
    """What REST shows."""
    places = {
        "the message log": "/messages?limit=1000",
        "its export": "/messages/export",
        "the audit log": "/audit?limit=1000",
        "its export, too": "/audit/export",
        "the findings": "/findings",
        "the network profiles": "/stations/CS001/network-profiles",
        "the logs": "/stations/CS001/logs",
        "the stations": "/stations",
        "the users": "/users",
        "the keys": "/keys",
    }
    return {name: (await one.manage("GET", path)).text for name, path in places.items()}
