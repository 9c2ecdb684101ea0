"""A01: the station gets another password for basic authentication."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.a_security.secure import WITH_PASSWORD, password_is
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import boots, resets
from pilotwire.conformance.checks import Check, equals, one_of
from pilotwire.conformance.conditions import kept_is
from pilotwire.conformance.language import Acts, Case, Offers, OnlyIf, Reconnects, Sends, Step, TellsStatus
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import configured
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
PASSWORD = "SecurityCtrlr.BasicAuthPassword"
_STATUS = "setVariableResult[0].attributeStatus"


def sets_password(number: str, password: Any, *checks: Check) -> Sends:
    """SetVariables of BasicAuthPassword; what came of it is kept as `password_set`."""
    return Sends(
        number=number,
        action="SetVariables",
        payload={"setVariableData": [component_variable(PASSWORD) | {"attributeValue": password}]},
        checks=checks,
        keep={"password_set": _STATUS},
    )


_TAKEN = one_of(_STATUS, "Accepted", "RebootRequired").of("A01.FR.01")


def _comes_with(number: str, password: Any) -> Steps:
    """The station leaves, by itself or by the Reset it asked for, and comes back with this password."""
    return (
        OnlyIf(
            condition=kept_is("password_set", "RebootRequired"),
            steps=(resets("", "OnIdle", "Accepted"),),
        ),
        Reconnects(number=number, leaves_within=configured.long_operation_timeout, checks=password_is(password)),
    )


TC_A_09_CS = Case(
    id="TC_A_09_CS",
    title="Another password",
    purpose="A station that is given another password connects with it.",
    requirements=("A01.FR.01", "A01.FR.11", "A01.FR.12", "B01.FR.01"),
    needs=(WITH_PASSWORD,),
    main=(
        Offers(how={"password": configured.new_password}),
        sets_password("1", configured.new_password, _TAKEN),
        *_comes_with("3", configured.new_password),
        OnlyIf(
            condition=kept_is("password_set", "RebootRequired"),
            steps=(
                boots("5"),
                TellsStatus(number="7", status="Available", every="station"),
            ),
        ),
    ),
    after=(
        Offers(how={"password": configured.password}),
        sets_password("", configured.password, _TAKEN),
        *_comes_with("", configured.password),
    ),
    remark=(
        "Where the answer is RebootRequired a Reset is sent, which the document leaves out. Last, the station gets its old password back."
    ),
)

TC_A_10_CS = Case(
    id="TC_A_10_CS",
    title="A password that is too short",
    purpose="A station does not take a password of less than 16 characters, and connects with the one it has.",
    requirements=("A01.FR.01", "A01.FR.11", "A01.FR.12"),
    needs=(WITH_PASSWORD,),
    main=(
        sets_password("1", "too-short-by-15", equals(_STATUS, "Rejected").of("A01.FR.01")),
        Acts(act="power_cycle"),
        Reconnects(
            number="3", leaves_within=configured.long_operation_timeout, checks=password_is(configured.password)
        ),
        *booted("already"),
    ),
    remark="That the old password still holds is seen by the connection after a power cycle: the variable cannot be read.",
)
