"""The bench in OCPP 1.6: its words, its known state, its validations, and which cases a run plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pilotwire.conformance.benches.acts import act_named
from pilotwire.conformance.benches.pilotwire_csms16 import command16
from pilotwire.conformance.cases import all_cases
from pilotwire.conformance.catalogue import catalogue
from pilotwire.conformance.features import Claims
from pilotwire.conformance.features16 import QUESTIONS
from pilotwire.conformance.language import Acts, Case16, Configures, Happened, Learns, Receives, Sends
from pilotwire.conformance.plan import plan_of
from pilotwire.conformance.runner.general16 import general_validations16
from pilotwire.conformance.runner.known_state16 import FOUND, put_back
from pilotwire.conformance.selection import Selection, one_version, select
from pilotwire.conformance.states.station16 import charging, stops
from pilotwire.conformance.words16 import in_words_of_16
from pilotwire.errors import ConfigError
from pilotwire.ocpp.version import OcppVersion
from tests.support.bench_scene import BenchScene

V16 = OcppVersion.V16
BOOT = "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}
START = (
    "StartTransaction",
    {"connectorId": 1, "idTag": "VALID-TOKEN-01", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"},
)
STOP = "StopTransaction", {"transactionId": 1, "meterStop": 9, "timestamp": "2026-01-01T00:01:00Z"}
Asked = list[tuple[str, Mapping[str, Any]]]


def status(connector: int, state: str = "Available") -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"connectorId": connector, "errorCode": "NoError", "status": state}


def charge_point(asked: Asked, *, refuses: str = "") -> BenchScene:
    """A Charge Point that answers all, has every key with the value "old", and boots after a Reset."""

    def answering(action: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append((action, payload))
        if action == "GetConfiguration":
            return {"configurationKey": [{"key": key, "readonly": False, "value": "old"} for key in payload["key"]]}
        if action == "Reset":
            for said in (BOOT, status(0), status(1), status(2)):
                scene.says(*said)
        return {"status": "Rejected" if action == refuses else "Accepted"}

    scene = BenchScene(answering, version=V16)
    return scene


async def test_a_charge_point_that_was_there_is_brought_back_and_boots() -> None:
    asked: Asked = []
    assert await charge_point(asked).play(*FOUND, part="before")
    assert ("ChangeAvailability", {"connectorId": 0, "type": "Operative"}) in asked
    assert ("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "0"}) in asked


async def test_keys_are_set_and_put_back_and_what_was_left_running_is_stopped() -> None:
    asked: Asked = []
    scene = charge_point(asked)
    assert await scene.play(Configures(variable="ConnectionTimeOut", value="5"), Happened(facts={"authorized": True}))
    scene.scene.memory["transaction_id"] = 7
    asked.clear()
    await put_back(scene.scene, scene)  # type: ignore[arg-type]
    assert asked == [
        ("RemoteStopTransaction", {"transactionId": 7}),
        ("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "old"}),
    ]


async def test_a_key_that_cannot_be_set_says_so() -> None:
    scene = charge_point([], refuses="ChangeConfiguration")
    assert not await scene.play(Configures(variable="ConnectionTimeOut", value="5"))
    assert scene.last.fault == "ConnectionTimeOut cannot be set to 5: Rejected"
    assert await charge_point([]).play(Learns(variable="AuthorizeRemoteTxRequests", setting="vendor"))


async def test_the_state_charging_is_reached_by_a_remote_start() -> None:
    scene = charge_point([])
    scene.acts = {
        "plug_in": (status(1, "Preparing"),),
        "present": (("Authorize", {"idTag": "VALID-TOKEN-01"}), START, status(1, "Charging")),
    }
    remote, present = charging(), Acts(act="present", details={"token": "VALID-TOKEN-01"})
    steps = [present if isinstance(one, Sends) else one for one in remote[0].steps if not isinstance(one, Learns)]  # type: ignore[attr-defined]
    assert await scene.play(*steps)
    scene.says("StopTransaction", STOP[1] | {"transactionId": scene.scene.kept["transaction_id"]})
    assert await scene.play(stops("1"))
    assert scene.last.checks[0].passed


async def test_only_transactions_that_were_given_are_told_of_and_each_is_stopped_once() -> None:
    scene = charge_point([])
    await scene.play()
    scene.says(*START)
    await scene.play(Receives(action="StartTransaction"))
    scene.says(*STOP)
    scene.says(*STOP)
    right = general_validations16(scene.counterpart.transcript, "station")
    assert not right.failed
    scene.says("StopTransaction", STOP[1] | {"meterStop": 10})
    scene.says(
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 99,
            "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": "1"}]}],
        },
    )
    wrong = general_validations16(scene.counterpart.transcript, "station")
    assert [(one.what, one.found) for one in wrong.checks if not one.passed] == [
        ("the transactionId is one the Central System gave", "99"),
        ("a transaction is stopped once", "told otherwise"),
    ]


@pytest.mark.parametrize(
    ("said", "in_16"),
    [
        ("The station sends BootNotificationRequest", "The Charge Point sends BootNotification.req"),
        ("every connector of EVSE 1", "connector 1"),
        (
            "connector <configured connector_id> of EVSE <configured evse_id> is Available",
            "connector <configured evse_id> is Available",
        ),
        ("The CSMS answers with ResetResponse", "The Central System answers with Reset.conf"),
    ],
)
def test_the_words_of_16(said: str, in_16: str) -> None:
    assert in_words_of_16(said) == in_16


def test_a_person_is_asked_in_the_words_of_16() -> None:
    details = {"evse": 2, "token": "ANNA"}
    assert act_named("present", details).instruction(details, V16) == "Present the idTag ANNA at connector 2."


def test_conditions_of_16_are_told_in_full() -> None:
    listed = catalogue()["TC_017_2_CS"]
    assert listed.why_not(Claims({"Core", "Q-1"})) == ""
    assert "the Charge Point has a fixed cable" in listed.why_not(Claims({"Core"}))
    asked = {
        word for one in catalogue().values() if one.version is V16 for word in one.condition.split() if "Q-" in word
    }
    assert {word.strip("()") for word in asked} == QUESTIONS.keys()


def test_a_run_plays_one_version() -> None:
    cases = all_cases()
    assert one_version(cases, "csms", Selection(("TC_010",))) is V16
    assert one_version(cases, "csms", Selection()) is OcppVersion.V201
    with pytest.raises(ConfigError, match=r"OCPP 1\.6 and of 2\.0\.1"):
        one_version(cases, "csms", Selection(("TC_010_CSMS", "TC_B_01_CSMS")))
    assert all(isinstance(case, Case16) for case in select(cases, "csms", Selection(version=V16)))


def test_a_plan_names_the_version() -> None:
    assert plan_of({"ocpp": "1.6"}).version is V16
    with pytest.raises(ConfigError, match="no version"):
        plan_of({"ocpp": "3.0"})


@pytest.mark.parametrize(
    ("action", "payload", "command", "body"),
    [
        ("Reset", {"type": "Soft"}, "reset", {"type": "OnIdle"}),
        ("RemoteStopTransaction", {"transactionId": 7}, "request-stop", {"transactionId": "7"}),
        ("ClearCache", {}, "clear-cache", {}),
        ("UnlockConnector", {"connectorId": 2}, "unlock", {"evseId": 2}),
        (
            "ReserveNow",
            {"connectorId": 0, "idTag": "A"},
            "reserve-now",
            {"idToken": {"idToken": "A", "type": "ISO14443"}},
        ),
        (
            "ChangeAvailability",
            {"connectorId": 1, "type": "Inoperative"},
            "change-availability",
            {"operationalStatus": "Inoperative", "evse": {"id": 1}},
        ),
    ],
)
def test_how_our_csms_is_asked(action: str, payload: dict[str, Any], command: str, body: dict[str, Any]) -> None:
    assert command16(action, payload) == (command, body)
