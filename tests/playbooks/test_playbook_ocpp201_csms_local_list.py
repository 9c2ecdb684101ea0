"""CSMS under test, 2.0.1: local lists (D), and groups of tokens that are on one (C09)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.csms_stage import FAMILY, SECOND, STATION, TOKENS, VALID, Ordered, Stage, stage
from tests.support.csms_stage201 import ACCEPTED, Charge, authorize, token

ITEMS = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "ItemsPerMessage"}}
GOOD = {"status": "Accepted"}


def _takes(most: int) -> dict[str, Any]:
    """The station's answer when it is asked how many entries it takes at once."""
    return {"getVariableResult": [ITEMS | {"attributeStatus": "Accepted", "attributeValue": str(most)}]}


async def _whole(on: Stage, *, has: int, most: int = 100, messages: int = 1) -> list[Any]:
    """The operator sends all tokens on record to a station whose list has this number: what it heard in each message."""
    answers = ({"versionNumber": has}, _takes(most), *[ACCEPTED] * messages)
    heard, told = await on.exchanged("send-local-list", *answers, **{"from": "tokens"})
    assert [action for action, _ in heard] == ["GetLocalListVersion", "GetVariables", *["SendLocalList"] * messages]
    assert told == {"status": "Accepted", "versionNumber": has + messages}
    return [sent for _, sent in heard[2:]]


# --- D01: a list is sent -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("D01.FR.01", "D01.FR.06", "D01.FR.18", versions=("2.0.1",))
async def test_tc_d_01_csms() -> None:
    """All of it, with the number after the one the station has; each token is there once, with its info."""
    async with stage() as on:
        (sent,) = await _whole(on, has=1)
        assert (sent["updateType"], sent["versionNumber"]) == ("Full", 2)
        entries = sent["localAuthorizationList"]
        assert sorted(each["idToken"]["idToken"] for each in entries) == sorted(each.id_token.value for each in TOKENS)
        assert all(each["idTokenInfo"]["status"] for each in entries)


@pytest.mark.req("D01.FR.03", "D01.FR.18", versions=("2.0.1",))
async def test_tc_d_01_csms_in_several_messages() -> None:
    """All of it, to a station that takes four entries at once: the rest follows as a change with the next number."""
    async with stage() as on:
        first, second = await _whole(on, has=1, most=4, messages=2)
        assert (first["updateType"], first["versionNumber"]) == ("Full", 2)
        assert (second["updateType"], second["versionNumber"]) == ("Differential", 3)
        entries = first["localAuthorizationList"] + second["localAuthorizationList"]
        assert len(first["localAuthorizationList"]) == 4
        assert sorted(each["idToken"]["idToken"] for each in entries) == sorted(each.id_token.value for each in TOKENS)


@pytest.mark.req("D01.FR.01", "D01.FR.06", "D01.FR.18", versions=("2.0.1",))
async def test_tc_d_02_csms() -> None:
    """A change: one token more, with the number after the one the station has."""
    entries = [{"idToken": token(), "idTokenInfo": GOOD | {"groupIdToken": {"idToken": FAMILY, "type": "Central"}}}]
    async with stage() as on:
        answers = ({"versionNumber": 1}, ACCEPTED)
        wanted = {"updateType": "Differential", "localAuthorizationList": entries}
        heard, told = await on.exchanged("send-local-list", *answers, **wanted)
        assert heard == [("GetLocalListVersion", {}), ("SendLocalList", {"versionNumber": 2} | wanted)]
        assert told == {"status": "Accepted", "versionNumber": 2}


async def _given(on: Stage, kind: str, version: int, entries: list[Any]) -> Ordered:
    """The operator sends this list with this number; the station accepts it."""
    wanted = {"updateType": kind, "versionNumber": version, "localAuthorizationList": entries}
    ordered = await on.order("send-local-list", ACCEPTED, **wanted)
    assert (ordered.action, ordered.sent["updateType"]) == ("SendLocalList", kind)
    assert ordered.told == {"status": "Accepted", "versionNumber": version}
    return ordered


