"""Who is asked next: never more than the wave, never outside of the window, never somebody twice at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotwire.domain.firmware import FirmwareStatus
from pilotwire.domain.firmware_campaigns import (
    Campaign,
    CampaignState,
    DayWindow,
    Member,
    MemberState,
    Seen,
    asked,
    attempt_failed,
    is_open,
    judged,
    members_of,
    open_wave,
    plan,
    succeeded,
    unasked,
    wave_sizes,
)
from pilotwire.domain.kinds import changed

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
"""A Saturday."""


def campaign(*waves: int, **more: Any) -> Campaign:
    """A campaign with these waves."""
    return Campaign(campaign_id="c", created_at=NOON, waves=waves, **more)


def members(*waves: int) -> tuple[Member, ...]:
    """Stations S0, S1, ... in these waves."""
    return members_of([f"S{number}" for number in range(sum(waves))], waves)


def names(of: tuple[Member, ...]) -> set[str]:
    return {member.station for member in of}


@given(st.integers(1, 500), st.lists(st.integers(1, 100), max_size=5))
def test_waves_hold_everybody(count: int, wanted: list[int]) -> None:
    """In the sizes wanted, the last repeated."""
    sizes = wave_sizes(count, wanted)
    assert sum(sizes) == count
    assert all(size >= 1 for size in sizes)
    if wanted:
        known = [*wanted, *([wanted[-1]] * len(sizes))]
        assert list(sizes[:-1]) == known[: len(sizes) - 1]
    else:
        assert sizes == (count,)


@pytest.mark.parametrize(
    ("window", "hour", "weekday_offset", "expected"),
    [
        (DayWindow(begins=9 * 60, ends=17 * 60), 9, 0, True),
        (DayWindow(begins=9 * 60, ends=17 * 60), 17, 0, False),
        (DayWindow(begins=22 * 60, ends=5 * 60), 23, 0, True),
        (DayWindow(begins=22 * 60, ends=5 * 60), 4, 0, True),
        (DayWindow(begins=22 * 60, ends=5 * 60), 12, 0, False),
        (DayWindow(begins=22 * 60, ends=5 * 60, weekdays=(4,)), 4, 0, True),  # Friday's night, on Saturday
        (DayWindow(begins=22 * 60, ends=5 * 60, weekdays=(5,)), 4, 0, False),
        (DayWindow(begins=22 * 60, ends=5 * 60, weekdays=(5,)), 23, 0, True),
        (DayWindow(begins=0, ends=0, weekdays=(5,)), 3, 0, True),
        (DayWindow(begins=0, ends=0, weekdays=(5,)), 3, 1, False),
    ],
)
def test_windows_are_of_the_day_they_begin_on(
    window: DayWindow, hour: int, weekday_offset: int, expected: bool
) -> None:
    """Also over midnight."""
    now = NOON.replace(hour=hour) + timedelta(days=weekday_offset)
    assert is_open((window,), "UTC", now) is expected


def test_windows_go_by_the_clock_of_their_zone() -> None:
    """22:00 in Amsterdam is 21:00 in UTC in winter, and 20:00 in summer."""
    night = (DayWindow(begins=22 * 60, ends=23 * 60),)
    assert is_open(night, "Europe/Amsterdam", NOON.replace(hour=21))
    assert not is_open(night, "Europe/Amsterdam", NOON.replace(hour=22))
    assert is_open(night, "Europe/Amsterdam", NOON.replace(month=7, hour=20))


def test_the_first_wave_is_asked_as_far_as_there_is_room() -> None:
    """And only who is connected, and not busy elsewhere."""
    all_ = members(3, 2)
    planned = plan(campaign(3, 2, concurrency=2), all_, NOON, connected={"S1", "S2", "S3"}, busy={"S2"})
    assert planned.ask == ("S1",)
    assert plan(campaign(3, 2, concurrency=2), all_, NOON, connected=names(all_)).ask == ("S0", "S1")


def test_the_next_wave_waits_for_the_one_before() -> None:
    """For those being updated and those that could be; not for those that are offline, unless nobody has ended."""
    a, b, c, d = members(3, 1)
    done = succeeded(asked(a, 1, NOON), "", NOON)
    everybody = {"S0", "S1", "S2", "S3"}
    assert open_wave((done, asked(b, 2, NOON), c, d), {"S3"}) == 0
    assert open_wave((done, b, c, d), {"S1", "S3"}) == 0
    assert open_wave((done, b, c, d), {"S3"}) == 1
    assert open_wave((a, b, c, d), {"S3"}) == 0
    again = attempt_failed(campaign(3, 1, retries=1), asked(b, 2, NOON), "", NOON)
    assert open_wave((done, again, c, d), {"S3"}) == 0
    assert plan(campaign(3, 1), (done, b, c, d), NOON, connected={"S3"}).ask == ("S3",)
    assert plan(campaign(3, 1), (done, b, c, asked(d, 3, NOON)), NOON, connected=everybody).ask == ("S1", "S2")


def test_too_many_failures_of_a_wave_stop_it() -> None:
    """More than the percentage; exactly that much is still well."""
    a, b, c, d, e = members(4, 1)
    bad = campaign(4, 1, failure_percent=25)
    one = attempt_failed(bad, asked(a, 1, NOON), "no", NOON)
    assert plan(bad, (one, b, c, d, e), NOON, connected=set()).state is None
    two = attempt_failed(bad, asked(b, 2, NOON), "no", NOON)
    planned = plan(bad, (one, two, c, d, e), NOON, connected={"S2"})
    assert (planned.state, planned.ask) == (CampaignState.STOPPED, ())
    assert "2 of the 4 stations of wave 1" in planned.reason


def test_it_is_complete_when_everybody_has_ended() -> None:
    """However."""
    a, b = members(2)
    ended = (attempt_failed(campaign(2), asked(a, 1, NOON), "no", NOON), succeeded(asked(b, 2, NOON), "", NOON))
    assert plan(campaign(2), ended, NOON, connected=set()).state is CampaignState.COMPLETED


@pytest.mark.parametrize("state", [state for state in CampaignState if state is not CampaignState.RUNNING])
def test_nothing_happens_but_while_it_runs(state: CampaignState) -> None:
    """Paused, stopped, cancelled or complete."""
    assert plan(campaign(2, state=state), members(2), NOON, connected={"S0"}) == plan(
        campaign(2, state=state), members(2), NOON, connected=set()
    )


def _asked() -> Member:
    return asked(members(1)[0], 7, NOON)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (Seen(), MemberState.ASKED),
        (Seen(status=FirmwareStatus.DOWNLOADING), MemberState.ASKED),
        (Seen(status=FirmwareStatus.INSTALLED), MemberState.SUCCEEDED),
        (Seen(version="2", booted_at=NOON), MemberState.SUCCEEDED),
        (Seen(version="2", booted_at=NOON - timedelta(seconds=1)), MemberState.ASKED),
        (Seen(version="1", booted_at=NOON), MemberState.ASKED),
        (Seen(status=FirmwareStatus.INVALID_SIGNATURE), MemberState.FAILED),
        (Seen(failure="The station answered Rejected."), MemberState.FAILED),
    ],
)
def test_what_becomes_of_an_asked_station(seen: Seen, state: MemberState) -> None:
    """Installed, or a boot with the wanted version after it was asked."""
    assert judged(campaign(1, version="2"), _asked(), seen, NOON).state is state


def test_patience_ends() -> None:
    """A station that never reports an end has failed after a while."""
    short = campaign(1, patience=60)
    assert judged(short, _asked(), Seen(), NOON + timedelta(seconds=59)).state is MemberState.ASKED
    assert judged(short, _asked(), Seen(), NOON + timedelta(seconds=60)).state is MemberState.FAILED


def test_retries_come_after_a_rest() -> None:
    """As many as wanted; one that was not sent does not count; what can never work is not tried again."""
    twice = campaign(1, retries=1, retry_wait=100)
    first = attempt_failed(twice, _asked(), "no", NOON)
    assert plan(twice, (first,), NOON + timedelta(seconds=99), connected={"S0"}).ask == ()
    assert plan(twice, (first,), NOON + timedelta(seconds=100), connected={"S0"}).ask == ("S0",)
    second = asked(first, 8, NOON)
    assert unasked(second, "gone", NOON).attempts == 1
    assert attempt_failed(twice, second, "no", NOON).state is MemberState.FAILED
    assert attempt_failed(twice, _asked(), "no", NOON, for_good=True).state is MemberState.FAILED


@given(st.data())
def test_a_whole_campaign_keeps_its_promises(data: st.DataObject) -> None:
    """Whatever stations and time do: the wave, the window, the limit and the rate hold at every step."""
    sizes = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4), label="waves"))
    begins = data.draw(st.integers(0, 1439), label="begins")
    window = DayWindow(begins=begins, ends=data.draw(st.integers(0, 1439), label="ends"))
    it = campaign(
        *sizes,
        concurrency=data.draw(st.integers(1, 4), label="concurrency"),
        windows=(window,),
        failure_percent=data.draw(st.none() | st.integers(0, 100), label="rate"),
        retries=data.draw(st.integers(0, 2), label="retries"),
        retry_wait=600,
        patience=7200,
    )
    state = {member.station: member for member in members(*sizes)}
    now, requests = NOON, 0
    for _ in range(data.draw(st.integers(1, 25), label="steps")):
        now += timedelta(minutes=data.draw(st.integers(0, 300)))
        connected = data.draw(st.sets(st.sampled_from(sorted(state))))
        for name, member in list(state.items()):
            if member.state is MemberState.ASKED:
                told = data.draw(st.sampled_from([None, *FirmwareStatus]))
                state[name] = judged(it, member, Seen(status=told), now)
        planned = plan(it, tuple(state.values()), now, connected=connected)
        if planned.state is not None:
            assert not planned.ask
            break
        assert len(planned.ask) == len(set(planned.ask))
        if planned.ask:
            assert is_open(it.windows, "UTC", now)
        for name in planned.ask:
            member = state[name]
            assert member.state is MemberState.WAITING
            assert name in connected
            before = [one for one in state.values() if one.wave < member.wave]
            assert not any(one.state is MemberState.ASKED for one in before) or any(
                one.attempts and one.wave >= member.wave for one in state.values()
            )
            requests += 1
            state[name] = asked(member, requests, now)
        going = [one for one in state.values() if one.state is MemberState.ASKED]
        assert len(going) <= it.concurrency
        newest = max((one.wave for one in state.values() if one.attempts), default=0)
        assert sum(1 for one in state.values() if one.attempts) <= sum(sizes[: newest + 1])
        assert all(one.attempts <= it.retries + 1 for one in state.values())
        if it.failure_percent is not None and planned.ask:
            for wave, size in enumerate(sizes):
                lost = [one for one in state.values() if one.wave == wave and one.state is MemberState.FAILED]
                assert len(lost) * 100 <= it.failure_percent * size


def test_a_wave_begins_only_when_the_one_before_is_through() -> None:
    """Played to the end with everybody connected: at no time are two waves being updated."""
    sizes = (1, 2, 3, 3)
    it, state, now = campaign(*sizes, concurrency=2), {one.station: one for one in members(*sizes)}, NOON
    order: list[int] = []
    while (planned := plan(it, tuple(state.values()), now, connected=set(state))).state is None:
        for name in planned.ask:
            state[name] = asked(state[name], 1, now)
            order.append(state[name].wave)
        going = [one for one in state.values() if one.state is MemberState.ASKED]
        assert len({one.wave for one in going}) == 1
        state[going[0].station] = changed(going[0], state=MemberState.SUCCEEDED, ended_at=now)
        now += timedelta(minutes=1)
    assert planned.state is CampaignState.COMPLETED
    assert order == sorted(order)
