"""A05: the security profile goes up by a network profile, with what it needs, and never down."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.a_security.a00_connecting import ONLY_THE_ACTIVE_SLOT
from pilotwire.conformance.cases.ocpp201.station.a_security.secure import NO_PASSWORD, QUICK, WITH_TLS, password_is
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.b09_network_profile import (
    FREE_SLOT,
    FREE_SLOT_FIRST,
    PRIORITY,
    TWO_SLOTS,
    profile,
)
from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import resets
from pilotwire.conformance.checks import Check, equals, one_of, satisfies, when
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import (
    Case,
    Offers,
    OnlyIf,
    Reconnects,
    Sends,
    Step,
    at_least_profile,
)
from pilotwire.conformance.states.certificates201 import (
    NEW_CERTIFICATE_SHOWN,
    certificate_installed,
    renew_charging_station_certificate,
)
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import Computed, Known, configured, made, plus
from pilotwire.conformance.variables import component_variable

Steps = tuple[Step, ...]
FROM_1, FROM_2 = configured_is("security_profile", 1), configured_is("security_profile", 2)
ONE_MORE = plus(configured.security_profile, 1)


def offers_profile(endpoint_profile: Any, password: Any) -> Offers:
    """The other endpoint listens with TLS, as this security profile asks."""
    how = {"context": made("tls", profile=endpoint_profile), "password": password}
    return Offers(how=how, endpoint="other")


def sets_profile(number: str, security_profile: Any, *checks: Check) -> Sends:
    """SetNetworkProfile: the free slot leads to the other endpoint, with this security profile."""
    return Sends(
        number=number,
        action="SetNetworkProfile",
        payload=profile(FREE_SLOT, made("url", endpoint="other"), security_profile),
        checks=checks,
    )


def puts_first(number: str, *checks: Check) -> Sends:
    """SetVariables of NetworkConfigurationPriority: the slot that was free, then the active one."""
    data = component_variable(PRIORITY) | {"attributeValue": FREE_SLOT_FIRST}
    return Sends(number=number, action="SetVariables", payload={"setVariableData": [data]}, checks=checks)


def _reads(number: str, variable: str, check: Check) -> Sends:
    return Sends(
        number=number,
        action="GetVariables",
        payload={"getVariableData": [component_variable(variable)]},
        checks=(equals("getVariableResult[0].attributeStatus", "Accepted"), check),
    )


_VALUE = "getVariableResult[0].attributeValue"
_SHOWS_ITSELF = (
    equals("secure", True).of("A05.FR.05"),
    *when(FROM_1, *password_is(configured.password)),
    *when(FROM_2, NO_PASSWORD, NEW_CERTIFICATE_SHOWN),
)


def _stays_up() -> Steps:
    """Steps 15 to 18: the station comes back to no CSMS without TLS, and does to the one with."""
    stays = "It shall not connect with a lower security profile."
    return (
        Offers(number="15", how={"context": None}, endpoint="other"),
        Reconnects(number="16", endpoint="other", refused=True, within=configured.downgrade_watch, note=stays),
        Reconnects(number="16", endpoint="main", refused=True, within=1, note=stays),
        Offers(number="17", how={"context": made("tls", profile=2)}, endpoint="other"),
        Reconnects(number="18", endpoint="other", checks=_SHOWS_ITSELF),
    )


def _text(value: Any) -> Computed:
    return Computed("its number as text", lambda known: str(value.of(known)))


def _is_what_is_left(found: Any, known: Known) -> bool:
    slots = [one.strip() for one in found.split(",")] if isinstance(found, str) else []
    return str(FREE_SLOT.of(known)) in slots and str(known.kept["active slot"]) not in slots


_SLOT_BEFORE_IS_GONE = satisfies(_VALUE, "has the slot of step 1 and not the one of before", _is_what_is_left)

TC_A_19_CS = Case(
    id="TC_A_19_CS",
    title="One security profile higher",
    purpose="With what it needs the station takes a higher security profile at its next start, and none below it any more.",
    requirements=("A05.FR.04", "A05.FR.05", "A05.FR.06", "A00.FR.001"),
    needs=(configured_is("security_profile", 1, 2), TWO_SLOTS),
    before=(
        OnlyIf(
            condition=FROM_1,
            steps=certificate_installed("CSMSRootCertificate"),
            otherwise=renew_charging_station_certificate(),
        ),
        *QUICK,
        *ONLY_THE_ACTIVE_SLOT,
    ),
    main=(
        OnlyIf(
            condition=FROM_1,
            steps=(offers_profile(2, configured.password),),
            otherwise=(offers_profile(3, None),),
        ),
        sets_profile("1", ONE_MORE, equals("status", "Accepted")),
        puts_first("3", one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired").of("A05.FR.04")),
        resets("5", "OnIdle", "Accepted"),
        Reconnects(number="8", endpoint="other", checks=_SHOWS_ITSELF),
        *booted("already"),
        _reads("11", "SecurityCtrlr.SecurityProfile", equals(_VALUE, _text(ONE_MORE)).of("A05.FR.06")),
        _reads("13", PRIORITY, _SLOT_BEFORE_IS_GONE.of("A05.FR.06")),
        OnlyIf(condition=FROM_1, steps=_stays_up()),
    ),
    remark=(
        "The way back is watched for the setting downgrade_watch, not for a whole long operation timeout, and at the old endpoint too. "
        "The station keeps the higher profile: with a station that is not made for each case, this one goes last."
    ),
)

TC_A_20_CS = Case(
    id="TC_A_20_CS",
    title="No root for a higher security profile",
    purpose="Without a CSMS root the station does not take a network profile with TLS into its order.",
    requirements=("A05.FR.02",),
    needs=(FROM_1, TWO_SLOTS),
    settings={"security_profile": 1},
    before=ONLY_THE_ACTIVE_SLOT,
    main=(
        offers_profile(2, configured.password),
        sets_profile("1", 2, one_of("status", "Accepted", "Rejected")),
        puts_first("3", equals("setVariableResult[0].attributeStatus", "Rejected").of("A05.FR.02")),
    ),
)

TC_A_21_CS = Case(
    id="TC_A_21_CS",
    title="No certificate for security profile 3",
    purpose="Without a certificate of its own the station does not take a network profile with security profile 3 into its order.",
    requirements=("A05.FR.03",),
    needs=(FROM_2, TWO_SLOTS),
    settings={"security_profile": 2},
    before=ONLY_THE_ACTIVE_SLOT,
    main=(
        offers_profile(3, None),
        sets_profile("1", 3, equals("status", "Accepted")),
        puts_first("3", equals("setVariableResult[0].attributeStatus", "Rejected").of("A05.FR.03")),
    ),
    remark="As in TC_A_20_CS (errata 2025-09, 6.2.8) only the active slot is in the order before.",
)

TC_A_22_CS = Case(
    id="TC_A_22_CS",
    title="No security profile lower",
    purpose="A network profile with a lower security profile than that in force is rejected.",
    requirements=("B09.FR.04", "A00.FR.005"),
    needs=(WITH_TLS, TWO_SLOTS),
    settings={"security_profile": at_least_profile(2)},
    before=ONLY_THE_ACTIVE_SLOT,
    main=(
        Offers(how={"context": None, "password": configured.password}, endpoint="other"),
        sets_profile("1", 1, equals("status", "Rejected").of("B09.FR.04")),
    ),
)
