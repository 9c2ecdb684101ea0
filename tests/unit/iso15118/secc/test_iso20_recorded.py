"""What vehicles of others said in whole sessions of ISO 15118-20, said to our station: it takes all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pilotwire.iso15118.charging import PENDING, DcLimits, Ending, Isolation, PowerStep, Schedule, Transfer
from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.secc.iso20 import Options
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_evse_fake import FakeEvse
from tests.support.iso15118_vehicle20 import Vehicle20, with_header

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "vectors/iso15118/exi/sessions.jsonl").read_text().splitlines()
]
SCHEMAS = {PayloadType.MAIN: ISO20_COMMON, PayloadType.AC: ISO20_AC, PayloadType.DC: ISO20_DC}


def recorded(name: str) -> list[tuple[PayloadType, Any, Any]]:
    """Payload type, request and response of each exchange after SupportedAppProtocol."""
    lines = [each for each in LINES if each["session"] == name and each["codec"] != "SAP"]
    talk = []
    for asked, answered in zip(lines[::2], lines[1::2], strict=True):
        type_ = PayloadType(int(asked["payload_type"], 16))
        schemas = SCHEMAS[type_]
        talk.append(
            (type_, schemas.decode(bytes.fromhex(asked["exi"])), schemas.decode(bytes.fromhex(answered["exi"])))
        )
    return talk


@pytest.mark.parametrize(("name", "transfer"), [("iso20-ac", Transfer.AC), ("iso20-dc", Transfer.DC)])
def test_a_recorded_session(name: str, transfer: Transfer) -> None:
    """The recorded vehicles plan an hour at 10 kW, precharge to 20 kV, and draw 200 kW of AC."""
    evse = FakeEvse(isolations=[PENDING, Isolation.VALID])
    evse.planned_schedules = [(Schedule(1, (PowerStep(0, 10_000.0),), 3_600),)]
    peer = Vehicle20(transfer, evse=evse, options=Options(tolerance_w=2_000.0))
    if isinstance(evse.state_now.limits, DcLimits):
        evse.shows(limits=replace(evse.state_now.limits, max_v=20_000.0))
    differ = []
    for payload_type, request, before in recorded(name):
        response = peer.sends(with_header(request, session_id=peer.session_id), payload_type)
        assert type(response) is type(before)
        if response.response_code != before.response_code:
            differ.append((type(response).__name__, response.response_code))
        ours, theirs = (getattr(each, "evse_processing", None) for each in (response, before))
        assert ours == theirs
        assert msgspec.structs.asdict(response).keys() == msgspec.structs.asdict(before).keys()
    assert peer.session.over is not None
    assert peer.session.over.ending is Ending.TERMINATED
    assert {name for name, _ in differ} <= {"PowerDeliveryRes", "AC_ChargeLoopRes"}
    assert {code for _, code in differ} <= {"OK_PowerToleranceConfirmed", "WARNING_EVPowerProfileViolation"}
    assert all("200000 W" in each for each in peer.session.findings)
