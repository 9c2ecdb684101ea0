"""The bench of our own CSMS, and what cases want of any CSMS: certificates, an authority that signs, traits, a look at what is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from pilotwire.clock import SystemClock
from pilotwire.conformance.benches.mapping import CsmsByMapping
from pilotwire.conformance.benches.own_pki import OwnPki, lay_out
from pilotwire.conformance.benches.pilotwire_csms import PilotwireCsms
from pilotwire.conformance.benches.ports import ActFailed, NobodyThere
from pilotwire.conformance.benches.wishes import wishes_of
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.language import Acts
from pilotwire.conformance.settings import read_settings
from pilotwire.conformance.values import Kept
from pilotwire.conformance.wire.authority import CSMS_ROOT, V2G_ROOT, Authority
from pilotwire.conformance.wire.calling import chain_fault, new_request
from pilotwire.conformance.wire.files import FileServer
from tests.support.bench_scene import BenchScene
from tests.support.http_peer import Asked, Reply, http_peer

PENDING, GROUPED, PLAIN = (all_cases()[f"TC_{name}_CSMS"] for name in ("B_02", "C_39", "B_01"))
SETTINGS = read_settings({})


# --- certificates ------------------------------------------------------------------------------------------------------------------


def holds_certificates(pki: OwnPki, option: str) -> bool:
    """Whether the file of an option has certificates in it."""
    return bool(x509.load_pem_x509_certificates(Path(pki.options[pki.options.index(option) + 1]).read_bytes()))


@pytest.mark.parametrize(
    ("kind", "under"),
    [("ChargingStationCertificate", CSMS_ROOT), ("V2GCertificate", V2G_ROOT), (None, V2G_ROOT)],
)
async def test_what_stations_ask_for_is_signed_by_use(tmp_path: Path, kind: str | None, under: str) -> None:
    partners = FileServer()
    try:
        pki = lay_out(tmp_path / "pki", SystemClock().now(), partners)
        url = pki.options[pki.options.index("--signer-url") + 1]
        csr, _ = new_request("SERIAL-1")
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.post(url, json={"station": "CS1", "certificateType": kind, "csr": csr})
            assert (await client.post(url, content=b"sabotage")).status_code == 400
        same = Authority("127.0.0.1", SystemClock().now(), str(pki.folder))
        assert chain_fault(answer.text, csr, same.root(under)) == ""
        for option in ("--tls-certificate", "--tls-client-ca", "--contract-roots"):
            assert holds_certificates(pki, option)
    finally:
        await partners.close()


async def test_questions_are_answered_by_post_and_by_get() -> None:
    server = FileServer()
    try:
        url = server.answers(lambda question: question[::-1])
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            assert (await client.post(url, content=b"abc")).content == b"cba"
            assert (await client.get(f"{url}YWJj")).content == b"cba"
            assert (await client.get(f"{url}YWJ")).status_code == 400
        assert server.at(url)[0].content == b"abc"
    finally:
        await server.close()


# --- our CSMS ------------------------------------------------------------------------------------------------------------------------


async def test_a_case_has_its_conditions_and_tokens_made() -> None:
    with http_peer(lambda _: Reply(b"{}")) as api:
        bench = PilotwireCsms(api.url, "ws://csms", "key", "wss://csms", "lab")
        played = await bench.begin(PENDING, SETTINGS)
        await bench.begin(GROUPED, dict(SETTINGS) | {"security_profile": 3})
        bodies = [(one.path, json.loads(one.body)) for one in api.asked if one.body]
        await bench.close()
    stations = [body for path, body in bodies if "/stations/" in path]
    assert [one["bootAnswers"] for one in stations] == [["Pending"], []]
    assert ["password" in one for one in stations] == [True, False]
    assert (played.url, played.secure_url) == ("ws://csms", "wss://csms")
    assert played.details["certificates"] == "lab"
    assert played.details["serial_number"] == "TC-B-02-CSMS"
    grouped = [body.get("groupIdToken", {}).get("idToken", "") for path, body in bodies if "/tokens/VALID" in path]
    assert [bool(one) for one in grouped] == [False, False, True, True]
    assert any("/token-groups/MASTER" in path and body["masterPass"] for path, body in bodies)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("C_04", {"evseId": [2]}),
        ("C_05", {"stations": ["ANOTHER-SITE-*"]}),
        ("C_10", {"connectorTypes": ["cChaoJi"]}),
    ],
)
async def test_a_token_is_good_where_the_case_wants_it(name: str, rule: dict[str, list[object]]) -> None:
    case = all_cases()[f"PW_{name}_CSMS"]
    with http_peer(lambda _: Reply(b"{}")) as api:
        bench = PilotwireCsms(api.url, "ws://csms", "key")
        await bench.begin(case, SETTINGS)
        tokens = {one.path: json.loads(one.body) for one in api.asked if "/tokens/" in one.path}
        await bench.close()
    ruled = {path: body for path, body in tokens.items() if body.keys() & {"evseId", "stations", "connectorTypes"}}
    assert [("VALID-TOKEN-02" in path, rule.items() <= body.items()) for path, body in ruled.items()] == [(True, True)]
    assert "VALID-TOKEN-02" in next(wishes_of(case, SETTINGS)).text


async def test_a_driver_is_as_the_case_wants_and_is_told_something_new() -> None:
    speaks, told = all_cases()["PW_C_09_CSMS"], all_cases()["PW_I_03_CSMS"]
    with http_peer(lambda _: Reply(b"{}")) as api:
        bench = PilotwireCsms(api.url, "ws://csms", "key")
        await bench.begin(speaks, SETTINGS)
        await bench.begin(told, SETTINGS)
        await bench.act("tell_anew", {"token": "MINE", "text": "0.55 a kWh"})
        tokens = [(one.path, json.loads(one.body)) for one in api.asked if "/tokens/" in one.path]
        await bench.close()
    of_driver = [body for path, body in tokens if body.keys() & {"language1", "personalMessage"}]
    assert [one.get("language1") or one["personalMessage"] for one in of_driver] == ["nl", "0.45 a kWh", "0.55 a kWh"]
    assert tokens[-1][0].endswith("/tokens/MINE?type=ISO14443")
    assert [wish.name for wish in wishes_of(speaks, SETTINGS)] == ["speaks"]
    assert "0.45 a kWh" in next(wishes_of(told, SETTINGS)).text


async def test_it_is_looked_until_what_is_wanted_is_there() -> None:
    values = iter(["1", "2", "2"])

    def answer(asked: Asked) -> Reply:
        return Reply(json.dumps({"items": [{"value": next(values)}]}).encode())

    with http_peer(answer) as api:
        bench = PilotwireCsms(api.url, "ws://csms", "key")
        details = {"get": "/stations/{station}/device-model", "value": "items.0.value"}
        assert await bench.act("look", details | {"wanted": "2"}) == {"seen": "yes"}
        assert await bench.act("look", details) == {"seen": "2"}
        await bench.close()


async def test_what_is_not_there_is_told() -> None:
    with http_peer(lambda _: Reply(b'{"items": []}')) as api:
        bench = PilotwireCsms(api.url, "ws://csms", "key")
        seen = await bench.act("look", {"get": "/x", "value": "items.0.value"})
        assert seen == {"seen": None}
        await bench.close()


# --- any CSMS ------------------------------------------------------------------------------------------------------------------------


def test_what_a_case_wants_is_told() -> None:
    assert [wish.name for wish in wishes_of(PENDING, SETTINGS)] == ["boot_answers"]
    assert "CS001 with Pending" in next(wishes_of(PENDING, SETTINGS)).text
    assert "GROUP-01" in next(wishes_of(GROUPED, SETTINGS)).text
    assert list(wishes_of(PLAIN, SETTINGS)) == []


async def test_a_mapping_prepares_what_it_has() -> None:
    with http_peer(lambda _: Reply()) as api:
        entry = {"path": "/boots/{identity}", "body": {"next": "{answers}"}}
        bench = CsmsByMapping({"api": api.url, "prepare": {"boot_answers": entry}, "ocpp_tls": "wss://x"}, "ws://x")
        assert (await bench.begin(PENDING, SETTINGS)).url == "ws://x"
        assert (await bench.begin(PLAIN, dict(SETTINGS) | {"security_profile": 2})).url == "wss://x"
        await bench.close()
    assert [(one.path, json.loads(one.body)) for one in api.asked] == [("/boots/CS001", {"next": ["Pending"]})]


async def test_what_nobody_can_prepare_is_said_unless_it_lasts() -> None:
    bench = CsmsByMapping({"api": "http://127.0.0.1:1"}, "ws://x")
    with pytest.raises(ActFailed, match="cannot prepare boot_answers"):
        await bench.begin(PENDING, SETTINGS)
    await bench.begin(GROUPED, SETTINGS)
    with pytest.raises(NobodyThere):
        await bench.act("look", {"question": "is it so?"})
    await bench.close()


class EmptyScene(BenchScene):
    """A scene where nobody is."""

    async def act(self, name: str, details: Mapping[str, Any]) -> Mapping[str, Any]:
        raise NobodyThere("nobody is there")


async def test_what_nobody_can_look_at_is_a_warning() -> None:
    scene = EmptyScene(role="csms")
    assert await scene.play(Acts(act="look", details={"question": "is it so?"}))
    assert scene.last.warned
    assert not scene.last.failed
    assert not await scene.play(Acts(act="drive_in"))


def test_each_evse_numbers_its_own_events() -> None:
    scene = BenchScene(role="csms").scene
    scene.memory["seq_no"] = 3
    before = scene.go_to(2, 1)
    assert "seq_no" not in scene.kept
    scene.memory["seq_no"] = 0
    scene.go_to(*before)
    assert Kept("seq_no").of(scene) == 3
