"""Charge Point under test: connectors are unlocked (test document 2.7 and 2.12)."""

from __future__ import annotations

from pilotwire.conformance.language import Acts, Case16, Happened, NotReceives
from pilotwire.conformance.states.station16 import charging, ends_charging, status, unlocks

_FIXED_CABLE = {"connector_type": "cType2"}
_UNKNOWN = 999

TC_017_1_CS = Case16(
    id="TC_017_1_CS",
    title="Unlock where nobody charges",
    purpose="A connector is unlocked when the Central System asks for it.",
    main=(unlocks("1", "Unlocked"),),
    requirements=("1.6:5.18",),
)

TC_017_2_CS = Case16(
    id="TC_017_2_CS",
    title="Unlock of a fixed cable where nobody charges",
    purpose="A Charge Point with a fixed cable has nothing to unlock.",
    settings=_FIXED_CABLE,
    main=(unlocks("1", "NotSupported"),),
    requirements=("1.6:5.18",),
)

TC_018_1_CS = Case16(
    id="TC_018_1_CS",
    title="Unlock where somebody charges",
    purpose="A connector is unlocked when the Central System asks for it, which ends the transaction.",
    before=charging(),
    main=(
        unlocks("1", "Unlocked"),
        ends_charging("3", "5", "UnlockCommand"),
        Acts(act="unplug"),
        Happened(facts={"authorized": False, "energy": False, "ev_connected": False}),
        status("7", "Available"),
    ),
    requirements=("1.6:4.10", "1.6:5.18"),
)

TC_018_2_CS = Case16(
    id="TC_018_2_CS",
    title="Unlock of a fixed cable where somebody charges",
    purpose="A Charge Point with a fixed cable has nothing to unlock, and the transaction goes on.",
    settings=_FIXED_CABLE,
    before=charging(),
    main=(unlocks("1", "NotSupported"), NotReceives(action="StopTransaction")),
    requirements=("1.6:5.18",),
    remark="That the transaction goes on is judged as well.",
)

TC_030_CS = Case16(
    id="TC_030_CS",
    title="Unlock that fails",
    purpose="A connector that does not unlock is told to have failed.",
    before=(*charging(), Acts(act="block_lock"), Happened(facts={"lock_blocked": True})),
    main=(unlocks("1", "UnlockFailed"),),
    requirements=("1.6:5.18",),
    remark="The document leaves open when the lock is to fail; here it holds a plug, which every kind of lock does while somebody charges.",
)

TC_031_CS = Case16(
    id="TC_031_CS",
    title="Unlock of a connector the Charge Point does not have",
    purpose="An unknown connector cannot be unlocked.",
    main=(unlocks("1", "NotSupported", connector=_UNKNOWN),),
    requirements=("1.6:5.18",),
)
