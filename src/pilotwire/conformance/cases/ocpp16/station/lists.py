"""Charge Point under test: local authorization lists and the cache (test document 2.15, 2.19)."""

from __future__ import annotations

from typing import Any

from pilotwire.conformance.checks import equals
from pilotwire.conformance.language import Case16, Configures, Receives, Sends
from pilotwire.conformance.states.station16 import authorized, present_id_tag, status
from pilotwire.conformance.values import Computed, Configured, Kept, Known, configured, plus

_ENABLED = Configures(variable="LocalAuthListEnabled", value="true")


def _entry(token: str) -> dict[str, Any]:
    return {"idTag": Configured(token), "idTagInfo": {"status": "Accepted"}}


def _sends(number: str, kind: str, version: int, answer: str = "Accepted", *, entries: Any = None) -> Sends:
    """SendLocalList.req, answered with this status."""
    listed = [_entry("valid_token")] if entries is None else entries
    return Sends(
        number=number,
        action="SendLocalList",
        payload={"listVersion": version, "updateType": kind, "localAuthorizationList": listed},
        checks=(equals("status", answer),),
    )


def _version(number: str, version: int) -> Sends:
    """GetLocalListVersion.req, answered with this version."""
    return Sends(number=number, action="GetLocalListVersion", checks=(equals("listVersion", version),))


TC_043_CS = Case16(
    id="TC_043_CS",
    title="Local list, full and differential",
    purpose="The Charge Point takes a full list and an update of it.",
    before=(_ENABLED,),
    main=(
        _sends("1", "Full", 1),
        _sends("3", "Differential", 2, entries=[_entry("valid_token2")]),
    ),
    after=(_version("", 2),),
    requirements=("1.6:5.15", "1.6:5.10"),
    remark="That both were taken is seen by the version of the list, which the document does not ask for.",
)

TC_043_1_CS = Case16(
    id="TC_043_1_CS",
    title="Local list, not supported",
    purpose="A Charge Point without local lists says so when it is sent one.",
    traits={"variables": {"LocalAuthListCtrlr.Enabled": "false"}},
    main=(
        Sends(
            number="1",
            action="SendLocalList",
            payload={"listVersion": 1, "updateType": "Full", "localAuthorizationList": [_entry("valid_token")]},
            checks=(equals("status", "NotSupported"),),
            refused=("NotSupported",),
        ),
    ),
    requirements=("1.6:5.15",),
)

TC_043_2_CS = Case16(
    id="TC_043_2_CS",
    title="Local list, an older version",
    purpose="The Charge Point does not take an update that is older than its list.",
    before=(_ENABLED,),
    main=(
        _sends("1", "Full", 2),
        _version("3", 2),
        _sends("5", "Differential", 5),
        _version("7", 5),
        _sends("9", "Differential", 4, "VersionMismatch"),
        _version("11", 5),
    ),
    requirements=("1.6:5.10", "1.6:5.15"),
)


def _too_many(known: Known) -> list[dict[str, Any]]:
    most = int(str(Kept("most_entries").of(known)))
    info = {"status": "Accepted"}
    return [{"idTag": f"PW-LISTED-{number:05d}", "idTagInfo": info} for number in range(most + 1)]


TC_043_3_CS = Case16(
    id="TC_043_3_CS",
    title="Local list, failed",
    purpose="The Charge Point does not take a list that it cannot keep.",
    before=(
        _ENABLED,
        Sends(
            action="GetConfiguration",
            payload={"key": ["SendLocalListMaxLength"]},
            checks=(equals("configurationKey[0].key", "SendLocalListMaxLength"),),
            keep={"most_entries": "configurationKey[0].value"},
        ),
    ),
    main=(_sends("1", "Full", 2, "Failed", entries=Computed("one entry more than SendLocalListMaxLength", _too_many)),),
    requirements=("1.6:5.15",),
    remark="The document leaves open why it cannot be kept: the list has one entry more than SendLocalListMaxLength.",
)

TC_061_CS = Case16(
    id="TC_061_CS",
    title="The cache is cleared",
    purpose="After ClearCache the Charge Point asks about an idTag it had in its cache.",
    before=(
        Configures(variable="AuthorizationCacheEnabled", value="true"),
        Configures(variable="LocalPreAuthorize", value="true"),
        Configures(variable="ConnectionTimeOut", value=Computed("the timeout", lambda known: str(_timeout(known)))),
        *authorized(),
    ),
    main=(
        status("3", "Available", within=plus(configured.ev_connection_timeout, configured.message_timeout)),
        Sends(number="5", action="ClearCache", checks=(equals("status", "Accepted"),)),
        present_id_tag(),
        Receives(number="7", action="Authorize", checks=(equals("idTag", configured.valid_token),)),
    ),
    requirements=("1.6:5.4", "1.6:3.5"),
    remark="Step 1 is the end of the state Authorized.",
)


def _timeout(known: Known) -> int:
    return int(known.setting("ev_connection_timeout"))
