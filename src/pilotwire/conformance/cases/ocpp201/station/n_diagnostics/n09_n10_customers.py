"""N09, N10: what the station keeps of a customer is told, and removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.cases.ocpp201.station.n_diagnostics.reports import (
    CUSTOMER,
    Steps,
    all_parts,
    parts_heard,
)
from pilotwire.conformance.checks import Check, Judgement, equals, is_not, lacks, not_empty, one_of, when
from pilotwire.conformance.conditions import feature, kept_is
from pilotwire.conformance.language import Acts, Case, Configures, Judges, NotReceives, OnlyIf, Receives, Sends
from pilotwire.conformance.states.station201 import (
    id_token,
    id_token_cached,
    id_token_in_local_list,
    parking_bay_unoccupied,
)
from pilotwire.conformance.values import Configured, Fresh, Kept, Known, configured

_LIST = "Local Authorization List Management"
BY_TOKEN: Mapping[str, Any] = {"idToken": id_token()}
BY_IDENTIFIER: Mapping[str, Any] = {"customerIdentifier": Configured("customer_identifier")}


def asks(
    number: str,
    name: str,
    who: Mapping[str, Any],
    *,
    report: bool,
    clear: bool,
    status: tuple[str, ...] = ("Accepted",),
) -> Sends:
    """CustomerInformation, answered so; its requestId is kept as `name`."""
    return Sends(
        number=number,
        action="CustomerInformation",
        payload={"requestId": Fresh(name), "report": report, "clear": clear, **who},
        checks=(one_of("status", *status),),
        keep={f"answer to {name}": "status"},
    )


def tells_data(number: str, name: str) -> Steps:
    """Something of the customer is told, in as many messages as it needs."""
    return all_parts(CUSTOMER, number, name, not_empty("data"))


def tells_once(number: str, name: str, *more: Check, secret: Any = configured.valid_token) -> Receives:
    """One message ends what is told, and nothing of the customer is in it."""
    return Receives(
        number=number,
        action=CUSTOMER,
        where=(equals("requestId", Kept(name)),),
        checks=(equals("seqNo", 0), is_not("tbc", True), lacks("data", secret), *more),
    )


def _nothing_more(requirement: str) -> NotReceives:
    return NotReceives(action=CUSTOMER, note=f"One message is sent ({requirement}).")


KNOWN_CUSTOMER: Steps = (
    Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True),
    Configures(variable="AuthCtrlr.LocalPreAuthorize", value=True, if_implemented=True),
    Configures(variable="AuthCacheCtrlr.Enabled", value=True, if_implemented=True),
    OnlyIf(condition=feature("C-49"), steps=id_token_cached()),
    OnlyIf(condition=feature(_LIST), steps=id_token_in_local_list()),
    *parking_bay_unoccupied("local"),
)
"""The station knows the customer of the valid token: from the cache and the list, if it has them, and from charging."""

UNKNOWN_CUSTOMER: Steps = (
    asks("", "cleared before", BY_TOKEN, report=False, clear=True),
    Receives(action=CUSTOMER, where=(equals("requestId", Kept("cleared before")),)),
)
"""The station keeps nothing of the customer of the valid token (any more)."""

TC_N_27_CS = Case(
    id="TC_N_27_CS",
    title="What is kept of a customer is told",
    purpose="CustomerInformation with report tells what the station keeps of the customer.",
    requirements=("N09.FR.02", "N09.FR.05"),
    before=KNOWN_CUSTOMER,
    main=(asks("1", "customer", BY_TOKEN, report=True, clear=False), *tells_data("3", "customer")),
)

TC_N_28_CS = Case(
    id="TC_N_28_CS",
    title="Nothing is kept of a customer",
    purpose="CustomerInformation with report is answered by one message if the station keeps nothing of the customer.",
    requirements=("N09.FR.02", "N09.FR.06"),
    before=UNKNOWN_CUSTOMER,
    main=(
        asks("1", "customer", BY_TOKEN, report=True, clear=False),
        tells_once("3", "customer"),
        _nothing_more("N09.FR.06"),
    ),
)


def _not_named(case: str, *, clear: bool) -> Case:
    what = "clearing" if clear else "reporting"
    requirements = ("N10.FR.01", "N10.FR.05") if clear else ("N09.FR.03",)
    return Case(
        id=case,
        title=f"A request for {what} that cannot be followed",
        purpose="CustomerInformation that names no customer is answered with Invalid, and nothing is told.",
        requirements=requirements,
        main=(
            Sends(
                number="1",
                action="CustomerInformation",
                payload={"requestId": Fresh("customer"), "report": not clear, "clear": clear},
                checks=(equals("status", "Invalid").of("N09.FR.09"),),
            ),
            NotReceives(action=CUSTOMER),
        ),
        remark=(
            f"The document wants Invalid of a station that cannot process requests at the moment; {requirements[-1]} has Rejected then. "
            "What it sends has no field; a request that names nobody is one that no station can process, and Invalid is right for it."
        ),
    )


TC_N_29_CS = _not_named("TC_N_29_CS", clear=False)
TC_N_33_CS = _not_named("TC_N_33_CS", clear=True)

# --- cleared ----------------------------------------------------------------------------------------------------------------------


def _data(everything: Any, known: Known, name: str) -> str:
    return "".join(one["data"] for one in parts_heard(everything, known, CUSTOMER, name))


def _is_less(everything: Any, known: Known) -> Judgement:
    before, after = _data(everything, known, "cleared"), _data(everything, known, "customer")
    return Judgement(bool(before) and after != before, f"{len(before)} characters before, {len(after)} after")


TC_N_30_CS = Case(
    id="TC_N_30_CS",
    title="What is kept of a customer is removed, and told",
    purpose="CustomerInformation with clear and report removes what is kept of the customer, except from the local list, and tells it.",
    requirements=("N10.FR.01", "N10.FR.03"),
    before=KNOWN_CUSTOMER,
    main=(
        asks("1", "cleared", BY_TOKEN, report=True, clear=True),
        *tells_data("3", "cleared"),
        asks("5", "customer", BY_TOKEN, report=True, clear=False, status=("Accepted", "Rejected", "Invalid")),
        OnlyIf(
            number="7",
            condition=kept_is("answer to customer", "Accepted"),
            steps=all_parts(CUSTOMER, "7", "customer"),
        ),
    ),
    after=(
        Judges(checks=when(feature("C-49"), Check("what was in the cache is told no more", _is_less).of("N10.FR.03"))),
    ),
    remark="The document has the second answer as optional, with tbc not true: all its parts are gathered until that is so.",
)

TC_N_31_CS = Case(
    id="TC_N_31_CS",
    title="Nothing is there to be removed, and that is told",
    purpose="CustomerInformation with clear and report is answered by one message if the station keeps nothing of the customer.",
    requirements=("N10.FR.01", "N10.FR.04"),
    before=UNKNOWN_CUSTOMER,
    main=(
        asks("1", "customer", BY_TOKEN, report=True, clear=True),
        tells_once("3", "customer"),
        _nothing_more("N10.FR.04"),
    ),
)

TC_N_32_CS = Case(
    id="TC_N_32_CS",
    title="What is kept of a customer is removed",
    purpose="CustomerInformation with clear and without report is answered by one message that nothing is kept any more.",
    requirements=("N10.FR.01", "N10.FR.06"),
    main=(
        asks("1", "customer", BY_TOKEN, report=False, clear=True),
        tells_once("3", "customer"),
        _nothing_more("N10.FR.06"),
    ),
)


def cleared_and_asked(who: Mapping[str, Any], *first: Check) -> Steps:
    """What is kept is removed and told (`first`: checks of that), and then there is nothing."""
    return (
        asks("1", "cleared", who, report=True, clear=True),
        *all_parts(CUSTOMER, "3", "cleared", *first),
        asks("5", "customer", who, report=True, clear=False),
        *all_parts(CUSTOMER, "7", "customer", equals("data", "")),
    )


TC_N_62_CS = Case(
    id="TC_N_62_CS",
    title="A customer by an identifier",
    purpose="CustomerInformation with clear and report removes what is kept of a customer who is named by an identifier, and tells it.",
    requirements=("N10.FR.01", "N10.FR.03"),
    before=(Acts(act="store_customer", details={"identifier": configured.customer_identifier}),),
    main=cleared_and_asked(BY_IDENTIFIER, not_empty("data")),
)
