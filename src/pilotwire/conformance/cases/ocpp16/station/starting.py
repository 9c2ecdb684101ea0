"""Charge Point under test: a charging session starts (test document 2.2)."""

from __future__ import annotations

from pilotwire.conformance.language import Case16
from pilotwire.conformance.states.station16 import authorized, begins_to_charge, plug_in

TC_004_1_CS = Case16(
    id="TC_004_1_CS",
    title="Regular charging session, identification first",
    purpose="Somebody presents an idTag, then plugs the cable in: the transaction starts and energy flows.",
    before=authorized(),
    main=(*plug_in(), begins_to_charge("1", "3")),
    requirements=("1.6:4.8",),
)
