"""Charge Point under test: who may stop a transaction, and meter values (test document 2.23, 2.24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import (
    CLOCK,
    PATIENCE,
    PERIODIC,
    Reading,
    apart,
    contexts,
    in_main,
    in_meter_values,
    measured,
    of_readings,
)
from pilotwire.conformance.checks import Check, equals
from pilotwire.conformance.language import Case16, Configures, Happened, Judges, NotReceives, Receives, Repeats, Sends
from pilotwire.conformance.states.station16 import CONNECTOR, authorizes, charging, ends_charging, present_id_tag
from pilotwire.conformance.values import Computed, Kept, Known, configured, plus

_REGISTER = "Energy.Active.Import.Register"

TC_068_CS = Case16(
    id="TC_068_CS",
    title="Stopped by the idTag that started",
    purpose="Another idTag does not stop the transaction; the one that started it does.",
    before=charging(),
    main=(
        present_id_tag("valid_token2"),
        NotReceives(number="1", action="Authorize"),
        NotReceives(number="1", action="StopTransaction"),
        present_id_tag(),
        ends_charging("3", "5", token="valid_token"),
    ),
    requirements=("1.6:4.10",),
)

TC_069_CS = Case16(
    id="TC_069_CS",
    title="Stopped by another of the group",
    purpose="An idTag with the parentIdTag of the one that started the transaction stops it.",
    before=(Happened(facts={"grouped": True}), *charging()),
    main=(
        present_id_tag("valid_token2"),
        authorizes("1", "valid_token2"),
        ends_charging("3", "5", token="valid_token2"),
    ),
    requirements=("1.6:3.10", "1.6:4.10"),
)


def _seconds(name: str) -> Computed:
    return Computed(f"<configured {name}>", lambda known: str(known.setting(name)))


def _reads(key: str) -> Sends:
    return Sends(
        action="GetConfiguration",
        payload={"key": [key]},
        checks=(equals("configurationKey[0].key", key),),
        keep={"measurands_set": "configurationKey[0].value"},
    )


_VALUES = in_main(in_meter_values)


def _complete() -> Check:
    """Every message has every measurand the key lists; an empty list stands for the energy register."""

    def judged(found: list[Reading], known: Known) -> tuple[bool, str]:
        listed = [one.strip() for one in str(known.kept.get("measurands_set", "")).split(",") if one.strip()]
        lacking = {name for one in found for name in set(listed or [_REGISTER]) - one.measurands}
        return not lacking, f"without {', '.join(sorted(lacking))}" if lacking else ", ".join(listed or [_REGISTER])

    return of_readings("there is an element for each measurand the key lists", _VALUES, judged)


def _clocked(found: list[Reading], known: Known) -> tuple[bool, str]:
    interval = int(known.setting("aligned_interval"))
    at = [one.at for one in found if one.at is not None]
    return bool(at) and all(_since_midnight(one) % interval < 1 for one in at), ", ".join(
        f"{one:%H:%M:%S}" for one in at
    )


def _since_midnight(moment: datetime) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _told_three_times(interval: Any) -> Repeats:
    return Repeats(
        number="1",
        steps=(
            Receives(
                number="1",
                action="MeterValues",
                checks=(equals("connectorId", CONNECTOR), equals("transactionId", Kept("transaction_id"))),
                within=plus(interval, configured.message_timeout),
            ),
        ),
        until=measured(3, _VALUES, "values"),
    )


def _judged(context: str, interval: Any, *checks: Check) -> tuple[Judges, ...]:
    what = "the meter values"
    told = (contexts(what, _VALUES, context), apart(what, _VALUES, interval), _complete())
    return (Judges(checks=(*told, *checks)),)


TC_070_CS = Case16(
    id="TC_070_CS",
    title="Sampled meter values",
    purpose="During a transaction the Charge Point tells the measurands of MeterValuesSampledData at the interval that was set.",
    before=(
        Configures(variable="MeterValueSampleInterval", value=_seconds("sampled_interval")),
        Configures(variable="ClockAlignedDataInterval", value="0"),
        _reads("MeterValuesSampledData"),
        *charging(),
    ),
    main=(_told_three_times(configured.sampled_interval),),
    after=_judged(PERIODIC, configured.sampled_interval),
    within=PATIENCE,
    requirements=("1.6:4.7",),
)

TC_071_CS = Case16(
    id="TC_071_CS",
    title="Clock-aligned meter values",
    purpose="The Charge Point tells the measurands of MeterValuesAlignedData at the moments of the clock that were set.",
    before=(
        Configures(variable="MeterValueSampleInterval", value="0"),
        Configures(variable="ClockAlignedDataInterval", value=_seconds("aligned_interval")),
        _reads("MeterValuesAlignedData"),
        *charging(),
    ),
    main=(
        Repeats(
            number="1",
            steps=(
                Receives(
                    number="1",
                    action="MeterValues",
                    within=plus(configured.aligned_interval, configured.message_timeout),
                ),
            ),
            until=measured(3, _VALUES, "values"),
        ),
    ),
    after=_judged(
        CLOCK, configured.aligned_interval, of_readings("the timestamps are aligned to the clock", _VALUES, _clocked)
    ),
    within=PATIENCE,
    requirements=("1.6:4.7",),
)
