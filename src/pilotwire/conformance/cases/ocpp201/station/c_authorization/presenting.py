"""What cases of authorization have in common: how the station is set, a token that is asked about, and one that gets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilotwire.conformance.checks import Check, equals, is_not
from pilotwire.conformance.conditions import configured_is
from pilotwire.conformance.language import Configures, NotReceives, OnlyIf, Step
from pilotwire.conformance.states.station201 import asks_authorize, tries
from pilotwire.conformance.values import configured

Steps = tuple[Step, ...]

_ASKS_AT_REMOTE_START = OnlyIf(
    condition=configured_is("authorization", "remote"),
    steps=(Configures(variable="AuthCtrlr.AuthorizeRemoteStart", value=True, if_writable=True),),
)
"""Where the CSMS starts the session, the token counts as one somebody presents (errata 2025-09, 6.2.22)."""

CACHE_ON: Steps = (
    Configures(variable="AuthCacheCtrlr.Enabled", value=True, if_implemented=True),
    _ASKS_AT_REMOTE_START,
)
PRE_AUTHORIZE: Steps = (Configures(variable="AuthCtrlr.LocalPreAuthorize", value=True, if_implemented=True),)
"""Who the station knows as accepted charges without the CSMS being asked (C12.FR.04, C14.FR.02)."""
CACHE_DECIDES: Steps = (*CACHE_ON, *PRE_AUTHORIZE)
CACHE_ASKS_ABOUT_OTHERS = Configures(variable="AuthCacheCtrlr.DisablePostAuthorize", value=False, if_implemented=True)
LIST_ON: Steps = (
    Configures(variable="LocalAuthListCtrlr.Enabled", value=True, if_implemented=True),
    _ASKS_AT_REMOTE_START,
    *PRE_AUTHORIZE,
)
LIST_ASKS_ABOUT_OTHERS = Configures(
    variable="LocalAuthListCtrlr.DisablePostAuthorize", value=False, if_implemented=True
)
LOCALLY_OFFLINE = Configures(variable="AuthCtrlr.LocalAuthorizeOffline", value=True)
"""List and cache decide while the line is down (C12.FR.02, C13.FR.02)."""

OFFLINE = equals("offline", True)


def strangers_offline(allowed: bool) -> Configures:
    """Whether tokens that are neither on the list nor in the cache may charge while the line is down."""
    name = "AuthCtrlr.OfflineTxForUnknownIdEnabled"
    return Configures(variable=name, value=allowed, if_implemented=not allowed)


GROUP: Mapping[str, Any] = {"groupIdToken": {"idToken": configured.group_id, "type": configured.group_id_type}}
"""Part of an idTokenInfo: the group of both valid tokens."""
MASTERS: Mapping[str, Any] = {"groupIdToken": {"idToken": configured.master_group_id, "type": "Central"}}
"""Part of an idTokenInfo: the group of master passes."""

EIM = "Where the station supports ISO 15118, the EV is charged with EIM."

NO_SAMPLE: tuple[Check, ...] = (
    is_not("triggerReason", "MeterValuePeriodic"),
    is_not("triggerReason", "MeterValueClock"),
)
"""Meter values of a transaction that runs by its start point may go on."""
CHARGING = equals("transactionInfo.chargingState", "Charging")


def asked(number: str, token: str, status: str, **more: Any) -> Steps:
    """The station asks about a token, and the tester calls it so."""
    return asks_authorize(number, token, "yes", {"status": status} | more)


def nothing_follows(number: str = "", *, requirement: str = "") -> NotReceives:
    """No transaction tells of anything but meter values for a while."""
    checks = tuple(one.of(requirement) for one in NO_SAMPLE)
    return NotReceives(
        number=number, action="TransactionEvent", where=checks, note="Nobody was authorized: nothing begins or goes on."
    )


def asked_and_refused(token: str, status: str) -> Steps:
    """Somebody tries a token, the CSMS calls it so, and nothing follows."""
    return (*tries(token), *asked("1", token, status), nothing_follows("1"))


def refused_unasked(token: str) -> Steps:
    """Somebody tries a token the station knows to be no good: it is refused, and the CSMS is not asked."""
    return (
        *tries(token),
        NotReceives(number="1", action="Authorize", note="Tokens that are not accepted are cached too (C10.FR.01)."),
        NotReceives(number="1", action="TransactionEvent", where=NO_SAMPLE, seconds=0),
    )


def nobody_charges(number: str = "") -> NotReceives:
    """For a while no event tells of energy."""
    return NotReceives(number=number, action="TransactionEvent", where=(CHARGING,))


def never_asked() -> NotReceives:
    """The CSMS was not asked since the token was presented."""
    return NotReceives(action="Authorize", seconds=0)
