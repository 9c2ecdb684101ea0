"""Central System under test: remote actions (test document 3.5 to 3.7)."""

from __future__ import annotations

from pilotwire.conformance.checks import equals, one_of
from pilotwire.conformance.language import Case16
from pilotwire.conformance.states.csms16 import CONNECTOR, authorizes, ordered, starts, status
from pilotwire.conformance.values import configured

_REMOTE_START = ordered(
    "3",
    "RemoteStartTransaction",
    equals("idTag", configured.valid_token),
    one_of("connectorId", CONNECTOR),
    asked={"connectorId": CONNECTOR, "idTag": configured.valid_token},
)

TC_010_CSMS = Case16(
    id="TC_010_CSMS",
    title="Remote start, cable first",
    purpose="The cable is plugged in, then the Central System starts the transaction.",
    main=(
        status("1", "Preparing"),
        *_REMOTE_START,
        authorizes("5"),
        starts("7"),
        status("9", "Charging"),
    ),
    requirements=("1.6:5.11",),
)
