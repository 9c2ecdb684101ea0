"""Cases of our own for requirements of block I that no case of the document touches: a charge that is free, and whom a tariff is told."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.b07_b08_reports import takes_report
from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import variable
from pilotwire.conformance.cases.ocpp201.csms.i_tariff.i02_i03_costs import TELLS_COSTS, metered
from pilotwire.conformance.checks import absent, equals
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Acts, Case, Sends
from pilotwire.conformance.states.csms201 import (
    authorized,
    energy_transfer_started,
    ev_connected_post_session,
    ev_connected_pre_session,
    id_token,
    stop_authorized,
    transaction_event,
)
from pilotwire.conformance.values import configured

PART_2 = "Part 2 edition 3, errata 2025-09"

PW_I_01_CSMS = Case(
    id="PW_I_01_CSMS",
    title="A charge that is free",
    purpose="The answer to the end of a transaction without any energy has the total cost 0, not none.",
    requirements=("I03.FR.04",),
    needs=(TELLS_COSTS,),
    main=(
        *ev_connected_pre_session(more=metered(1000, "Transaction.Begin")),
        *authorized(),
        *energy_transfer_started(),
        *stop_authorized(),
        *ev_connected_post_session(),
        transaction_event(
            "8",
            trigger="EVCommunicationLost",
            event_type="Ended",
            info={"chargingState": "Idle", "stoppedReason": "EVDisconnected"},
            more=metered(1000, "Transaction.End"),
            checks=(equals("totalCost", 0).of("I03.FR.04"),),
        ),
    ),
    follows=PART_2,
    ours=True,
    remark="What energy costs is the plan's (tells_costs); without energy the charge is free.",
)

_TARIFF = "0.45 a kWh"
_MESSAGE = "idTokenInfo.personalMessage"


def _available(yes: str) -> Any:
    """The CSMS learns whether the station has what can show a tariff."""
    told = (variable("TariffCostCtrlr", "Available", "Tariff"), variable("DisplayMessageCtrlr", "Available"))
    return takes_report(*((one, yes) for one in told))


def _asks(number: str, *checks: Any) -> Sends:
    return Sends(number=number, action="Authorize", payload={"idToken": id_token()}, checks=checks)


PW_I_02_CSMS = Case(
    id="PW_I_02_CSMS",
    title="A tariff is told where it can be shown",
    purpose="The CSMS tells the tariff of a driver to a station that can show it, and not to one that has said it cannot.",
    requirements=("I01.FR.02",),
    traits={"told": _TARIFF},
    before=(*_available("true"), _asks("", equals(f"{_MESSAGE}.content", _TARIFF).softly())),
    main=(*_available("false"), _asks("3", absent(_MESSAGE).of("I01.FR.02"))),
    follows=PART_2,
    ours=True,
    remark="A CSMS that tells no tariff at all gets a warning: nothing is to be seen then.",
)

_NEW_TARIFF = "0.55 a kWh from now on"
_UPDATED = "updatedPersonalMessage"


def _sampled(number: str, register: int, *checks: Any) -> Sends:
    return transaction_event(
        number, trigger="MeterValuePeriodic", more=metered(register, "Sample.Periodic"), checks=checks
    )


PW_I_03_CSMS = Case(
    id="PW_I_03_CSMS",
    title="A tariff that changes during the charge",
    purpose="The CSMS tells a driver who charges of a new tariff with its answer to the next event.",
    requirements=("I06.FR.02",),
    needs=(configured_is("updates_tariffs", True),),
    traits={"told": _TARIFF},
    before=(*ev_connected_pre_session(), *authorized(), *energy_transfer_started(), _sampled("", 1000)),
    main=(
        Acts(act="tell_anew", details={"token": configured.valid_token, "text": _NEW_TARIFF}),
        _sampled("1", 2000, equals(f"{_UPDATED}.content", _NEW_TARIFF).of("I06.FR.02")),
    ),
    follows=PART_2,
    ours=True,
)
