"""Commands for logs (N01, 1.6:5.9)."""

from typing import Any
from unittest.mock import ANY

from tests.support.spoken import REJECTED, V2, V16, V21, Given

_URL = "https://logs.example/in/"
_FROM, _TO = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
_PATH = "/stations/{station}/commands/get-log"
_LOG = {"remoteLocation": _URL, "oldestTimestamp": ANY, "latestTimestamp": ANY}
_ACCEPTED = {"status": "Accepted", "filename": "log.zip"}
_SHOWN = {"status": "Accepted", "filename": "log.zip", "remoteLocation": _URL}


def _wanted(**more: Any) -> Any:
    asked = {"oldestTimestamp": _FROM, "latestTimestamp": _TO, "retries": 3, "retryInterval": 60}
    return ("POST", _PATH, {"remoteLocation": _URL} | asked | more)


def _get_log(version: Any, kind: str, **more: Any) -> Given:
    return Given(
        version=version,
        action="GetLog",
        request=_wanted(logType=kind, **more),
        call={"logType": kind, "requestId": ANY, "log": _LOG, "retries": 3, "retryInterval": 60},
        answer=_ACCEPTED,
        shows=_SHOWN,
        refusal=REJECTED,
        refused={"status": "Rejected", "filename": None},
        name=kind,
    )


GIVEN = (
    Given(
        version=V16,
        action="GetDiagnostics",
        request=_wanted(),
        call={"location": _URL, "startTime": ANY, "stopTime": ANY, "retries": 3, "retryInterval": 60},
        answer={"fileName": "log.zip"},
        shows=_SHOWN,
        refusal={},
        refused={"status": "Rejected", "filename": None},
    ),
    _get_log(V16, "DiagnosticsLog", withSecurityExtension=True),
    _get_log(V16, "SecurityLog"),
    *(_get_log(version, kind) for version in V2 for kind in ("DiagnosticsLog", "SecurityLog")),
    _get_log(V21, "DataCollectorLog"),
    *(
        Given(
            version=version,
            action="GetLog",
            request=("POST", _PATH, {}),
            call={"logType": "DiagnosticsLog", "requestId": ANY, "log": {"remoteLocation": ANY}},
            answer={"status": "AcceptedCanceled"},
            shows={"status": "AcceptedCanceled"},
            name="here",
        )
        for version in V2
    ),
)
