"""What cases about a charging station under test do at every one of its EVSEs."""

from __future__ import annotations

from pilotwire.conformance.conditions import Condition
from pilotwire.conformance.language import AtEvse, ForEach, Step
from pilotwire.conformance.states.station201 import energy_transfer_started
from pilotwire.conformance.values import Computed, Kept, Known

Steps = tuple[Step, ...]

EVERY_EVSE = Computed("every EVSE", lambda known: list(range(1, len(known.setting("connectors")) + 1)))
"""The numbers of all EVSEs of the station."""
ONE_EVSE = Condition("the station has one EVSE", lambda known: len(known.setting("connectors")) == 1)


def _others(known: Known) -> list[int]:
    return [evse for evse in range(1, len(known.setting("connectors")) + 1) if evse != known.setting("evse_id")]


OTHER_EVSES = Computed("every other EVSE", _others)
"""The numbers of the EVSEs the case does not charge at by itself."""


def energy_transfer_started_everywhere() -> Steps:
    """Energy flows at every EVSE: the configured one with the first token, the others with the second, started remotely."""
    return (
        *energy_transfer_started(),
        ForEach(
            name="another_evse",
            values=OTHER_EVSES,
            steps=(
                AtEvse(
                    evse=Kept("another_evse"),
                    connector=1,
                    steps=energy_transfer_started("remote", token="valid_token2"),
                ),
            ),
        ),
    )
