"""The station's own page: what it shows, what an installer sets there, and who is let in."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from pilotwire.clock import ManualClock
from pilotwire.simulator.building import make_vehicle
from pilotwire.station.control import control_api
from pilotwire.station.control.parameters import PARAMETERS, missing
from tests.support.scripted_csms import scripted_csms
from tests.support.station_lab import Lab, lab

SECRET = "open-sesame"
NOWHERE = "ws://127.0.0.1:9"


class Installer:
    """Somebody with a browser."""

    def __init__(self, http: httpx.AsyncClient, one: Lab, clock: ManualClock) -> None:
        self.http = http
        self.lab = one
        self.clock = clock

    async def parameters(self) -> dict[str, Any]:
        seen = (await self.http.get("/parameters")).json()
        return {one["name"]: one for group in seen["groups"] for one in group["parameters"]}

    async def login(self, password: str) -> httpx.Response:
        return await self.http.post("/login", json={"password": password})


@asynccontextmanager
async def installer(
    url: str = NOWHERE, version: str = "2.0.1", password: str | None = None, **more: Any
) -> AsyncIterator[Installer]:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    async with lab(url, version, **more) as one:
        api = control_api(one.station, make_vehicle, password=password, clock=clock)
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://station") as http:
            yield Installer(http, one, clock)


# --- parameters ------------------------------------------------------------------------------------------------------


async def test_every_parameter_of_the_trade_is_there_in_one_version_or_the_other() -> None:
    lacking = []
    for version in ("1.6", "2.0.1", "2.1"):
        async with installer(version=version) as somebody:
            lacking.append({parameter.label for parameter in missing(somebody.lab.station)})
            assert len(await somebody.parameters()) == len(PARAMETERS) - len(lacking[-1])
    of_16 = {"Long configuration values", "Integers for boolean keys"}
    assert lacking == [set(), of_16, of_16]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_parameter_is_set_and_is_what_the_csms_reads(version: str) -> None:
    async with scripted_csms() as csms:
        csms.version = version
        async with installer(csms.url, version) as somebody:
            await somebody.lab.until_accepted()
            name = "OCPPCommCtrlr.WebSocketPingInterval"
            answer = await somebody.http.post("/parameters", json={"name": name, "value": "44"})
            assert answer.status_code == 200, answer.text
            assert (await somebody.parameters())[name]["value"] == "44"
            if version == "1.6":
                told = await csms.call("GetConfiguration", {"key": ["WebSocketPingInterval"]})
                assert told["configurationKey"][0]["value"] == "44"
            else:
                asked = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "WebSocketPingInterval"}}
                told = await csms.call("GetVariables", {"getVariableData": [asked]})
                assert told["getVariableResult"][0]["attributeValue"] == "44"


async def test_a_secret_is_set_and_never_shown() -> None:
    async with installer() as somebody:
        name, value = "SecurityCtrlr.BasicAuthPassword", "a-very-secret-password"
        assert (await somebody.http.post("/parameters", json={"name": name, "value": value})).status_code == 200
        assert value not in (await somebody.http.get("/parameters")).text
        assert somebody.lab.station.core.variable(name) == value


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("No.Such", "1", "no variable"),
        ("OCPPCommCtrlr.HeartbeatInterval", "often", "cannot be"),
        ("SecurityCtrlr.SecurityProfile", "3", "only be read"),
        ("InstallerCtrlr.ConnectionType", "Pigeon", "cannot be"),
        ("InstallerCtrlr.WebSocketProxy", "http://proxy.example", "as things are"),
        ("OCPPCommCtrlr.WebSocketPingInterval", "10001", "cannot be"),
        ("InstallerCtrlr.ConnectionTimeout", "2", "cannot be"),
    ],
)
async def test_what_cannot_be_set_is_refused_with_a_sentence(name: str, value: str, says: str) -> None:
    async with installer() as somebody:
        answer = await somebody.http.post("/parameters", json={"name": name, "value": value})
        assert (answer.status_code, says in answer.json()["what"]) == (409, True), answer.text


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("InstallerCtrlr.ConnectionTimeout", "2", "It is a whole number from 3 to 300."),
        ("OCPPCommCtrlr.WebSocketPingInterval", "10001", "It is a whole number from 0 to 10000."),
        ("InstallerCtrlr.TlsStrictness", "None", "It is one of Full, SkipHostName."),
        ("InstallerCtrlr.ForceHeartbeat", "yes", "It is true or false."),
        ("SecurityCtrlr.BasicAuthPassword", "hunter2", "It is a text from 16 to 40 characters long."),
    ],
)
async def test_a_refusal_says_what_may_be(name: str, value: str, remedy: str) -> None:
    async with installer() as somebody:
        answer = await somebody.http.post("/parameters", json={"name": name, "value": value})
        assert (answer.status_code, answer.json()["remedy"]) == (409, remedy)
        assert "hunter2" not in answer.text


async def test_the_page_needs_nothing_from_elsewhere() -> None:
    async with installer() as somebody:
        page = await somebody.http.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "https://" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        about = (await somebody.http.get("/about")).json()
        assert (about["identity"], about["ocpp"], about["url"]) == ("CS001", "2.0.1", NOWHERE)


async def test_what_waits_is_shown_in_its_order() -> None:
    async with installer() as somebody:
        somebody.lab.plug()
        seen = (await somebody.http.get("/outbox")).json()
        assert seen["waiting"] == len(seen["facts"])
        assert [fact["fact"] for fact in seen["facts"]][-1] == "TransactionEvent"


# --- the door --------------------------------------------------------------------------------------------------------


async def test_with_a_password_nothing_is_seen_or_done_without_it() -> None:
    async with installer(password=SECRET) as somebody:
        for path in ("/status", "/parameters", "/outbox", "/about", "/vehicles"):
            answer = await somebody.http.get(path)
            assert (answer.status_code, set(answer.json())) == (401, {"what", "remedy"}), path
        assert (await somebody.http.post("/plug")).status_code == 401
        assert (await somebody.http.get("/")).status_code == 200
        assert (await somebody.login(SECRET)).status_code == 204
        assert (await somebody.http.get("/status")).status_code == 200
        await somebody.http.post("/logout")
        assert (await somebody.http.get("/status")).status_code == 401


async def test_a_script_says_the_password_each_time() -> None:
    async with installer(password=SECRET) as somebody:
        for password, status in ((SECRET, 200), ("wrong", 401)):
            coded = base64.b64encode(f"installer:{password}".encode()).decode()
            answer = await somebody.http.get("/status", headers={"Authorization": f"Basic {coded}"})
            assert answer.status_code == status
        assert (await somebody.http.get("/status", headers={"Authorization": "Basic %%%"})).status_code == 401


async def test_a_login_ends_by_itself() -> None:
    async with installer(password=SECRET) as somebody:
        await somebody.login(SECRET)
        somebody.clock.advance(8 * 3600 + 1)
        assert (await somebody.http.get("/status")).status_code == 401


async def test_who_guesses_has_to_wait() -> None:
    async with installer(password=SECRET) as somebody:
        for _ in range(5):
            assert (await somebody.login("guess")).status_code == 401
        assert "Too many" in (await somebody.login(SECRET)).json()["what"]
        somebody.clock.advance(61)
        assert (await somebody.login(SECRET)).status_code == 204


@pytest.mark.req("A04.FR.02")
async def test_the_csms_is_told_of_logins() -> None:
    """Both kinds are critical security events; the state with the news comes only where it is wanted."""
    async with scripted_csms() as csms, installer(csms.url, password=SECRET) as somebody:
        await somebody.lab.until_accepted()
        await somebody.login("guess")
        await somebody.login(SECRET)
        expected = ["MaintenanceLoginFailed", "MaintenanceLoginAccepted"]

        def told() -> bool:
            return [one["type"] for one in csms.of("SecurityEventNotification")][-2:] == expected

        await somebody.lab.until(told, "both logins are told")


async def test_in_16_a_login_is_told_as_information_where_wanted() -> None:
    async with scripted_csms() as csms:
        csms.version = "1.6"
        wanted = {"InstallerCtrlr.NotifyOnLogin": "true"}
        async with installer(csms.url, "1.6", password=SECRET, variables=wanted) as somebody:
            await somebody.lab.until_accepted()
            before = len(await csms.until_heard("StatusNotification", 2))
            await somebody.login(SECRET)
            told = (await csms.until_heard("StatusNotification", before + 1))[before]
            assert (told["connectorId"], told["errorCode"], told["info"]) == (0, "NoError", "Login to the web page")
