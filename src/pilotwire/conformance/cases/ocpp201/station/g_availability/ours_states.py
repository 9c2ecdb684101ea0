"""Cases of our own for G01 and G02: a connector that is out of use once it is free, and heartbeats at the interval that is set."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.station.e_transactions.preparing import stopping_at
from pilotwire.conformance.cases.ocpp201.station.g_availability.changing import changes
from pilotwire.conformance.checks import Check
from pilotwire.conformance.conditions import feature
from pilotwire.conformance.language import Acts, Case, Configures, Judges, TellsStatus, Waits
from pilotwire.conformance.states.booting import beats
from pilotwire.conformance.states.station201 import energy_transfer_started, stop_authorized
from pilotwire.conformance.values import configured, times

PART_2 = "Part 2 edition 3, errata 2025-09"
_CORE = (feature("Core"),)

PW_G_01_CS = Case(
    id="PW_G_01_CS",
    title="Occupied to Unavailable",
    purpose="A connector that is to go out of use is told to be Unavailable, not Available, when the EV is disconnected.",
    requirements=("G01.FR.05",),
    needs=_CORE,
    settings={"tx_stop_points": ["EVConnected"]},
    before=(*stopping_at("EVConnected"), *energy_transfer_started()),
    main=(
        changes("1", "Inoperative", "connector", answer="Scheduled"),
        *stop_authorized(),
        Acts(act="unplug"),
        TellsStatus(number="9", status="Unavailable", note="G01.FR.05"),
    ),
    follows=PART_2,
    ours=True,
)

PW_G_02_CS = Case(
    id="PW_G_02_CS",
    title="The interval of heartbeats is set",
    purpose="A station sends its heartbeats at the HeartbeatInterval it is given.",
    requirements=("G02.FR.02",),
    needs=_CORE,
    before=(Configures(variable="OCPPCommCtrlr.HeartbeatInterval", value=configured.heartbeat_interval),),
    main=(Waits(seconds=times(4.5, configured.heartbeat_interval), why="several heartbeats are due"),),
    after=(Judges(checks=(Check("the heartbeats are the interval apart", beats).of("G02.FR.02"),)),),
    follows=PART_2,
    ours=True,
)
