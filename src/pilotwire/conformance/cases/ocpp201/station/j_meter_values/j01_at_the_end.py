"""J01: clock-aligned meter values that are told at the end of a transaction."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.ended import (
    aligned_told,
    ends,
    signed_told,
    told_at_the_end,
)
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import PATIENCE, judged
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import configured

_INTERVAL = configured.aligned_interval

TC_J_03_CS = Case(
    id="TC_J_03_CS",
    title="Clock-aligned values at the end",
    purpose="The last event of a transaction tells the clock-aligned values that are wanted at the end.",
    requirements=(
        "J01.FR.01",
        "J01.FR.02",
        "J01.FR.03",
        "J01.FR.06",
        "J01.FR.07",
        "J01.FR.08",
        "J01.FR.14",
        "J01.FR.15",
        "E06.FR.11",
        "E06.FR.17",
        "E07.FR.08",
        "E07.FR.13",
        "E08.FR.09",
        "E09.FR.05",
        "E10.FR.04",
        "E12.FR.07",
    ),
    before=told_at_the_end("Aligned", _INTERVAL),
    main=ends(_INTERVAL),
    after=judged(*aligned_told(_INTERVAL)),
    within=PATIENCE,
)

TC_J_04_CS = Case(
    id="TC_J_04_CS",
    title="Clock-aligned values at the end, signed",
    purpose="The clock-aligned values in the last event of a transaction are signed by the meter.",
    requirements=("J01.FR.21",),
    traits={"evse": {"signingMeter": True}},
    before=told_at_the_end("Aligned", _INTERVAL, signed=True),
    main=ends(_INTERVAL),
    after=judged(*signed_told("J01.FR.21"), *(check.softly() for check in aligned_told(_INTERVAL))),
    remark=(
        "SampledDataCtrlr.TxEndedMeasurands is empty as in TC_J_03, else the last event would tell other values too. What the case says "
        "should be makes a warning. A meter signs what it counts: at least one sample of each moment has to be signed (J01.FR.21)."
    ),
    within=PATIENCE,
)
