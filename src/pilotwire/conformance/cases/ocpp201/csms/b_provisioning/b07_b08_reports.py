"""B07, B08: the CSMS has the station report its device model, whole or in part."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import OFFLINE_THRESHOLD, shown_by_csms
from pilotwire.conformance.checks import at_least, count, equals, satisfies
from pilotwire.conformance.language import Asks, Case, Receives, Sends, Step
from pilotwire.conformance.values import Kept, Moment

Steps = tuple[Step, ...]
AVAILABILITY = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "AvailabilityState"},
}
BOTH = ((OFFLINE_THRESHOLD, "321"), (AVAILABILITY, "Available"))
_WHOLE = satisfies(
    "requestId", "is an integer", lambda found, _: isinstance(found, int) and not isinstance(found, bool)
)


def reports(*parts: tuple[dict[str, Any], Any], number: str) -> Steps:
    """The station reports these variables, one in each message."""
    return tuple(
        Sends(
            number=number,
            action="NotifyReport",
            payload={
                "requestId": Kept("request_id"),
                "generatedAt": Moment(),
                "seqNo": place,
                "tbc": place < len(parts) - 1,
                "reportData": [name | {"variableAttribute": [{"value": value}]}],
            },
        )
        for place, (name, value) in enumerate(parts)
    )


def base_report(base: str) -> Steps:
    """The operator asks for a base report; the CSMS does, and takes the report in two parts."""
    return takes_report(*BOTH, base=base)


def takes_report(*parts: tuple[dict[str, Any], Any], base: str = "FullInventory") -> Steps:
    """The operator asks for a base report; the CSMS does, and takes these variables with their values."""
    return (
        Asks(action="GetBaseReport", payload={"reportBase": base}),
        Receives(
            number="1",
            action="GetBaseReport",
            checks=(_WHOLE, at_least("requestId", 0), equals("reportBase", base)),
            keep={"request_id": "requestId"},
            answer={"status": "Accepted"},
        ),
        *reports(*parts, number="2"),
    )


SHOWN = tuple(shown_by_csms(name, value) for name, value in BOTH)


def custom_report(criterion: str, number: str, status: str) -> Steps:
    """The operator asks for the availability of EVSE 1 among the components of a kind."""
    return (
        Asks(action="GetReport", payload={"componentCriteria": [criterion], "componentVariable": [AVAILABILITY]}),
        Receives(
            number=number,
            action="GetReport",
            checks=(
                equals("componentCriteria", [criterion]),
                count("componentVariable", 1),
                equals("componentVariable[0].component.name", "EVSE"),
                equals("componentVariable[0].component.evse.id", 1),
                equals("componentVariable[0].variable.name", "AvailabilityState"),
            ),
            keep={"request_id": "requestId"},
            answer={"status": status},
        ),
    )


TC_B_12_CSMS = Case(
    id="TC_B_12_CSMS",
    title="Base report: what can be configured",
    purpose="The CSMS asks for the ConfigurationInventory and shows it.",
    requirements=("B07.FR.07",),
    main=base_report("ConfigurationInventory"),
    after=SHOWN,
)
TC_B_13_CSMS = Case(
    id="TC_B_13_CSMS",
    title="Base report: everything",
    purpose="The CSMS asks for the FullInventory and shows it.",
    requirements=("B07.FR.08",),
    main=base_report("FullInventory"),
    after=SHOWN,
)
TC_B_14_CSMS = Case(
    id="TC_B_14_CSMS",
    title="Base report: the summary",
    purpose="The CSMS asks for the SummaryInventory and shows it.",
    requirements=("B07.FR.09",),
    main=base_report("SummaryInventory"),
    after=SHOWN,
)
TC_B_18_CSMS = Case(
    id="TC_B_18_CSMS",
    title="Custom report by criterion and variable",
    purpose="The CSMS asks for one variable of components of a kind, takes an empty result, and later a report.",
    requirements=("B08.FR.01", "B08.FR.03"),
    main=(
        *custom_report("Problem", "1", "EmptyResultSet"),
        *custom_report("Available", "3", "Accepted"),
        *reports((AVAILABILITY, "Available"), number="5"),
    ),
    remark="The document writes AvailabiltyState where its validations say AvailabilityState.",
)
