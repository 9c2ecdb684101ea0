"""The doctor as a backend: our own station in each version is healthy, and what is wrong with others is named first."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from pilotwire.clock import SystemClock
from pilotwire.doctor.findings import Chart, Severity
from pilotwire.doctor.listening.listener import Doctor, Plan, Visit
from pilotwire.doctor.profiles.load import load_profile
from pilotwire.doctor.profiles.profile import PlatformProfile, ProtocolDemands, TlsDemands
from tests.support.eventually import eventually
from tests.support.lab_pki import Pki
from tests.support.raw_station import BOOT, RawStation
from tests.support.station_lab import VERSIONS, lab

NAME = "CS-7"
QUICK: dict[str, Any] = {"settling": 0.0, "boot_patience": 0.3, "timeout": 5.0}


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A lab with a client certificate for the station."""
    return Pki.made_in(tmp_path_factory.mktemp("pki"), NAME)


@asynccontextmanager
async def listening(pki: Pki | None = None, **plan: Any) -> AsyncIterator[Doctor]:
    """A doctor on a free port."""
    async with Doctor(SystemClock(), Plan(**(QUICK | plan))) as doctor:
        if pki is None:
            await doctor.start("127.0.0.1", 0)
        else:
            pair = (pki.folder / "server-ecdsa.pem", pki.folder / "server-ecdsa-key.pem")
            await doctor.start("127.0.0.1", 0, *map(str, pair))
        yield doctor


async def examined(doctor: Doctor, station: str = NAME) -> Chart:
    """The chart of a station, when its examination is over."""
    await eventually(lambda: station in doctor.visits and doctor.visits[station].done.is_set(), what="the end of it")
    return doctor.visits[station].chart


def above_notes(chart: Chart) -> list[str]:
    """What was found that is worse than worth knowing."""
    return [f"{one.rule.id}: {one.what}" for one in chart.in_order() if one.weight is not Severity.NOTE]


@pytest.mark.parametrize("version", VERSIONS)
async def test_our_own_station_is_healthy(version: str) -> None:
    """By the standards; asked for everything, with profiles at ten stack levels."""
    demands = PlatformProfile("ten", "ten levels", "a test", protocol=ProtocolDemands(stack_levels=9))
    async with (
        listening(profile=demands) as doctor,
        lab(f"ws://127.0.0.1:{doctor.port}", version, identity=NAME, password="0123456789abcdef"),
    ):
        chart = await examined(doctor)
    assert above_notes(chart) == []
    facts = {fact.name: fact.value for fact in chart.facts}
    assert facts["stack levels taken"] == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert facts["OCPP"] == version
    assert facts["security profile"] == "1"


# --- stations that are not ---------------------------------------------------------------------------------------------------

Answers = Callable[[str, Any], Any]


async def _answering(line: Any, answers: Answers) -> None:
    """Answer whatever is asked, until the line is gone; None is not answered at all, a list is an error's code and text."""
    async for text in line:
        frame = json.loads(text)
        if frame[0] != 2:
            continue
        answer = answers(frame[2], frame[3])
        if isinstance(answer, list):
            await line.send(json.dumps([4, frame[1], *answer, {}]))
        elif answer is not None:
            await line.send(json.dumps([3, frame[1], answer]))


GOOD_KEYS = [
    {"key": key, "readonly": False, "value": value}
    for key, value in {
        "HeartbeatInterval": "60",
        "MeterValueSampleInterval": "60",
        "MeterValuesSampledData": "Energy.Active.Import.Register",
        "SupportedFeatureProfiles": "Core",
        "ChargeProfileMaxStackLevel": "9",
    }.items()
]


def good(action: str, payload: Any) -> Any:
    """What a fair 1.6 station answers."""
    if action == "GetConfiguration":
        from pilotwire.doctor.listening.configuration import REQUIRED_16

        known = {each["key"] for each in GOOD_KEYS}
        others = [{"key": key, "readonly": True, "value": "1"} for key in REQUIRED_16 if key not in known]
        return {"configurationKey": GOOD_KEYS + others}
    if action == "ChangeAvailability" and not isinstance(payload.get("connectorId"), int):
        return ["TypeConstraintViolation", "connectorId is no integer"]
    if action in ("TriggerMessage", "SetChargingProfile", "ClearChargingProfile"):
        return {"status": "Accepted"} if action != "TriggerMessage" else {"status": "Rejected"}
    return ["NotImplemented", ""]


def but(**different: Any) -> Answers:
    """As a fair station, but for these actions."""

    def answer(action: str, payload: Any) -> Any:
        if action not in different:
            return good(action, payload)
        told = different[action]
        return told(payload) if callable(told) else told

    return answer


