"""Charge Point under test: idTags it knows by itself (test document 2.4 and 2.17)."""

from __future__ import annotations

from pilotwire.conformance.checks import at_least, equals
from pilotwire.conformance.language import Case16, Configures, Happened, NotReceives, Sends, Step
from pilotwire.conformance.states.station16 import begins_to_charge, id_tag_cached, plug_in, remote_start, status
from pilotwire.conformance.values import Kept, configured, plus

Steps = tuple[Step, ...]


def _starts_unasked(first: int) -> Steps:
    """The cable, a remote start, and the transaction, for which the Central System is not asked."""
    plugged, remote, started, told = (str(first + place) for place in (0, 2, 4, 6))
    return (
        *plug_in(),
        status(plugged, "Preparing"),
        remote_start(remote),
        begins_to_charge(started, told),
        Happened(facts={"authorized": True, "energy": True}),
        NotReceives(action="Authorize", note="The Charge Point knows the idTag (sections 3.5.1 and 3.5.2)."),
    )


_ASKS_LATER: Steps = (
    Configures(variable="LocalPreAuthorize", value="true"),
    Configures(variable="AuthorizeRemoteTxRequests", value="true", if_implemented=True),
)
_REMARK = "That the Central System is not asked about the idTag is judged as well: it is what the case is about."

TC_007_CS = Case16(
    id="TC_007_CS",
    title="Remote start with an idTag in the cache",
    purpose="For an idTag in its Authorization Cache the Charge Point starts without asking the Central System.",
    before=(*_ASKS_LATER, *id_tag_cached()),
    main=_starts_unasked(1),
    requirements=("1.6:3.5.1", "1.6:4.8", "1.6:5.11"),
    remark=_REMARK,
)

TC_008_CS = Case16(
    id="TC_008_CS",
    title="Remote start with an idTag in the Local Authorization List",
    purpose="For an idTag in its Local Authorization List the Charge Point starts without asking the Central System.",
    before=(
        *_ASKS_LATER,
        Configures(variable="AuthorizationCacheEnabled", value="false", if_implemented=True),
        Configures(variable="LocalAuthListEnabled", value="true"),
    ),
    main=(
        Sends(
            number="1",
            action="GetLocalListVersion",
            checks=(at_least("listVersion", 0),),
            keep={"list_version": "listVersion"},
        ),
        Sends(
            number="3",
            action="SendLocalList",
            payload={
                "listVersion": plus(Kept("list_version"), 1),
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idTag": configured.valid_token, "idTagInfo": {"status": "Accepted"}},
                ],
            },
            checks=(equals("status", "Accepted"),),
        ),
        Happened(facts={"listed": True}),
        *_starts_unasked(5),
    ),
    requirements=("1.6:3.5.2", "1.6:5.10", "1.6:5.15"),
    remark=_REMARK,
)

TC_042_1_CS = Case16(
    id="TC_042_1_CS",
    title="Version of a Local Authorization List that is not supported",
    purpose="A Charge Point without Local Authorization List, or with it switched off, has no version of it.",
    before=(Configures(variable="LocalAuthListEnabled", value="false", if_implemented=True),),
    main=(
        Sends(
            number="1",
            action="GetLocalListVersion",
            checks=(equals("listVersion", -1),),
            refused=("NotSupported",),
        ),
    ),
    requirements=("1.6:5.10",),
)

TC_042_2_CS = Case16(
    id="TC_042_2_CS",
    title="Version of an empty Local Authorization List",
    purpose="A Local Authorization List with nothing in it has the version 0, whatever version it was sent with.",
    before=(Configures(variable="LocalAuthListEnabled", value="true"),),
    main=(
        Sends(
            number="1",
            action="SendLocalList",
            payload={"listVersion": 1, "updateType": "Full"},
            checks=(equals("status", "Accepted"),),
        ),
        Sends(number="3", action="GetLocalListVersion", checks=(equals("listVersion", 0),)),
    ),
    requirements=("1.6:5.10",),
)
