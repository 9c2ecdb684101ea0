"""Metering as a street: its variables, and the readings that are due for the end of a transaction."""

from __future__ import annotations

from datetime import timedelta

from pilotwire.station.core import metering, metering_ended, metering_intervals, metering_usage
from pilotwire.station.core.metering_variables import LISTS, may_be, metering_variables
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street


def _changed(station: Station, key: str, _value: str) -> None:
    """A sample interval that was 0 and is not any more counts from now (J02.FR.11)."""
    metering_ended.reschedule(station, key)
    if "measurands" in key:
        metering_intervals.look_first(station)
    interval = metering.sample_interval(station)
    for evse in station.evses.values():
        if key.startswith("sampleddatactrlr") and evse.tx is not None and evse.tx.next_sample is None and interval > 0:
            evse.tx.next_sample = station.now + timedelta(seconds=interval)


def _follow(station: Station) -> None:
    metering_ended.follow(station)
    metering_usage.forget_unheard(station)


STREET = Street(
    "metering",
    variables=lambda family, layout: tuple(metering_variables(family, layout)),
    checks=dict.fromkeys(LISTS, may_be),
    changed=_changed,
    started=metering_intervals.look_first,
    deadline=metering_ended.deadline,
    due=metering_ended.due,
    follow=_follow,
)