async def played(doctor: Doctor, answers: Answers = good, **how: Any) -> Chart:
    """A 1.6 station boots and answers so; its chart."""
    scheme = "wss" if "ssl" in how else "ws"
    how = {"additional_headers": {"Authorization": "Basic Q1MtNzowMTIzNDU2Nzg5YWJjZGVm"}} | how
    url = f"{scheme}://localhost:{doctor.port}/{NAME}"
    async with connect(url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None, **how) as line:
        await RawStation(line).ask("BootNotification", BOOT["ocpp1.6"] | {"chargePointSerialNumber": NAME})
        answering = asyncio.create_task(_answering(line, answers))
        chart = await examined(doctor)
        answering.cancel()
    return chart


def only_level_0(payload: Any) -> Any:
    level = payload["csChargingProfiles"]["stackLevel"]
    return {"status": "Accepted" if level == 0 else "Rejected"}


def without(*keys: str) -> Any:
    return {
        "configurationKey": [
            each for each in good("GetConfiguration", {})["configurationKey"] if each["key"] not in keys
        ]
    }


@pytest.mark.parametrize(
    ("answers", "rule", "said"),
    [
        (but(SetChargingProfile=only_level_0), "asked.stack-levels", "at stack level 0 only"),
        (but(SetChargingProfile={"status": "NotSupported"}), "asked.stack-levels", "at stack level 0: NotSupported"),
        (but(DoctorsQuestion={}), "asked.unknown-action", "as if it knew it"),
        (but(DoctorsQuestion=["InternalError", ""]), "asked.unknown-action", "with InternalError"),
        (but(ChangeAvailability={"status": "Accepted"}), "asked.broken-call", "as if it were good"),
        (
            but(GetConfiguration=without("HeartbeatInterval", "ResetRetries")),
            "asked.key-missing",
            "2 configuration keys",
        ),
        (but(DoctorsQuestion=None), "asked.no-answer", "did not answer DoctorsQuestion within"),
    ],
    ids=["level 0 only", "no profiles", "knows everything", "fails", "obeys nonsense", "keys missing", "silent"],
)
async def test_what_a_station_answers_wrongly_is_named_first(answers: Answers, rule: str, said: str) -> None:
    """Each with a sentence and what was seen."""
    async with listening(timeout=0.5) as doctor:
        chart = await played(doctor, answers)
    (first, *_) = chart.in_order()
    assert (first.rule.id, said in first.what) == (rule, True), above_notes(chart)
    assert first.evidence
    assert first.mend


async def test_a_fair_station_has_nothing_to_mend() -> None:
    """The measure of the others."""
    async with listening() as doctor:
        assert above_notes(await played(doctor)) == []


async def test_the_demands_of_a_platform_are_held_against_the_configuration() -> None:
    """SAP E-Mobility wants a ping each 30 s at least: this station says nothing of pings, and 60 s of meter values are enough."""
    demands = load_profile("strict")
    async with listening(profile=demands) as doctor:
        chart = await played(doctor, but(GetConfiguration=_with(MeterValueSampleInterval="900")))
    found = [one for one in chart.in_order() if one.rule.id == "asked.setting"]
    assert [one.what for one in found] == [
        "MeterValueSampleInterval is '900'; the platform asks for meter values at least each 60 s."
    ]
    assert found[0].source == demands.title


def _with(**values: str) -> Any:
    keys = good("GetConfiguration", {})["configurationKey"]
    return {"configurationKey": [each | {"value": values.get(each["key"], each["value"])} for each in keys]}


# --- before the first message ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "rule", "said"),
    [
        ({}, "request.no-credentials", "neither a password nor a certificate"),
        ({"Authorization": "Basic b3RoZXI6MDEyMzQ1Njc4OWFiY2RlZg=="}, "request.user-name", "'other'"),
        ({"Authorization": "Basic Q1MtNzpzaG9ydA=="}, "request.password-length", "5 characters"),
    ],
)
async def test_credentials(headers: dict[str, str], rule: str, said: str) -> None:
    """The station gets in, and is told."""
    async with listening() as doctor:
        (first, *_) = (await played(doctor, additional_headers=headers)).in_order()
    assert (first.rule.id, said in first.what) == (rule, True)


