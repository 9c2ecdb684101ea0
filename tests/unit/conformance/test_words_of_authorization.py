"""Words that cases about authorization need: tokens the tester calls otherwise, contracts, transactions of several EVSEs, master passes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography import x509

from pilotwire import pki
from pilotwire.conformance.benches.acts import ACTS, act_named
from pilotwire.conformance.benches.pilotwire_station import PilotwireStation
from pilotwire.conformance.benches.ports import ActFailed
from pilotwire.conformance.language import AtEvse, Happened, Keeps, Reached, Receives, inside
from pilotwire.conformance.states.deauthorized201 import agrees_again, agrees_no_longer, deauthorization_told
from pilotwire.conformance.states.station201 import (
    asks_authorize,
    id_token_cached,
    id_token_in_local_list,
    local_stop_told,
    master_stop_told,
    rest_told,
    transaction_event,
)
from pilotwire.conformance.wire.authority import MO_ROOT, Authority
from tests.support.bench_scene import BenchScene
from tests.support.http_peer import Reply, http_peer
from tests.support.station_world import START

VALID = {"idToken": "VALID-TOKEN-01", "type": "ISO14443"}
MASTER = {"idToken": "MASTER-TOKEN-01", "type": "ISO14443"}


def event(trigger: str, kind: str = "Updated", *, state: str = "", tx: str = "T1", **more: Any) -> dict[str, Any]:
    info: dict[str, Any] = {"transactionId": tx} | ({"chargingState": state} if state else {})
    info |= more.pop("info", {})
    return {
        "eventType": kind,
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": trigger,
        "seqNo": 1,
        "transactionInfo": info,
    } | more


# --- what the tester answers -----------------------------------------------------------------------------------------


async def test_the_tester_disagrees_with_tokens_in_events_only_and_while_it_is_told_to() -> None:
    scene = BenchScene()
    for step in (agrees_no_longer(), agrees_again()):
        await scene.play(step)
        scene.says("TransactionEvent", event("Authorized", idToken=VALID))
        scene.says("TransactionEvent", event("ChargingStateChanged"))
        scene.says("Authorize", {"idToken": VALID})
    accepted = {"idTokenInfo": {"status": "Accepted"}}
    assert scene.answers == [{"idTokenInfo": {"status": "Invalid"}}, {}, accepted, accepted, {}, accepted]


async def test_the_question_about_a_token_is_answered_as_the_case_says() -> None:
    scene = BenchScene()
    asks = asks_authorize("1", "valid_token", "yes", {"status": "Blocked"})
    scene.counterpart.attach(scene.socket, "connected")  # type: ignore[arg-type]
    await scene.playing.play((Keeps(values={"part": 1}),), "before", asks)
    scene.says("Authorize", {"idToken": VALID})
    assert scene.answers == [{"idTokenInfo": {"status": "Blocked"}}]


# --- how a session is stopped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "next_one", "fine"),
    [("EVConnected", "", True), ("Charging", "SuspendedEVSE", True), ("Charging", "", False)],
)
async def test_a_deauthorization_tells_the_rest_at_once_or_with_the_next_event(
    state: str, next_one: str, fine: bool
) -> None:
    scene = BenchScene()
    await scene.play(Happened(facts={"ev_connected": True, "authorized": True}))
    scene.says("TransactionEvent", event("Deauthorized", state=state))
    if next_one:
        scene.says("TransactionEvent", event("ChargingStateChanged", state=next_one))
    assert await scene.play(*deauthorization_told("3")) is fine
    assert not any(one.failed for one in scene.playing.results if fine)


async def test_a_deauthorization_that_must_end_the_transaction_has_its_reason() -> None:
    scene = BenchScene(settings={"tx_stop_points": ["Authorized"]})
    await scene.play(Happened(facts={"ev_connected": True, "authorized": True}))
    ended = event("Deauthorized", "Ended", state="EVConnected", info={"stoppedReason": "Local"})
    scene.says("TransactionEvent", ended)
    assert await scene.play(*deauthorization_told("3"))
    checks = [one for result in scene.playing.results for one in result.checks if "stoppedReason" in one.what]
    assert [one.passed for one in checks] == [False]


@pytest.mark.parametrize(("token", "fine"), [(None, True), (MASTER, True), (VALID, False)])
async def test_a_master_pass_may_leave_its_token_out_and_names_no_other(token: Any, fine: bool) -> None:
    scene = BenchScene()
    await scene.play(Happened(facts={"ev_connected": True, "authorized": True}))
    told = event("StopAuthorized", state="EVConnected", **({"idToken": token} if token else {}))
    scene.says("TransactionEvent", told)
    await scene.play(*master_stop_told("3", "3"))
    assert any(one.failed for one in scene.playing.results) is not fine


async def test_the_rest_is_not_told_twice() -> None:
    """Where the stop itself told EVConnected, no event must follow; where it told Charging, one must."""
    for state, fine in (("EVConnected", True), ("Charging", False)):
        scene = BenchScene()
        await scene.play(Happened(facts={"ev_connected": True, "authorized": True}))
        scene.says("TransactionEvent", event("StopAuthorized", state=state, idToken=VALID))
        assert await scene.play(*local_stop_told("1", "1", named=True))
        assert await scene.play(*rest_told("1")) is fine


# --- several EVSEs ---------------------------------------------------------------------------------------------------


async def test_an_event_of_another_evse_is_not_taken_for_that_of_this_one() -> None:
    scene = BenchScene()
    await scene.play(Happened(facts={"ev_connected": True}), Keeps(values={"transaction_id": "T1"}))
    there = AtEvse(evse=2, connector=1, steps=(Keeps(values={"transaction_id": "T2"}),))
    await scene.play(there)
    scene.says("TransactionEvent", event("StopAuthorized", tx="T2"))
    scene.says("TransactionEvent", event("StopAuthorized", tx="T1"))
    assert await scene.play(transaction_event(trigger="StopAuthorized"))
    assert scene.scene.kept["transaction_id"] == "T1"
    assert await scene.play(AtEvse(evse=2, connector=1, steps=(transaction_event(trigger="StopAuthorized"),)))


# --- memory states ---------------------------------------------------------------------------------------------------


def test_a_master_pass_is_cached_without_a_session() -> None:
    assert not any(
        isinstance(step, Reached) and "Energy" in step.state for step in inside(id_token_cached("master_token"))
    )
    assert any(isinstance(step, Reached) and "Energy" in step.state for step in inside(id_token_cached()))
    (asked,) = [step for step in inside(id_token_cached("master_token")) if isinstance(step, Receives)]
    assert asked.action == "Authorize"


async def test_a_list_may_have_valid_and_invalid_tokens() -> None:
    asked: list[Any] = []

    def answering(action: str, payload: Any) -> dict[str, Any]:
        asked.append((action, payload))
        return {"status": "Accepted"} if action == "SendLocalList" else {"getVariableResult": []}

    scene = BenchScene(answering)
    listed = id_token_in_local_list("valid_token", invalid=("invalid_token",))[0].steps[1:]  # type: ignore[attr-defined]
    assert await scene.play(*listed)
    ((_, payload),) = asked
    told = {one["idToken"]["idToken"]: one["idTokenInfo"]["status"] for one in payload["localAuthorizationList"]}
    assert told == {"VALID-TOKEN-01": "Accepted", "INVALID-TOKEN-01": "Invalid"}


# --- contracts, and what cannot be done ------------------------------------------------------------------------------


def test_contracts_name_a_responder_up_to_the_root() -> None:
    authority = Authority("127.0.0.1", START)
    chain = x509.load_pem_x509_certificates(authority.contract("NLTNMC0000001X1").chain_pem.encode())
    path = pki.check_chain(tuple(chain), (authority.root(MO_ROOT).certificate,), START)
    assert [pki.responder_url(one) is not None for one in path] == [True, True, True, False]
    assert pki.common_name(path[0].subject) == "NLTNMC0000001X1"


async def test_a_cable_our_station_does_not_let_in_is_no_failure() -> None:
    with http_peer(lambda _: Reply(b'{"what": "Connector 2 cannot take a vehicle."}', status=409)) as port:
        bench = PilotwireStation(port.url)
        assert await bench.act("try_plug_in", {"evse": 1, "connector": 2}) == {}
        with pytest.raises(ActFailed, match="cannot take a vehicle"):
            await bench.act("plug_in", {"evse": 1, "connector": 2})
        await bench.close()
    first, second = (json.loads(one.body) for one in port.asked)
    assert (first["connector"], second["connector"]) == (2, 2)
    assert first["name"] != second["name"]


async def test_what_our_station_has_no_part_for_is_said_in_a_sentence() -> None:
    bench = PilotwireStation("http://127.0.0.1:9")
    details = dict.fromkeys(ACTS["tell_anew"].details, "a new text")
    with pytest.raises(ActFailed, match="cannot be done at Pilotwire's station"):
        await bench.act("tell_anew", details)
    await bench.close()
    assert "BEGIN" in act_named("present_contract", {"chain": "BEGIN"}).instruction({"chain": "BEGIN"})
