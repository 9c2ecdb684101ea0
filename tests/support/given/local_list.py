"""Commands of functional block D."""

import httpx

from tests.support.raw_station import RawStation
from tests.support.spoken import ACCEPTED, V2, V16, Given

_CARD = {"idToken": "04A1B2C3D4", "type": "ISO14443"}
_ENTRY = {"idToken": _CARD, "idTokenInfo": {"status": "Accepted"}}
_SEND = "/stations/{station}/commands/send-local-list"
_FULL = {"versionNumber": 7, "localAuthorizationList": [_ENTRY]}
_CHANGE = {"versionNumber": 8, "updateType": "Differential", "localAuthorizationList": [{"idToken": _CARD}]}
_SYNC = ("POST", "/stations/{station}/commands/sync-local-list", None)
_TOKEN = "10CA11157"


async def _kept(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    """The list is to hold one group of its own; the station is quiet, so that nothing is sent before it is asked for."""
    group = {"groupIdToken": {"idToken": f"G-{identity}", "type": "Central"}}
    done = [
        await api.put(f"/stations/{identity}", json={"quiet": True}),
        await api.put(f"/tokens/{_TOKEN}-{identity}", params={"type": "Central"}, json=group),
        await api.put(f"/stations/{identity}/local-list-policy", json={"groups": [f"G-{identity}"]}),
    ]
    assert all(each.is_success for each in done), done


GIVEN = (
    Given(
        version=V16,
        action="SendLocalList",
        request=("POST", _SEND, _FULL),
        call={
            "listVersion": 7,
            "updateType": "Full",
            "localAuthorizationList": [{"idTag": "04A1B2C3D4", "idTagInfo": {"status": "Accepted"}}],
        },
        answer=ACCEPTED,
        shows={"status": "Accepted", "versionNumber": 7},
        refusal={"status": "NotSupported"},
        refused={"status": "NotSupported", "versionNumber": None},
    ),
    Given(
        version=V16,
        action="SendLocalList",
        name="a change",
        request=("POST", _SEND, _CHANGE),
        call={"listVersion": 8, "updateType": "Differential", "localAuthorizationList": [{"idTag": "04A1B2C3D4"}]},
        answer=ACCEPTED,
        shows={"status": "Accepted", "versionNumber": 8},
        refusal={"status": "VersionMismatch"},
        refused={"status": "VersionMismatch", "versionNumber": None},
    ),
    *(
        Given(
            version=version,
            action="SendLocalList",
            name=name,
            request=("POST", _SEND, body),
            call={
                "versionNumber": body["versionNumber"],
                "updateType": body.get("updateType", "Full"),
                "localAuthorizationList": body["localAuthorizationList"],
            },
            answer=ACCEPTED,
            shows={"status": "Accepted", "versionNumber": body["versionNumber"]},
            refusal={"status": refusal},
            refused={"status": refusal, "versionNumber": None},
        )
        for version in V2
        for name, body, refusal in (("", _FULL, "Failed"), ("a change", _CHANGE, "VersionMismatch"))
    ),
    Given(
        version=V16,
        action="GetLocalListVersion",
        request=("POST", "/stations/{station}/commands/get-local-list-version", None),
        call={},
        answer={"listVersion": 12},
        shows={"versionNumber": 12},
        refusal={"listVersion": -1},
        refused={"versionNumber": None},
    ),
    *(
        Given(
            version=version,
            action="GetLocalListVersion",
            request=("POST", "/stations/{station}/commands/get-local-list-version", None),
            call={},
            answer={"versionNumber": 12},
            shows={"versionNumber": 12},
            refusal={"versionNumber": 0},
            refused={"versionNumber": 0},
        )
        for version in V2
    ),
)
