"""Contracts for a vehicle from the pool of the CSMS (M01, M02): one with ISO 15118-2, as many as there are with ISO 15118-20."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from pilotwire.domain.certificates import CertificateAction, EvCertificateAsked, EvCertificateVerdict
from pilotwire.domain.kinds import Fact, Verdict
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.certificate_status import EvCertificateWanted
from tests.support.station_world import Csms, StationWorld

OF_2 = "urn:iso:15118:2:2013:MsgDef"
OF_20 = "urn:iso:std:iso:15118:-20:CommonMessages"
EMAIDS = ("DEVOLC12345678", "NLTNMC0000001X1")


class Pool(Csms):
    """A CSMS whose contract pool says, one after the other, that so many contracts remain."""

    def __init__(self, *remaining: int | None, accepted: bool = True) -> None:
        super().__init__()
        self.remaining = list(remaining)
        self.accepted = accepted

    def verdict(self, fact: Fact, now: datetime) -> Verdict:
        if not isinstance(fact, EvCertificateAsked):
            return super().verdict(fact, now)
        number = len(self.asked)
        left = self.remaining[min(number, len(self.remaining)) - 1]
        return EvCertificateVerdict(accepted=self.accepted, exi_response=f"contract {number}", remaining=left)

    @property
    def asked(self) -> list[Any]:
        """What the pool was asked."""
        return self.of(EvCertificateAsked)


def world_of(pool: Pool) -> tuple[StationWorld, Pool]:
    """A vehicle is plugged in at EVSE 1."""
    world = StationWorld()
    world.csms = pool
    world.plug()
    return world, pool


def wanted(
    schema: str = OF_20, action: CertificateAction = CertificateAction.INSTALL, most: int | None = 3
) -> EvCertificateAsked:
    """What a vehicle wants."""
    return EvCertificateAsked(
        schema_version=schema, action=action, exi_request="AQ==", max_chains=most, prioritized_emaids=EMAIDS
    )


def told(world: StationWorld) -> list[EvCertificateVerdict]:
    """What the vehicle's side heard."""
    verdicts = [one.verdict for one in world.actions if isinstance(one, Inform)]
    return [one for one in verdicts if isinstance(one, EvCertificateVerdict)]


@pytest.mark.req("M01.FR.02")
@pytest.mark.parametrize("action", list(CertificateAction))
def test_with_15118_2_there_is_one_contract_and_no_word_of_more(action: CertificateAction) -> None:
    """Whatever the vehicle's side gave, and whatever the CSMS says of a remainder."""
    world, pool = world_of(Pool(2))
    world.feed(EvCertificateWanted("car", wanted(OF_2, action), 1))
    assert pool.asked == [EvCertificateAsked(schema_version=OF_2, action=action, exi_request="AQ==")]
    assert told(world) == [EvCertificateVerdict(accepted=True, exi_response="contract 1")]


@pytest.mark.req("M01.FR.03", "M02.FR.02")
@pytest.mark.parametrize("action", list(CertificateAction))
@pytest.mark.parametrize("most", [0, 1, 255])
def test_with_15118_20_the_vehicle_s_maximum_and_its_wishes_are_passed_on(action: CertificateAction, most: int) -> None:
    """There an update is an installation."""
    world, pool = world_of(Pool(0))
    world.feed(EvCertificateWanted("car", wanted(action=action, most=most), 1))
    (asked,) = pool.asked
    assert (asked.action, asked.max_chains, asked.prioritized_emaids) == (CertificateAction.INSTALL, most, EMAIDS)


@pytest.mark.req("M01.FR.05", "M01.FR.06")
@pytest.mark.parametrize("accepted", [True, False])
def test_the_same_request_is_sent_until_no_contract_remains_and_each_answer_reaches_the_vehicle(accepted: bool) -> None:
    """With the number the CSMS said; where one of the contracts could not be had, the next are asked for all the same."""
    world, pool = world_of(Pool(2, 1, 0, accepted=accepted))
    world.feed(EvCertificateWanted("car", wanted(), 1))
    assert pool.asked == [wanted()] * 3
    assert [(one.accepted, one.exi_response, one.remaining) for one in told(world)] == [
        (accepted, "contract 1", 2),
        (accepted, "contract 2", 1),
        (accepted, "contract 3", 0),
    ]


def test_a_csms_that_says_nothing_of_a_remainder_is_asked_once() -> None:
    world, pool = world_of(Pool(None))
    world.feed(EvCertificateWanted("car", wanted(), 1))
    assert len(pool.asked) == len(told(world)) == 1


def test_without_the_vehicle_s_maximum_nobody_is_asked() -> None:
    """It is a must with ISO 15118-20."""
    world, pool = world_of(Pool(0))
    world.feed(EvCertificateWanted("car", wanted(most=None), 1))
    (verdict,) = told(world)
    assert (pool.asked, verdict.accepted, verdict.remaining) == ([], False, None)


@pytest.mark.parametrize("stuck", [2, 5])
def test_a_csms_that_does_not_count_down_is_not_asked_for_ever(stuck: int) -> None:
    """What came is handed on, and then that no more comes."""
    world, pool = world_of(Pool(2, stuck))
    world.feed(EvCertificateWanted("car", wanted(), 1))
    assert len(pool.asked) == 2
    assert [(one.accepted, one.remaining) for one in told(world)] == [(True, 2), (True, stuck), (False, None)]
    assert any("contracts remain" in note for note in world.notes)


@pytest.mark.parametrize("how", ["offline", "silent"])
def test_a_csms_that_falls_silent_between_two_contracts_ends_it(how: str) -> None:
    """The vehicle hears that it failed (M01: error handling)."""
    world, pool = world_of(Pool(2, 1, 0))
    pool.silent = lambda fact: isinstance(fact, EvCertificateAsked) and len(pool.asked) > 1
    world.feed(EvCertificateWanted("car", wanted(), 1))
    if how == "offline":
        world.cut()
    else:
        world.time_out()
    assert [(one.accepted, one.remaining) for one in told(world)] == [(True, 2), (False, None)]
    world.connect()
    world.pass_time(60)
    assert len(pool.asked) == 2


def test_once_the_vehicle_has_left_nothing_is_asked_for_it() -> None:
    world, pool = world_of(Pool(2, 1, 0))
    pool.silent = lambda fact: isinstance(fact, EvCertificateAsked)
    world.feed(EvCertificateWanted("car", wanted(), 1))
    world.unplug()
    world.time_out()
    assert (len(pool.asked), told(world)) == (1, [])


def test_another_question_of_the_vehicle_ends_the_one_before() -> None:
    """The answer to the first comes too late."""
    world, pool = world_of(Pool(0))
    pool.silent = lambda fact: isinstance(fact, EvCertificateAsked) and len(pool.asked) == 1
    world.feed(EvCertificateWanted("car", wanted(most=3), 1))
    world.feed(EvCertificateWanted("car", wanted(most=1), 1))
    world.time_out()
    assert [one.max_chains for one in pool.asked] == [3, 1]
    assert [(one.accepted, one.exi_response) for one in told(world)] == [(True, "contract 2")]
