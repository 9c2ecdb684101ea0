"""Payloads that broke their schema."""

from __future__ import annotations

import pytest

from pilotwire.errors import MisuseError
from pilotwire.ocpp import registry
from pilotwire.ocpp.frame import ERROR_CODES
from pilotwire.ocpp.payloads import Payloads, json_object, some
from pilotwire.ocpp.version import OcppVersion


@pytest.mark.parametrize("version", list(OcppVersion))
def test_a_failure_that_is_no_violation_is_an_internal_error_and_told(version: OcppVersion) -> None:
    """A bug in a decoder must not end the connection, nor be hidden; no hook is asked to mend it."""
    payloads = Payloads(version, lambda *_: b"{}")
    bug = ZeroDivisionError("oh")
    code, description = payloads.code_of(bug)
    assert code == "InternalError"
    assert code in ERROR_CODES[version]
    assert "ZeroDivisionError" in description
    assert "oh" in payloads.breach(bug, "id1", "Heartbeat", b"", "error").what
    assert payloads.repair(registry.decode_request, "Heartbeat", b"{}", bug) is None


def test_what_we_send_raw_is_one_json_object() -> None:
    """Space around it goes; anything else is a bug of ours."""
    assert json_object(b' {"a": 1}\n') == b'{"a": 1}'
    for wrong in (b"", b"7", b"{} {}", b'{"a":"\xff"}', b"[" * 100_000):
        with pytest.raises(MisuseError):
            json_object(wrong)


@pytest.mark.req("J16:4.2.1", "J2:4.1.5")
def test_null_means_nothing() -> None:
    """And only null does."""
    assert some(b"null") == b"{}"
    assert some(b'{"a":null}') == b'{"a":null}'