async def _on_record(on: Stage) -> tuple[int, int]:
    """The number of the list and how many are on it, as far as the CSMS knows."""
    known = await on.read("local-list")
    return known["versionNumber"], known["entries"]


@pytest.mark.req("D01.FR.01", "D01.FR.06", "D01.FR.17", "D01.FR.18", versions=("2.0.1",))
async def test_tc_d_03_csms() -> None:
    """A change that takes a token off: it is named without its info."""
    async with stage() as on:
        await _given(on, "Full", 1, [{"idToken": token(VALID), "idTokenInfo": GOOD}])
        await _given(on, "Differential", 2, [{"idToken": token(SECOND), "idTokenInfo": GOOD}])
        assert await _on_record(on) == (2, 2)
        ordered = await _given(on, "Differential", 3, [{"idToken": token(SECOND)}])
        assert ordered.sent["versionNumber"] == 3
        assert ordered.sent["localAuthorizationList"] == [{"idToken": token(SECOND)}]
        assert await _on_record(on) == (3, 1)


@pytest.mark.req("D01.FR.01", "D01.FR.18", versions=("2.0.1",))
async def test_tc_d_04_csms() -> None:
    """All of it, which is nothing."""
    async with stage() as on:
        await _given(on, "Full", 1, [{"idToken": token(), "idTokenInfo": GOOD}])
        ordered = await _given(on, "Full", 2, [])
        assert ordered.sent == {"versionNumber": 2, "updateType": "Full"}
        assert await _on_record(on) == (2, 0)


# --- D02: its number -----------------------------------------------------------------------------------------------------------------


async def _number(version: int) -> None:
    async with stage() as on:
        ordered = await on.order("get-local-list-version", {"versionNumber": version})
        assert (ordered.action, ordered.sent) == ("GetLocalListVersion", {})
        assert ordered.told == {"versionNumber": version}
        assert (await on.read("local-list"))["versionNumber"] == version


async def test_tc_d_08_csms() -> None:
    """The number of a list."""
    await _number(7)


async def test_tc_d_09_csms() -> None:
    """There is no list."""
    await _number(0)


# --- C09: two of a family on the list ---------------------------------------------------------------------------------------------------


def _is_family(info: Any) -> None:
    assert info["status"] == "Accepted"
    assert info["groupIdToken"] == {"idToken": FAMILY, "type": "Central"}


async def _listed(on: Stage) -> None:
    """Both are on the station's list, with their family."""
    (sent,) = await _whole(on, has=0)
    infos = {each["idToken"]["idToken"]: each["idTokenInfo"] for each in sent["localAuthorizationList"]}
    _is_family(infos[VALID])
    _is_family(infos[SECOND])


async def _first_charges(on: Stage) -> Charge:
    charge = Charge(on)
    await charge.connected()
    _is_family((await charge.event("Updated", "Authorized", idToken=token(VALID)))["idTokenInfo"])
    await charge.charging()
    return charge


async def _second_stops(charge: Charge) -> None:
    _is_family((await charge.event("Updated", "StopAuthorized", idToken=token(SECOND)))["idTokenInfo"])
    await charge.still_connected()
    await charge.disconnected()


@pytest.mark.req("C09.FR.02", "C09.FR.03", versions=("2.0.1",))
async def test_tc_c_40_csms() -> None:
    """One starts and the other stops, both by the station's list: nothing is asked before it is told."""
    async with stage() as on:
        await _listed(on)
        await _second_stops(await _first_charges(on))
        assert await on.csms.store.log(STATION, action="Authorize") == []


@pytest.mark.req("C09.FR.02", "C09.FR.03", "C09.FR.09", versions=("2.0.1",))
async def test_tc_c_43_csms() -> None:
    """One starts by the list; the station asks about the other, who then stops."""
    async with stage() as on:
        await _listed(on)
        charge = await _first_charges(on)
        _is_family(await authorize(on, SECOND))
        await _second_stops(charge)
