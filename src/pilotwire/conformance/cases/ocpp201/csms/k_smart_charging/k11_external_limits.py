"""K11 to K13: external systems limit charging, and release it; the CSMS hears of it."""

from __future__ import annotations

from pilotwire.conformance.language import Case, Sends
from pilotwire.conformance.states.csms201 import energy_transfer_started, transaction_event

CLEARED = Sends(number="1", action="ClearedChargingLimit", payload={"chargingLimitSource": "EMS"})

TC_K_48_CSMS = Case(
    id="TC_K_48_CSMS",
    title="A limit is set",
    purpose="The CSMS answers the notification that an external system has limited charging.",
    main=(Sends(number="1", action="NotifyChargingLimit", payload={"chargingLimit": {"chargingLimitSource": "EMS"}}),),
)
TC_K_50_CSMS = Case(
    id="TC_K_50_CSMS",
    title="A limit is released",
    purpose="The CSMS answers the notification that an external system has released its limit.",
    main=(CLEARED,),
)
TC_K_51_CSMS = Case(
    id="TC_K_51_CSMS",
    title="A limit is released in a transaction",
    purpose="The CSMS takes the new rate of a transaction after an external system has released its limit.",
    before=energy_transfer_started(),
    main=(CLEARED, transaction_event("3", trigger="ChargingRateChanged")),
)
