"""J02: sampled meter values that are told at the end of a transaction."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.j_meter_values.ended import (
    ends,
    sampled_told,
    signed_told,
    told_at_the_end,
)
from pilotwire.conformance.cases.ocpp201.station.j_meter_values.samples import PATIENCE, judged
from pilotwire.conformance.language import Case
from pilotwire.conformance.values import configured

_INTERVAL = configured.sampled_interval

TC_J_10_CS = Case(
    id="TC_J_10_CS",
    title="Sampled values at the end",
    purpose="The last event of a transaction tells the samples that are wanted at the end, and one of the end itself.",
    requirements=(
        "J02.FR.01",
        "J02.FR.02",
        "J02.FR.03",
        "J02.FR.04",
        "J02.FR.10",
        "E06.FR.11",
        "E06.FR.17",
        "E07.FR.08",
        "E07.FR.13",
        "E08.FR.09",
        "E09.FR.05",
        "E10.FR.04",
        "E12.FR.07",
    ),
    before=told_at_the_end("Sampled", _INTERVAL),
    main=ends(_INTERVAL),
    after=judged(*sampled_told(_INTERVAL)),
    within=PATIENCE,
)

TC_J_11_CS = Case(
    id="TC_J_11_CS",
    title="Sampled values at the end, signed",
    purpose="The samples in the last event of a transaction are signed by the meter.",
    requirements=("J02.FR.21",),
    traits={"evse": {"signingMeter": True}},
    before=told_at_the_end("Sampled", _INTERVAL, signed=True),
    main=ends(_INTERVAL),
    after=judged(*sampled_told(_INTERVAL), *signed_told("J02.FR.21")),
    remark="A meter signs what it counts: at least one sample of each moment has to be signed.",
    within=PATIENCE,
)
