"""What stations of others said in whole sessions of ISO 15118-20, said to our vehicle: it charges there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pilotwire.iso15118.charging import Ending, Transfer
from pilotwire.iso15118.codecs import ISO20_AC, ISO20_COMMON, ISO20_DC
from pilotwire.iso15118.iso20.common_types import V2GResponse
from pilotwire.iso15118.v2gtp import PayloadType
from tests.support.iso15118_station20 import Ev20, Station20

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "vectors/iso15118/exi/sessions.jsonl").read_text().splitlines()
]
SCHEMAS = {PayloadType.MAIN: ISO20_COMMON, PayloadType.AC: ISO20_AC, PayloadType.DC: ISO20_DC}


def recorded(name: str) -> list[Any]:
    """The messages of a session after SupportedAppProtocol."""
    lines = [each for each in LINES if each["session"] == name and each["codec"] != "SAP"]
    return [SCHEMAS[PayloadType(int(each["payload_type"], 16))].decode(bytes.fromhex(each["exi"])) for each in lines]


@pytest.mark.parametrize(("name", "transfer"), [("iso20-ac", Transfer.AC), ("iso20-dc", Transfer.DC)])
def test_a_recorded_session(name: str, transfer: Transfer) -> None:
    """The recorded stations show 1 V throughout; a vehicle that wants no more is satisfied. Whatever is left over they repeat."""
    messages = recorded(name)
    responses = [each for each in messages if isinstance(each, V2GResponse)]
    last: dict[type[V2GResponse], Any] = {}
    station = Station20(transfer, ev=Ev20(target_v=1.0, present_v=1.0, loops=5))
    station.session_id = responses[0].header.session_id
    station.starts()
    while station.session.over is None:
        wanted = station.session.state
        found = next((each for each in responses if type(each).__name__ == wanted), None)
        if found is not None:
            responses.remove(found)
            last[type(found)] = found
        said = found or next(each for cls, each in last.items() if cls.__name__ == wanted)
        station.says(msgspec.structs.replace(said, header=station.header()))
    assert station.session.over.ending is Ending.TERMINATED
    assert station.session.findings == station.session.remarks == []
    theirs = [type(each).__name__ for each in messages if not isinstance(each, V2GResponse)]
    assert station.names == [each for place, each in enumerate(theirs) if each not in theirs[place - 1 : place]]
    assert {type(each).__name__ for each in responses} <= {
        "AC_ChargeLoopRes",
        "DC_ChargeLoopRes",
        "DC_PreChargeRes",
        "DC_WeldingDetectionRes",
        "PowerDeliveryRes",
    }
