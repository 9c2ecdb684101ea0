"""A01: the CSMS gives a station another password."""

from __future__ import annotations

from pilotwire.conformance.cases.ocpp201.csms.a_security.secured import (
    HTTP_REFUSES,
    arrives,
    is_accepted,
    turned_away,
    with_password,
)
from pilotwire.conformance.cases.ocpp201.csms.b_provisioning.variables import variable
from pilotwire.conformance.checks import count, equals
from pilotwire.conformance.language import Asks, Case, Offers, Receives, Step
from pilotwire.conformance.values import Kept, configured

Steps = tuple[Step, ...]
PASSWORD = variable("SecurityCtrlr", "BasicAuthPassword")
DATA = "setVariableData[0]"


def sets_password(status: str) -> Steps:
    """The operator has the password changed; the CSMS does so, and is answered so."""
    return (
        Asks(
            action="SetVariables", payload={"setVariableData": [PASSWORD | {"attributeValue": configured.new_password}]}
        ),
        Receives(
            number="1",
            action="SetVariables",
            checks=(
                count("setVariableData", 1),
                equals(f"{DATA}.variable.name", "BasicAuthPassword"),
                equals(f"{DATA}.component.name", "SecurityCtrlr"),
                equals(f"{DATA}.attributeValue", configured.new_password),
            ),
            keep={"sent_password": f"{DATA}.attributeValue"},
            answer={"setVariableResult": [PASSWORD | {"attributeStatus": status}]},
        ),
    )


OLD, NEW = Offers(how={"password": configured.password}), Offers(how={"password": Kept("sent_password")})

TC_A_09_CSMS = Case(
    id="TC_A_09_CSMS",
    title="A new password, accepted",
    purpose="The CSMS lets the station in with the new password, and no longer with the old one.",
    requirements=("A01.FR.02", "A01.FR.03"),
    settings={"security_profile": with_password},
    main=(*sets_password("Accepted"), NEW, arrives("3"), *is_accepted("5", "7")),
    after=(OLD, turned_away("", HTTP_REFUSES.of("A01.FR.03")), NEW, arrives("")),
    remark="That the old password no longer counts is the purpose of the document, but none of its steps; it is tried at the end.",
)
TC_A_10_CSMS = Case(
    id="TC_A_10_CSMS",
    title="A new password, rejected",
    purpose="The CSMS goes on letting the station in with the old password.",
    requirements=("A01.FR.02", "A01.FR.04", "A01.FR.05"),
    settings={"security_profile": with_password},
    main=(*sets_password("Rejected"), OLD, arrives("3"), *is_accepted("5", "7")),
)