@pytest.mark.parametrize(
    ("path", "offered", "said"),
    [
        ("", ["ocpp1.6"], "names no station"),
        (NAME, ["ocpp1.5"], "ocpp1.5"),
        (NAME, [], "no"),
    ],
    ids=["no identity", "unknown version", "no subprotocol"],
)
async def test_who_is_turned_away_is_told_why(path: str, offered: list[str], said: str) -> None:
    """With or without a name."""
    async with listening() as doctor:
        with pytest.raises((InvalidStatus, Exception)):
            async with connect(
                f"ws://127.0.0.1:{doctor.port}/{path}",
                subprotocols=offered or None,
                proxy=None,  # type: ignore[arg-type]
            ) as line:
                await line.recv()
        chart = doctor.visits[NAME].chart if path else doctor.strangers
        await eventually(lambda: bool(chart.findings), what="a finding")
    (first, *_) = chart.in_order()
    assert first.rule.id == "request.turned-away"
    assert said in first.what


async def test_a_station_that_never_boots() -> None:
    """It has half a minute for it, here less."""
    async with listening() as doctor:
        url = f"ws://127.0.0.1:{doctor.port}/{NAME}"
        line = await connect(url, subprotocols=[Subprotocol("ocpp1.6")], proxy=None)
        await RawStation(line).ask("Heartbeat", {})
        chart = await examined(doctor)
        await line.close()
    (first, *_) = chart.in_order()
    assert first.rule.id == "asked.never-booted"
    assert first.evidence == ("said instead: Heartbeat",)


# --- TLS ---------------------------------------------------------------------------------------------------------------------


async def test_a_certificate_is_looked_at_that_nobody_has_signed_for_us(pki: Pki) -> None:
    """Its chain and its subject are judged by the platform's demands; the right one is not complained of."""
    demands = PlatformProfile("three", "profile 3", "a test", tls=TlsDemands(client_certificate=True))
    async with listening(pki, profile=demands, roots=()) as doctor:
        good_one = await played(doctor, ssl=pki.client(f"station-{NAME}"))
    assert [line for line in above_notes(good_one) if "root" not in line] == []
    facts = {fact.name: fact.value for fact in good_one.facts}
    assert facts["security profile"] == "3"
    assert facts["server name (SNI)"] == "localhost"
    async with listening(pki, profile=demands) as doctor:
        without_one = await played(doctor, ssl=pki.client())
    assert without_one.in_order()[0].rule.id == "hello.certificate-missing"


async def test_an_expired_certificate_of_a_stranger_is_seen_and_named(pki: Pki) -> None:
    """A real backend would only have said `handshake failure`."""
    async with listening(pki) as doctor:
        chart = await played(doctor, ssl=pki.bad("expired", NAME))
    assert "station-certificate.expired" in [one.rule.id for one in chart.in_order()[:2]]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}, "hello.suites"),
        ({"check_hostname": False, "server_hostname": ""}, "hello.sni-missing"),
    ],
    ids=["suites", "no SNI"],
)
async def test_what_a_hello_lacks(pki: Pki, change: dict[str, Any], rule: str) -> None:
    """It connects here, and would not elsewhere."""
    how: dict[str, Any] = {key: change.pop(key) for key in ("server_hostname",) if key in change}
    context = pki.client(f"station-{NAME}", **change)
    if how:
        context.verify_mode = ssl.CERT_NONE
        how = {"server_hostname": "127.0.0.1"}
    async with listening(pki) as doctor:
        chart = await played(doctor, ssl=context, **how)
    assert rule in [one.rule.id for one in chart.in_order()]


async def test_a_station_that_does_not_trust_the_server(pki: Pki) -> None:
    """Its alert is told: it has no name yet, so it stands with the strangers."""
    async with listening(pki) as doctor:
        await asyncio.to_thread(_distrusts, doctor.port)
        await eventually(lambda: bool(doctor.strangers.findings), what="a finding")
    (first, *_) = doctor.strangers.in_order()
    assert first.rule.id == "hello.handshake"
    assert "unknown ca" in first.what


def _distrusts(port: int) -> None:
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", port), 10) as line, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(line, server_hostname="localhost")


async def test_plain_text_at_the_port_for_tls(pki: Pki) -> None:
    """ws:// instead of wss:// in the station's URL."""
    async with listening(pki) as doctor:
        with pytest.raises(Exception, match=r"."):
            async with connect(f"ws://localhost:{doctor.port}/{NAME}", proxy=None, open_timeout=5):
                pass
        await eventually(lambda: bool(doctor.strangers.findings), what="a finding")
    assert doctor.strangers.in_order()[0].rule.id == "hello.no-tls"


async def test_each_end_of_an_examination_is_told() -> None:
    """To whoever prints the reports."""
    told: list[Visit] = []
    async with Doctor(SystemClock(), Plan(**QUICK), told.append) as doctor:
        await doctor.start("127.0.0.1", 0)
        await played(doctor)
    assert [each.station for each in told] == [NAME]
