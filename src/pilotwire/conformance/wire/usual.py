"""Which usual answers a tester gives: by the version of OCPP and by whom it plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pilotwire.conformance.language import Role
from pilotwire.conformance.wire import answers, answers16, answers21
from pilotwire.conformance.wire.answers import Answer
from pilotwire.ocpp.version import OcppVersion

USUAL: Final[Mapping[tuple[OcppVersion, Role], Mapping[str, Answer]]] = {
    (OcppVersion.V16, "station"): answers16.CSMS,
    (OcppVersion.V16, "csms"): answers16.STATION,
    (OcppVersion.V201, "station"): answers.CSMS,
    (OcppVersion.V201, "csms"): answers.STATION,
    (OcppVersion.V21, "station"): answers21.CSMS,
    (OcppVersion.V21, "csms"): answers21.STATION,
}
"""By version and by who is under test."""
