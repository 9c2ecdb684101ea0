"""Every place of a payload that breaks its schema is found."""

from __future__ import annotations

import pytest

from pilotwire.csms.gateway.misfits import misfits
from pilotwire.ocpp.registry import ACTIONS
from pilotwire.ocpp.version import OcppVersion


def _places(version: OcppVersion, action: str, payload: bytes) -> list[str]:
    return [where for where, _ in misfits(payload, ACTIONS[version][action].request)]


@pytest.mark.parametrize(
    ("version", "action", "payload", "places"),
    [
        (OcppVersion.V201, "Reset", b'{"type":"Immediate"}', []),
        (OcppVersion.V201, "Reset", b"{}", ["$.type"]),
        (OcppVersion.V201, "Reset", b"[]", ["$"]),
        (OcppVersion.V201, "Reset", b'{"type":1,"evseId":null,"x":1}', ["$.type", "$.evseId", "$.x"]),
        (OcppVersion.V16, "ChangeConfiguration", b'{"key":"' + b"k" * 51 + b'"}', ["$.key", "$.value"]),
        (
            OcppVersion.V201,
            "GetVariables",
            b'{"getVariableData":[{"component":{"name":"A"},"variable":{"name":1}},{"component":{}}]}',
            [
                "$.getVariableData[0].variable.name",
                "$.getVariableData[1].component.name",
                "$.getVariableData[1].variable",
            ],
        ),
        (OcppVersion.V201, "GetVariables", b'{"getVariableData":[]}', ["$.getVariableData"]),
    ],
)
def test_the_places_that_do_not_fit(version: OcppVersion, action: str, payload: bytes, places: list[str]) -> None:
    """In the order of the schema, unknown members last; a constraint on a whole is named where the whole is."""
    assert sorted(_places(version, action, payload)) == sorted(places)


def test_a_payload_full_of_mistakes_ends_somewhere() -> None:
    """A hundred are enough."""
    payload = b"{" + b",".join(b'"m%d":0' % number for number in range(1000)) + b"}"
    assert len(_places(OcppVersion.V201, "Reset", payload)) == 100
