"""What stations state of the upload of logs (N01, 1.6:4.4)."""

import asyncio

import httpx

from tests.support.raw_station import RawStation
from tests.support.spoken import V2, V16, Stated

_OPEN = {"canceled": False, "open": True, "files": []}


async def _asked(api: httpx.AsyncClient, identity: str, line: RawStation) -> None:
    """A diagnostics log was asked for by GetDiagnostics."""
    body = {"remoteLocation": "ftp://logs.example/"}
    sent = asyncio.create_task(api.post(f"/stations/{identity}/commands/get-log", json=body))
    assert (await line.answer({"fileName": "d.zip"}))[2] == "GetDiagnostics"
    assert (await sent).status_code == 200


STATED = (
    Stated(
        version=V16,
        action="DiagnosticsStatusNotification",
        payload={"status": "UploadFailed"},
        answer={},
        read="/stations/{station}/logs",
        shows={"items": [{"logType": "DiagnosticsLog", "open": False, "statuses": [{"status": "UploadFailure"}]}]},
        prepare=_asked,
    ),
    Stated(
        version=V16,
        action="DiagnosticsStatusNotification",
        payload={"status": "Idle"},
        answer={},
        read="/stations/{station}/log-statuses",
        shows={"items": [{"status": "Idle", "requestId": None, "takenFor": None}]},
        prepare=_asked,
        name="idle",
    ),
    *(
        Stated(
            version=version,
            action="LogStatusNotification",
            payload={"status": "Uploading", "requestId": 7},
            answer={},
            read="/stations/{station}/logs/7",
            shows={"requestId": 7, "logType": None, "statuses": [{"status": "Uploading"}]} | _OPEN,
        )
        for version in (V16, *V2)
    ),
)
