"""N01, N09, N10: the CSMS has logs uploaded, and what is kept of customers told or cleared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, absent, count, equals, like, present
from pilotwire.conformance.language import Asks, Case, Receives, Sends, Step
from pilotwire.conformance.states.csms201 import id_token, token_is
from pilotwire.conformance.values import Kept, Moment, made

Steps = tuple[Step, ...]
LIST_VERSION = 1


def asks_log(kind: str, answer: str, number: str = "1", keep: str = "request_id") -> Steps:
    """The operator asks for a log; the station answers so."""
    return (
        Asks(action="GetLog", payload={"logType": kind}),
        Receives(
            number=number,
            action="GetLog",
            checks=(equals("logType", kind), present("log.remoteLocation")),
            answer={"status": answer},
            keep={keep: "requestId"},
        ),
    )


def told(number: str, status: str, of: str = "request_id") -> Step:
    """The station tells how far an upload is."""
    return Sends(number=number, action="LogStatusNotification", payload={"status": status, "requestId": Kept(of)})


def asks_customer(
    who: Mapping[str, Any], *checks: Check, report: bool = True, clear: bool = False, answer: str = "Accepted"
) -> Steps:
    """The operator asks what is kept of a customer, or has it cleared; the station answers so."""
    return (
        Asks(action="CustomerInformation", payload={"report": report, "clear": clear} | dict(who)),
        Receives(
            number="1",
            action="CustomerInformation",
            checks=(equals("report", report), equals("clear", clear), *checks),
            answer={"status": answer},
            keep={"request_id": "requestId"},
        ),
    )


def tells_customer(data: str = "card VALID-TOKEN-01, 2 transactions") -> Step:
    """The station tells what is kept, or ("") that there is nothing."""
    return Sends(
        number="3",
        action="NotifyCustomerInformation",
        payload={
            "data": data,
            "seqNo": 0,
            "tbc": False,
            "generatedAt": Moment(),
            "requestId": Kept("request_id"),
        },
    )


TOKEN = {"idToken": id_token()}

TC_N_25_CSMS = Case(
    id="TC_N_25_CSMS",
    title="Diagnostics log",
    purpose="The CSMS has a diagnostics log uploaded, and takes how far it is.",
    main=(*asks_log("DiagnosticsLog", "Accepted"), told("3", "Uploading"), told("5", "Uploaded")),
)
TC_N_34_CSMS = Case(
    id="TC_N_34_CSMS",
    title="A log is refused",
    purpose="The CSMS takes it that the station refuses a log.",
    main=asks_log("DiagnosticsLog", "Rejected"),
)
TC_N_35_CSMS = Case(
    id="TC_N_35_CSMS",
    title="Security log",
    purpose="The CSMS has a security log uploaded.",
    main=(*asks_log("SecurityLog", "Accepted"), told("3", "Uploading"), told("5", "Uploaded")),
)
TC_N_36_CSMS = Case(
    id="TC_N_36_CSMS",
    title="A second log cancels the first",
    purpose="The CSMS takes it that the station gives up an upload for a new one.",
    main=(
        *asks_log("DiagnosticsLog", "Accepted", keep="first_id"),
        told("3", "Uploading", "first_id"),
        *asks_log("DiagnosticsLog", "AcceptedCanceled", "5", keep="second_id"),
        told("7", "AcceptedCanceled", "first_id"),
        told("9", "Uploading", "second_id"),
        told("11", "Uploaded", "second_id"),
    ),
)
TC_N_27_CSMS = Case(
    id="TC_N_27_CSMS",
    title="What is kept of a customer",
    purpose="The CSMS asks what a station keeps of a token, and takes the answer.",
    requirements=("N09.FR.01", "N09.FR.04"),
    main=(*asks_customer(TOKEN, *token_is()), tells_customer()),
)
TC_N_28_CSMS = Case(
    id="TC_N_28_CSMS",
    title="Nothing is kept of a customer",
    purpose="The CSMS takes it that a station keeps nothing of a token.",
    requirements=("N09.FR.01", "N09.FR.04"),
    main=(*asks_customer(TOKEN, *token_is()), tells_customer("")),
)
TC_N_29_CSMS = Case(
    id="TC_N_29_CSMS",
    title="What is kept of a customer, rejected",
    purpose="The CSMS takes it that the station does not tell.",
    requirements=("N09.FR.01", "N09.FR.04"),
    main=asks_customer(TOKEN, *token_is(), answer="Rejected"),
)
TC_N_30_CSMS = Case(
    id="TC_N_30_CSMS",
    title="Tell and clear",
    purpose="The CSMS has what is kept of a token told and cleared.",
    requirements=("N10.FR.08",),
    main=(*asks_customer(TOKEN, *token_is(), clear=True), tells_customer()),
)
TC_N_31_CSMS = Case(
    id="TC_N_31_CSMS",
    title="Tell and clear where nothing is kept",
    purpose="The CSMS takes it that there was nothing to clear.",
    requirements=("N10.FR.08",),
    main=(*asks_customer(TOKEN, *token_is(), clear=True), tells_customer("")),
)
TC_N_32_CSMS = Case(
    id="TC_N_32_CSMS",
    title="Clear without telling",
    purpose="The CSMS has what is kept of a token cleared and not told.",
    requirements=("N10.FR.08",),
    main=(*asks_customer(TOKEN, *token_is(), report=False, clear=True), tells_customer("")),
)
TC_N_46_CSMS = Case(
    id="TC_N_46_CSMS",
    title="Clear, and the local list follows",
    purpose="The CSMS has what is kept of a token cleared, and takes the token off the local list.",
    requirements=("N10.FR.02", "N10.FR.08", "D01.FR.01", "D01.FR.06", "D01.FR.18"),
    main=(
        *asks_customer(TOKEN, *token_is(), clear=True),
        tells_customer(),
        Asks(
            action="SendLocalList",
            payload={
                "versionNumber": LIST_VERSION + 1,
                "updateType": "Differential",
                "localAuthorizationList": [{"idToken": id_token()}],
            },
        ),
        Receives(
            number="5",
            action="SendLocalList",
            checks=(
                equals("updateType", "Differential"),
                equals("versionNumber", LIST_VERSION + 1),
                count("localAuthorizationList", 1),
                *token_is(path="localAuthorizationList[0].idToken"),
                absent("localAuthorizationList[0].idTokenInfo"),
            ),
        ),
    ),
    remark="The operator sends the list (errata 6.3.24: if it is not sent by itself).",
)
TC_N_62_CSMS = Case(
    id="TC_N_62_CSMS",
    title="Tell and clear by customerIdentifier",
    purpose="The CSMS names the customer by an identifier of its own, and by nothing else.",
    requirements=("N10.FR.08",),
    main=(
        *asks_customer(
            {"customerIdentifier": "OpenChargeAlliance"},
            equals("customerIdentifier", "OpenChargeAlliance"),
            absent("idToken"),
            absent("customerCertificate"),
            clear=True,
        ),
        tells_customer(),
    ),
)
TC_N_63_CSMS = Case(
    id="TC_N_63_CSMS",
    title="Tell and clear by certificate",
    purpose="The CSMS names the customer by the hashes of a certificate.",
    requirements=("N10.FR.08",),
    main=(
        *asks_customer(
            {"customerCertificate": made("root hashes", algorithm="SHA256")},
            like("customerCertificate", made("root hashes", algorithm="SHA256")),
            clear=True,
        ),
        tells_customer(),
    ),
)
