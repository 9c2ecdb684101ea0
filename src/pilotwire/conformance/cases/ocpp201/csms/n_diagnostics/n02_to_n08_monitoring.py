"""N02 to N08: the CSMS asks for monitors, sets and clears them, and hears of events."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.n_diagnostics.monitors import (
    AVAILABILITY,
    Steps,
    asks_report,
    event,
    is_shown,
    monitor_of,
    of_evse,
    of_station,
    reports,
    sets_monitors,
)
from pilotwire.conformance.checks import equals, satisfies
from pilotwire.conformance.language import Answers, Asks, Case, Receives, Repeats
from pilotwire.conformance.variables import component_variable

ITEMS = 2
"""MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring] of the station the tester plays."""
AT_MOST = satisfies(
    "id", f"has at most {ITEMS} members", lambda found, _: isinstance(found, list) and 0 < len(found) <= ITEMS
)


def sets_base(base: str, number: str) -> Steps:
    """The operator chooses a set of monitors."""
    return (
        Asks(action="SetMonitoringBase", payload={"monitoringBase": base}),
        Receives(number=number, action="SetMonitoringBase", checks=(equals("monitoringBase", base),)),
    )


def sets_level(answer: str) -> Steps:
    """The operator chooses how severe an event must be; the station answers so."""
    return (
        Asks(action="SetMonitoringLevel", payload={"severity": 4}),
        Receives(number="1", action="SetMonitoringLevel", checks=(equals("severity", 4),), answer={"status": answer}),
    )


def tells_limit() -> Receives:
    """The CSMS asks how many monitors may be cleared with one message."""
    variable = component_variable("MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]")
    return Receives(
        number="1",
        action="GetVariables",
        checks=(
            equals("getVariableData[0].component.name", "MonitoringCtrlr"),
            equals("getVariableData[0].variable.name", "ItemsPerMessage"),
            equals("getVariableData[0].variable.instance", "ClearVariableMonitoring"),
        ),
        answer={"getVariableResult": [variable | {"attributeStatus": "Accepted", "attributeValue": str(ITEMS)}]},
    )


TC_N_01_CSMS = Case(
    id="TC_N_01_CSMS",
    title="Monitors of a type",
    purpose="The CSMS asks for monitors by their type, takes that there are none, and takes and shows a report.",
    requirements=("N02.FR.05", "N02.FR.10"),
    main=(
        *asks_report("1", "EmptyResultSet", criteria=("DeltaMonitoring",)),
        *asks_report("3", "Accepted", criteria=("ThresholdMonitoring",)),
        reports("5", monitor_of(of_station("Power"), "UpperThreshold")),
    ),
    after=(is_shown(),),
)
TC_N_02_CSMS = Case(
    id="TC_N_02_CSMS",
    title="Monitors of a variable",
    purpose="The CSMS asks for the monitors of a variable.",
    requirements=("N02.FR.05", "N02.FR.10"),
    main=(
        *asks_report("1", "EmptyResultSet", of_station("Power")),
        *asks_report("3", "Accepted", of_evse(AVAILABILITY)),
        reports("5", monitor_of(of_evse(AVAILABILITY), "Delta")),
    ),
    after=(is_shown(),),
)
TC_N_03_CSMS = Case(
    id="TC_N_03_CSMS",
    title="Monitors of a type on a variable",
    purpose="The CSMS asks for the monitors of a type on a variable.",
    requirements=("N02.FR.05", "N02.FR.10"),
    main=(
        *asks_report("1", "EmptyResultSet", of_evse(AVAILABILITY), criteria=("DeltaMonitoring",)),
        *asks_report("3", "Accepted", of_station("Power"), criteria=("ThresholdMonitoring",)),
        reports("5", monitor_of(of_station("Power"), "UpperThreshold")),
    ),
    after=(is_shown(),),
)
TC_N_05_CSMS = Case(
    id="TC_N_05_CSMS",
    title="Sets of monitors",
    purpose="The CSMS chooses each of the three sets of monitors.",
    requirements=("N03.FR.03", "N03.FR.04", "N03.FR.05"),
    main=(*sets_base("All", "1"), *sets_base("FactoryDefault", "3"), *sets_base("HardWiredOnly", "5")),
)
TC_N_08_CSMS = Case(
    id="TC_N_08_CSMS",
    title="Set a monitor",
    purpose="The CSMS sets a monitor on a variable.",
    requirements=("N04.FR.01", "N04.FR.02", "N04.FR.17"),
    main=sets_monitors(of_evse(AVAILABILITY)),
)
TC_N_09_CSMS = Case(
    id="TC_N_09_CSMS",
    title="Set two monitors",
    purpose="The CSMS sets two monitors with one message.",
    requirements=("N04.FR.01", "N04.FR.02", "N04.FR.17"),
    main=sets_monitors(of_evse(AVAILABILITY), of_station(AVAILABILITY)),
)
TC_N_16_CSMS = Case(
    id="TC_N_16_CSMS",
    title="How severe events must be",
    purpose="The CSMS chooses how severe an event must be to be told.",
    requirements=("N05.FR.01",),
    main=sets_level("Accepted"),
)
TC_N_17_CSMS = Case(
    id="TC_N_17_CSMS",
    title="How severe events must be, rejected",
    purpose="The CSMS takes it that the station rejects the level.",
    requirements=("N05.FR.02",),
    main=sets_level("Rejected"),
)
TC_N_18_CSMS = Case(
    id="TC_N_18_CSMS",
    title="Clear more monitors than fit",
    purpose="The CSMS clears monitors with several messages when the station takes only so many at once.",
    requirements=("N06.FR.04",),
    main=(
        Asks(
            action="GetVariables",
            payload={
                "getVariableData": [component_variable("MonitoringCtrlr.ItemsPerMessage[ClearVariableMonitoring]")]
            },
        ),
        tells_limit(),
        Answers(
            action="GetVariables",
            payload={
                "getVariableResult": [
                    component_variable(f"MonitoringCtrlr.{name}[ClearVariableMonitoring]")
                    | {"attributeStatus": "Accepted", "attributeValue": value}
                    for name, value in (("ItemsPerMessage", str(ITEMS)), ("BytesPerMessage", "8000"))
                ]
            },
        ),
        Asks(action="ClearVariableMonitoring", payload={"id": [1, 2, 3]}),
        Repeats(
            number="3",
            steps=(Receives(number="3", action="ClearVariableMonitoring", checks=(AT_MOST,)),),
            most=2,
        ),
    ),
)
TC_N_21_CSMS = Case(
    id="TC_N_21_CSMS",
    title="An alert of a hard-wired monitor",
    purpose="The CSMS answers the event of a hard-wired monitor.",
    requirements=("N07.FR.03",),
    main=(event("Alerting", "HardWiredMonitor"),),
    remark="Part 6 has no body for this case: it is derived from N07.FR.03 and from TC_N_24_CSMS, which says it is the same.",
)
TC_N_24_CSMS = Case(
    id="TC_N_24_CSMS",
    title="Periodic events",
    purpose="The CSMS answers events that come again and again.",
    requirements=("N08.FR.02",),
    main=(Repeats(steps=(event("Periodic", "CustomMonitor"),), most=3),),
)
TC_N_44_CSMS = Case(
    id="TC_N_44_CSMS",
    title="Clear a monitor, rejected",
    purpose="The CSMS takes it that the station does not clear a monitor.",
    main=(
        Asks(action="ClearVariableMonitoring", payload={"id": [7]}),
        Receives(
            number="1",
            action="ClearVariableMonitoring",
            checks=(equals("id", [7]),),
            answer={"clearMonitoringResult": [{"id": 7, "status": "Rejected"}]},
        ),
    ),
)
TC_N_47_CSMS = Case(
    id="TC_N_47_CSMS",
    title="All monitors",
    purpose="The CSMS asks for all monitors, and takes a report in parts.",
    main=(
        *asks_report("1", "Accepted"),
        reports("3", monitor_of(of_evse(AVAILABILITY), "Delta"), more=True),
        reports("3", monitor_of(of_station("Power"), "UpperThreshold", "other_id"), part=1),
    ),
)
TC_N_48_CSMS = Case(
    id="TC_N_48_CSMS",
    title="An event of a write-only variable",
    purpose="The CSMS answers an event whose value is empty.",
    main=(event("Delta", "CustomMonitor", value=""),),
)
TC_N_49_CSMS = Case(
    id="TC_N_49_CSMS",
    title="A cleared event",
    purpose="The CSMS answers the event that something is over.",
    main=(event("Alerting", "CustomMonitor", cleared=True),),
)
TC_N_50_CSMS = Case(
    id="TC_N_50_CSMS",
    title="A periodic event",
    purpose="The CSMS answers a periodic event.",
    main=(event("Periodic", "CustomMonitor"),),
)
TC_N_60_CSMS = Case(
    id="TC_N_60_CSMS",
    title="Monitors of a type on several variables",
    purpose="The CSMS asks for the monitors of a type on two variables.",
    requirements=("N02.FR.05", "N02.FR.10"),
    main=(
        *asks_report("1", "EmptyResultSet", of_station("Power"), of_evse("Power"), criteria=("ThresholdMonitoring",)),
        *asks_report("3", "Accepted", of_station(AVAILABILITY), of_evse(AVAILABILITY), criteria=("DeltaMonitoring",)),
        reports("5", monitor_of(of_station(AVAILABILITY), "Delta")),
    ),
    after=(is_shown(),),
    remark="The validations of the document name the criteria of its two steps the other way round; its instructions are followed.",
)
