"""`pilotwire start`, `stop`, `reset`, `unlock`, `trigger`, `availability`, `reserve`, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pilotwire import cli
from pilotwire.domain.availability import ChangeAvailability, ChangeAvailabilityOutcome, ChangeAvailabilityStatus
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.provisioning import (
    Reset,
    ResetKind,
    ResetOutcome,
    ResetStatus,
    TriggerMessage,
    TriggerOutcome,
    TriggerStatus,
)
from pilotwire.domain.remote_control import (
    RequestStart,
    RequestStartOutcome,
    RequestStatus,
    RequestStop,
    RequestStopOutcome,
    UnlockConnector,
    UnlockOutcome,
    UnlockStatus,
)
from pilotwire.domain.reservation import ReserveNow, ReserveNowOutcome, ReserveNowStatus
from tests.support.api_rooms import ApiRooms, api_of, served


class Scene:
    """The command line against a CSMS with one station."""

    def __init__(self, rooms: ApiRooms, url: str) -> None:
        self.rooms = rooms
        self._env = {"PILOTWIRE_URL": url, "COLUMNS": "200", "TERM": "dumb"}

    def run(self, *words: str) -> Result:
        """Run a verb."""
        return CliRunner().invoke(cli.app, list(words), env=self._env)

    def given(self) -> Any:
        """The command the station got last."""
        return self.rooms.bus.commands[-1][1]


@pytest.fixture
def scene() -> Iterator[Scene]:
    rooms = ApiRooms()
    rooms.bus.connect("CS-1")
    rooms.bus.answers = {
        RequestStart: RequestStartOutcome(status=RequestStatus.ACCEPTED, transaction_id="TX-7"),
        RequestStop: RequestStopOutcome(status=RequestStatus.REJECTED),
        Reset: ResetOutcome(status=ResetStatus.SCHEDULED),
        UnlockConnector: UnlockOutcome(status=UnlockStatus.UNLOCKED),
        TriggerMessage: TriggerOutcome(status=TriggerStatus.NOT_IMPLEMENTED),
        ChangeAvailability: ChangeAvailabilityOutcome(status=ChangeAvailabilityStatus.SCHEDULED),
        ReserveNow: ReserveNowOutcome(status=ReserveNowStatus.ACCEPTED),
    }
    with served(api_of(rooms)) as url:
        yield Scene(rooms, url)


def test_a_start_and_a_stop(scene: Scene) -> None:
    """A station that refuses is told, and ends with exit code 1."""
    assert scene.run("start", "CS-1", "CARD", "--evse", "2").stdout == "CS-1 answered Accepted (transaction TX-7).\n"
    assert (scene.given().id_token, scene.given().evse) == (IdToken(value="CARD", type="ISO14443"), 2)
    stopped = scene.run("stop", "CS-1", "TX-7")
    assert (stopped.stdout, stopped.exit_code) == ("CS-1 answered Rejected.\n", 1)
    assert scene.given() == RequestStop(transaction_id="TX-7")


def test_a_reset_and_an_unlock(scene: Scene) -> None:
    """When idle unless it is to be now."""
    assert scene.run("reset", "CS-1").exit_code == 0
    assert scene.given() == Reset(kind=ResetKind.ON_IDLE)
    scene.run("reset", "CS-1", "--now", "--evse", "1")
    assert scene.given() == Reset(kind=ResetKind.IMMEDIATE, evse=1)
    assert scene.run("unlock", "CS-1", "--evse", "2", "--connector", "3").stdout == "CS-1 answered Unlocked.\n"
    assert scene.given() == UnlockConnector(evse=2, connector=3)


def test_a_trigger(scene: Scene) -> None:
    """With a place, in a vendor's words, or by the extended message."""
    told = scene.run("trigger", "CS-1", "StatusNotification", "--evse", "1", "--connector", "2")
    assert (told.stdout, told.exit_code) == ("CS-1 answered NotImplemented.\n", 1)
    assert scene.given() == TriggerMessage(message="StatusNotification", address=EvseAddress(evse=1, connector=2))
    scene.run("trigger", "CS-1", "CustomTrigger", "--custom", "blink")
    assert scene.given() == TriggerMessage(message="CustomTrigger", custom="blink")
    scene.run("trigger", "CS-1", "Heartbeat", "--extended")
    assert scene.given() == TriggerMessage(message="Heartbeat", extended=True)
    nowhere = scene.run("trigger", "CS-1", "StatusNotification", "--connector", "2")
    assert nowhere.exit_code == 2
    assert "Name the EVSE too." in nowhere.stderr


def test_availability_and_a_reservation(scene: Scene) -> None:
    """A reservation is from now on, so long."""
    assert scene.run("availability", "CS-1", "--out-of-use", "--evse", "1").exit_code == 0
    assert scene.given() == ChangeAvailability(operative=False, address=EvseAddress(evse=1))
    told = scene.run("reserve", "CS-1", "CARD", "--minutes", "30", "--connector-type", "cCCS2")
    assert told.stdout.startswith("CS-1 answered Accepted (reservation ")
    made = scene.given().reservation
    assert (made.id_token.value, made.evse, made.connector_type) == ("CARD", None, "cCCS2")


def test_one_that_is_not_connected(scene: Scene) -> None:
    """The CSMS says so."""
    gone = scene.run("start", "CS-9", "CARD")
    assert gone.exit_code == 1
    assert "not connected" in gone.stderr
