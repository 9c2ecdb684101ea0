"""What this station keeps of a customer: told (N09), or removed (N10). The places where it is kept are in `customer_keepers`.

What a customer is about to use or has just used (a transaction, facts of it the CSMS does not have, a reservation) cannot be removed: as
long as there is such a thing, a request to clear is Rejected (N10.FR.05).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationPart,
    CustomerInformationStatus,
)
from pilotwire.domain.kinds import Reason
from pilotwire.station.core import outbox_policy
from pilotwire.station.core.customer_keepers import KEEPERS, named_by
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered

_ONE_WAY = Reason(code="InvalidValue", info="The customer is to be named in exactly one way.")
DATA_MAX: Final = 512
"""Characters of the text in one message (NotifyCustomerInformationRequest.data)."""
NOTHING: Final = ""
"""What is told where nothing was found: a message with empty data, as TC_N_62_CS and TC_N_63_CS have it (N09.FR.06, N10.FR.04)."""
CLEARED: Final = "The data about this customer was cleared."

# --- the command ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Telling:
    """Whether a customer's data is being told."""

    underway: bool = False


def ask(station: Station, command: CustomerInformation) -> CustomerInformationOutcome:
    """N09, N10: one request at a time."""
    ways = (command.id_token, command.customer_identifier, command.customer_certificate)
    telling = station.moment(_Telling)
    if sum(way is not None for way in ways) != 1:
        return CustomerInformationOutcome(status=CustomerInformationStatus.INVALID, why=_ONE_WAY)  # N09.FR.09
    customer = named_by(station, command)
    used = any(True for keeper in KEEPERS if keeper.in_use for _ in keeper.found(station, customer))
    if (why := _why_not(command, busy=telling.underway, used=used)) is not None:
        return CustomerInformationOutcome(status=CustomerInformationStatus.REJECTED, why=why)
    found = "\n".join(line for keeper in KEEPERS for line in keeper.found(station, customer))
    if command.clear:
        for keeper in KEEPERS:
            keeper.remove(station, customer)
    text = (found or NOTHING) if command.report else CLEARED  # N09.FR.06, N10.FR.04, N10.FR.06
    parts = _parts(station, command.request_id, text)
    if not outbox_policy.keep_parts(station, parts):
        telling.underway = True
        _tell(station, parts)
    return CustomerInformationOutcome(status=CustomerInformationStatus.ACCEPTED)


def _why_not(command: CustomerInformation, *, busy: bool, used: bool) -> Reason | None:
    if not command.report and not command.clear:  # N09.FR.07, N10.FR.07
        return Reason(code="MissingParam", info="Neither report nor clear is asked for.")
    if busy:
        return Reason(code="InvalidMessageSeq", info="Another customer's data is being told.")
    if command.clear and used:
        return Reason(
            code="TxInProgress", info="The customer's data is in use, or the CSMS does not have all of it yet."
        )
    return None


def _parts(station: Station, request_id: int, text: str) -> Iterator[CustomerInformationPart]:
    generated_at = station.stamp()
    for number, at in enumerate(range(0, len(text) or 1, DATA_MAX)):
        yield CustomerInformationPart(
            request_id=request_id,
            seq_no=number,
            generated_at=generated_at,
            data=text[at : at + DATA_MAX],
            more=at + DATA_MAX < len(text),
        )


def _tell(station: Station, parts: Iterator[CustomerInformationPart]) -> None:
    part = next(parts, None)
    if part is None:
        station.moment(_Telling).underway = False
        return
    station.say(part, answered=lambda _: _tell(station, parts), failed=lambda _: _give_up(station, part))


def _give_up(station: Station, part: CustomerInformationPart) -> None:
    station.moment(_Telling).underway = False
    station.note(f"What is stored of a customer (request {part.request_id}) was not told: the CSMS did not take it.")


STREET = Street("customer_information", commands={CustomerInformation: answered(ask)})
