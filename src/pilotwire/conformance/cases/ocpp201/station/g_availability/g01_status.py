"""G01: the station tells what becomes of its connectors."""

from __future__ import annotations

from pilotwire.conformance.language import Acts, Case, Happened, TellsStatus
from pilotwire.conformance.states.station201 import ev_connected_pre_session

TC_G_01_CS = Case(
    id="TC_G_01_CS",
    title="Available to Occupied",
    purpose="A connector an EV is connected to is told to be Occupied.",
    requirements=("G01.FR.01", "N07.FR.19", "G01.FR.03"),
    main=ev_connected_pre_session(),
)

TC_G_02_CS = Case(
    id="TC_G_02_CS",
    title="Occupied to Available",
    purpose="A connector the EV is disconnected from is told to be Available.",
    requirements=("G01.FR.01", "N07.FR.19", "G01.FR.04"),
    before=ev_connected_pre_session(),
    main=(
        Acts(act="unplug"),
        Happened(facts={"ev_connected": False}),
        TellsStatus(number="3", status="Available"),
    ),
)
