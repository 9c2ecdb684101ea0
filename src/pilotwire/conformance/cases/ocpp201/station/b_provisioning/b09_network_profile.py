"""B09 and B10: network profiles are set, and the station goes by them."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.cases.ocpp201.station.b_provisioning.boots import resets
from pilotwire.conformance.checks import Check, at_least, equals, one_of
from pilotwire.conformance.conditions import configured_is, not_
from pilotwire.conformance.language import Case, Configures, Offers, Reconnects, Refuses, Sends, Step
from pilotwire.conformance.states.certificates201 import certificate_installed, lists_root
from pilotwire.conformance.states.station201 import booted
from pilotwire.conformance.values import Computed, Known, configured, made, times
from pilotwire.conformance.variables import component_variable
from pilotwire.conformance.wire.authority import NEW_CSMS_ROOT

Steps = tuple[Step, ...]
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"
ATTEMPTS = "OCPPCommCtrlr.NetworkProfileConnectionAttempts"


def _slots(known: Known) -> tuple[int, int]:
    """The slot that is free, and the one the station is connected by."""
    first, second = known.setting("configuration_slot"), known.setting("configuration_slot2")
    return (first, second) if str(known.kept.get("active slot")) == str(second) else (second, first)


TWO_SLOTS = not_(configured_is("configuration_slot2", 0))
"""The station has a second slot for network profiles."""
FREE_SLOT = Computed("the slot that is not active", lambda known: _slots(known)[0])
FREE_SLOT_FIRST = Computed("the slot of step 1, the other one", lambda known: ",".join(map(str, _slots(known))))


def profile(slot: Any, url: Any, security_profile: Any = configured.security_profile) -> dict[str, Any]:
    """SetNetworkProfile for this slot and place."""
    data = {
        "messageTimeout": configured.slot_message_timeout,
        "ocppCsmsUrl": url,
        "ocppInterface": configured.ocpp_interface,
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": security_profile,
    }
    return {"configurationSlot": slot, "connectionData": data}


def migrates(*, turned_away: bool = False) -> Steps:
    """Steps 1 to 6: the free slot leads to the other endpoint and comes first, and the station is reset."""
    variable = component_variable(PRIORITY) | {"attributeValue": FREE_SLOT_FIRST}
    return (
        Offers(how={"turning_away": turned_away}, endpoint="other"),
        Sends(
            action="GetVariables",
            payload={"getVariableData": [component_variable("OCPPCommCtrlr.ActiveNetworkProfile")]},
            keep={"active slot": "getVariableResult[0].attributeValue"},
        ),
        Sends(
            number="1",
            action="SetNetworkProfile",
            payload=profile(FREE_SLOT, made("url", endpoint="other")),
            checks=(equals("status", "Accepted").of("B09.FR.01"),),
        ),
        Sends(
            number="3",
            action="SetVariables",
            payload={"setVariableData": [variable]},
            checks=(one_of("setVariableResult[0].attributeStatus", "Accepted", "RebootRequired").of("B10.FR.01"),),
        ),
        resets("5", "OnIdle", "Accepted"),
    )


def boots_at(number: str, endpoint: Any = "main", *checks: Check) -> Steps:
    """The station connects to this endpoint, having left the one before, and boots."""
    left = equals("replaces", False).of("B10.FR.06")
    return (Reconnects(number=number, endpoint=endpoint, checks=(left, *checks)), *booted("already"))


TC_B_43_CS = Case(
    id="TC_B_43_CS",
    title="A network profile that cannot be",
    purpose="SetNetworkProfile for a slot the station does not have is rejected.",
    requirements=("B09.FR.02",),
    main=(
        Sends(
            number="1",
            action="SetNetworkProfile",
            payload=profile(999, made("url", endpoint="main")),
            checks=(equals("status", "Rejected").of("B09.FR.02"),),
        ),
    ),
)

TC_B_45_CS = Case(
    id="TC_B_45_CS",
    title="To another CSMS",
    purpose="A station with a new first network profile leaves the old endpoint on a reset and boots at the new one.",
    requirements=("B09.FR.01", "B10.FR.01", "B10.FR.04", "B10.FR.06"),
    needs=(TWO_SLOTS,),
    main=(
        *migrates(),
        *boots_at("7", "other", equals("turned_away.main", 0).of("B10.FR.04")),
    ),
)

TC_B_46_CS = Case(
    id="TC_B_46_CS",
    title="Back where the other CSMS does not answer",
    purpose="A station tries its first network profile as often as it is told to, then goes on with the second.",
    requirements=("B10.FR.03", "B10.FR.04"),
    needs=(TWO_SLOTS,),
    before=(Configures(variable=ATTEMPTS, value=2),),
    main=(
        *migrates(turned_away=True),
        Refuses(number="7", attempts=2, endpoint="other"),
        *boots_at("8", "main", equals("turned_away.other", 2).of("B10.FR.03")),
    ),
)

TC_B_49_CS = Case(
    id="TC_B_49_CS",
    title="On where neither CSMS answers",
    purpose="A station that neither endpoint takes goes on trying, with its usual wait, until the old one takes it.",
    requirements=("B10.FR.07",),
    needs=(TWO_SLOTS,),
    before=(
        Configures(variable=ATTEMPTS, value=1),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRepeatTimes", value=0),
        Configures(variable="OCPPCommCtrlr.RetryBackOffRandomRange", value=0),
        Configures(variable="OCPPCommCtrlr.RetryBackOffWaitMinimum", value=configured.retry_back_off_wait_minimum),
    ),
    main=(
        Offers(how={"turning_away": True}),
        *migrates(turned_away=True),
        Refuses(number="7", endpoint="other"),
        Refuses(number="9"),
        *boots_at("11", "main", at_least("waited", times(0.95, configured.retry_back_off_wait_minimum))),
    ),
)

# --- another CSMS under another root --------------------------------------------------------------------------------------------

_CSMS = "CSMSRootCertificate"

TC_B_47_CS = Case(
    id="TC_B_47_CS",
    title="Back where the other CSMS is not under the new root",
    purpose="A station with a new CSMS root does not take a CSMS under the old one, and comes back to the old CSMS by the old root.",
    requirements=("B10.FR.07", "M05.FR.15", "M05.FR.16"),
    needs=(TWO_SLOTS, configured_is("security_profile", 2, 3)),
    settings={"security_profile": 2},
    traits={"variables": {"SecurityCtrlr.AdditionalRootCertificateCheck": "true"}},
    before=(Configures(variable=ATTEMPTS, value=1), *certificate_installed(_CSMS, NEW_CSMS_ROOT)),
    main=(
        Offers(how={"context": made("tls")}, endpoint="other"),
        *migrates(),
        Refuses(
            number="7",
            endpoint="other",
            checks=(equals("tls", True).of("M05.FR.15"),),
            note="The certificate there is under the old CSMS root.",
        ),
        *boots_at("9", "main"),
        Sends(
            number="11",
            action="GetInstalledCertificateIds",
            payload={"certificateType": ["CSMSRootCertificate"]},
            checks=(equals("status", "Accepted"), lists_root(_CSMS).of("M05.FR.16")),
        ),
    ),
)

TC_B_50_CS = Case(
    id="TC_B_50_CS",
    title="To another CSMS under a new root",
    purpose="A station takes a CSMS under the new CSMS root it was given, and boots there.",
    requirements=("M05.FR.13",),
    needs=(TWO_SLOTS, configured_is("security_profile", 2, 3)),
    settings={"security_profile": 2},
    before=certificate_installed(_CSMS, NEW_CSMS_ROOT),
    main=(
        Offers(how={"context": made("tls", root=NEW_CSMS_ROOT)}, endpoint="other"),
        *migrates(),
        *boots_at("7", "other", equals("secure", True), equals("turned_away.other", 0)),
    ),
    remark=(
        "Its requirement, that the old root is removed, is not looked at by the document: a station without AdditionalRootCertificateCheck "
        "keeps it (M05.FR.12)."
    ),
)
