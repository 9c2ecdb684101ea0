"""Logs where the versions differ: two messages in 1.6 for one thing, and what each cannot say."""

from __future__ import annotations

import pytest

from pilotwire.domain.diagnostics import GetLog, GetLogOutcome, LogStatus, LogType, LogUploadReported, UploadStatus
from pilotwire.domain.kinds import changed
from pilotwire.errors import NotSayable
from pilotwire.ocpp import v16, v21
from pilotwire.ocpp.version import OcppVersion
from tests.support.said import DIALECTS, V16, V21, V201

ASKED = GetLog(remote_location="ftp://logs.example/", request_id=7, retries=2)
PLAIN = changed(ASKED, with_security_extension=False)


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (ASKED, v16.GetLogRequest),
        (PLAIN, v16.GetDiagnosticsRequest),
        (changed(PLAIN, log_type=LogType.SECURITY), v16.GetLogRequest),
    ],
)
def test_1_6_has_two_ways_to_ask(command: GetLog, action: type) -> None:
    """A security log is known to the security extension only."""
    (request,) = DIALECTS[V16].write_command(command)
    assert type(request) is action


@pytest.mark.parametrize(
    ("version", "command", "told"),
    [
        (V16, changed(ASKED, log_type=LogType.DATA_COLLECTOR), "knows no DataCollectorLog"),
        (V201, changed(ASKED, log_type=LogType.DATA_COLLECTOR), "knows no DataCollectorLog"),
        (V16, changed(ASKED, request_id=None), "needs a request id"),
        (V21, changed(ASKED, request_id=None), "needs a request id"),
        (V201, changed(ASKED, remote_location="x" * 513), "GetLog"),
        (V21, changed(ASKED, remote_location="x" * 2001), "GetLog"),
    ],
)
def test_what_a_version_cannot_say(version: OcppVersion, command: GetLog, told: str) -> None:
    """Nothing is sent."""
    with pytest.raises(NotSayable, match=told):
        DIALECTS[version].write_command(command)


@pytest.mark.req("1.6:5.9")
@pytest.mark.parametrize(("name", "status"), [("d.zip", "Accepted"), (None, "Rejected"), ("", "Rejected")])
def test_get_diagnostics_without_a_file_is_a_refusal(name: str | None, status: str) -> None:
    """1.6 has no other word for it."""
    outcome = DIALECTS[V16].read_outcome(PLAIN, (v16.GetDiagnosticsResponse(file_name=name),))
    assert isinstance(outcome, GetLogOutcome)
    assert outcome.status == LogStatus(status)


def test_get_diagnostics_is_not_accepted_without_a_name() -> None:
    """It would read as a refusal."""
    request = v16.GetDiagnosticsRequest(location="ftp://x/")
    with pytest.raises(NotSayable, match="naming the file"):
        DIALECTS[V16].write_outcome(PLAIN, GetLogOutcome(status=LogStatus.ACCEPTED), request)


@pytest.mark.req("1.6:4.4")
def test_1_6_diagnostics_fail_in_one_way() -> None:
    """Every failure is UploadFailed; and that an upload was canceled it does not tell."""
    denied = LogUploadReported(status=UploadStatus.PERMISSION_DENIED, with_security_extension=False)
    assert DIALECTS[V16].write_fact(denied) == v16.DiagnosticsStatusNotificationRequest(status="UploadFailed")
    canceled = LogUploadReported(status=UploadStatus.ACCEPTED_CANCELED, request_id=7)
    assert DIALECTS[V16].write_fact(canceled) is None


def test_only_2_1_says_why() -> None:
    """In statusInfo."""
    failed = LogUploadReported(status=UploadStatus.UPLOAD_FAILURE, request_id=7, reason_code="RedirectAllowed")
    said = DIALECTS[V21].write_fact(failed)
    assert isinstance(said, v21.LogStatusNotificationRequest)
    assert said.status_info == v21.StatusInfo(reason_code="RedirectAllowed")
    assert DIALECTS[V21].read_fact(said) == failed
    plain = DIALECTS[V201].write_fact(failed)
    assert plain is not None
    assert DIALECTS[V201].read_fact(plain) == changed(failed, reason_code=None)
