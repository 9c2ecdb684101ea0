"""What this station keeps of a customer: told (N09), or removed (N10).

Each place where something is kept is a `Keeper`; another street that keeps something of customers is one more of `KEEPERS`. What a
customer is about to use or has just used (a transaction, facts of it the CSMS does not have, a reservation) cannot be removed: as long as
there is such a thing, a request to clear is Rejected (N10.FR.05).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.customer_information import (
    CustomerInformation,
    CustomerInformationOutcome,
    CustomerInformationPart,
    CustomerInformationStatus,
)
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import TransactionEvent
from pilotwire.station.core.station import Station
from pilotwire.station.core.street import Street, answered

DATA_MAX: Final = 512
"""Characters of the text in one message (NotifyCustomerInformationRequest.data)."""
NOTHING: Final = "No data was found about this customer."
CLEARED: Final = "The data about this customer was cleared."

Customer = CustomerInformation
"""Who is meant, as the request names the customer."""


def _stays(_station: Station, _customer: Customer) -> None:
    return


@dataclass(frozen=True, slots=True)
class Keeper:
    """A place where something of customers is kept.

    `found` gives what there is as lines for people; `remove` takes it away. `in_use`: it cannot be, as long as something is found.
    """

    name: str
    found: Callable[[Station, Customer], Iterator[str]]
    remove: Callable[[Station, Customer], None] = _stays
    in_use: bool = False


def is_meant(customer: Customer, token: IdToken | None) -> bool:
    """Whether a token is the customer's: the one named, or of any type with the customer's identifier as its value (as an eMAID has it)."""
    if token is None:
        return False
    if customer.id_token is not None:
        return same_token(token, customer.id_token)
    identifier = customer.customer_identifier
    return identifier is not None and token.value.casefold() == identifier.casefold()


# --- where something is kept ----------------------------------------------------------------------------------------


def _listed(station: Station, customer: Customer) -> Iterator[str]:
    for entry in station.local_list.held.entries.values():
        if is_meant(customer, entry.id_token):
            yield f"Local authorization list: {_token(entry.id_token)}, {_verdict(entry.info)}"


def _cached(station: Station, customer: Customer) -> Iterator[str]:
    for entry in station.cache.entries.values():
        if is_meant(customer, entry.id_token):
            used = entry.used_at.isoformat(timespec="seconds")
            yield f"Authorization cache: {_token(entry.id_token)}, {_verdict(entry.verdict)}, last used {used}"


def _uncache(station: Station, customer: Customer) -> None:
    entries = {key: one for key, one in station.cache.entries.items() if not is_meant(customer, one.id_token)}
    station.cache = changed(station.cache, entries=entries)


def _running(station: Station, customer: Customer) -> Iterator[str]:
    for evse in station.evses.values():
        if evse.tx is not None and is_meant(customer, evse.tx.owner):
            yield f"Transaction {evse.tx.transaction_id} on EVSE {evse.evse_id}, since {evse.tx.started_at:%Y-%m-%dT%H:%M:%SZ}"
        elif is_meant(customer, evse.held_for) or (evse.grant is not None and is_meant(customer, evse.grant.id_token)):
            yield f"Authorized on EVSE {evse.evse_id}"


def _waiting(station: Station, customer: Customer) -> Iterator[str]:
    """Facts of the customer's transactions that are yet to be delivered."""
    facts = [fact for fact in station.outbox.facts() if isinstance(fact, TransactionEvent)]
    own = {fact.transaction_id: fact for fact in facts if is_meant(customer, fact.id_token)}
    for transaction_id in own:
        count = sum(fact.transaction_id == transaction_id for fact in facts)
        yield f"Transaction {transaction_id}: {count} messages wait for the CSMS"


def _reserved(station: Station, customer: Customer) -> Iterator[str]:
    for one in station.reservations.pending:
        if is_meant(customer, one.id_token):
            yield f"Reservation {one.reservation_id}: {_token(one.id_token)}"


def _token(token: IdToken) -> str:
    return f"{token.value} ({token.type})" if token.type else token.value


def _verdict(verdict: AuthorizationVerdict) -> str:
    until = "" if verdict.expires_at is None else f" until {verdict.expires_at.isoformat(timespec='seconds')}"
    return f"{verdict.status.value}{until}"


KEEPERS: tuple[Keeper, ...] = (
    Keeper("local list", _listed),  # only the CSMS changes it (N10.FR.02, N10.FR.03)
    Keeper("cache", _cached, _uncache),
    Keeper("transactions", _running, in_use=True),
    Keeper("outbox", _waiting, in_use=True),
    Keeper("reservations", _reserved, in_use=True),
)


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
        return CustomerInformationOutcome(status=CustomerInformationStatus.INVALID)  # N09.FR.09
    used = any(True for keeper in KEEPERS if keeper.in_use for _ in keeper.found(station, command))
    idle = not command.report and not command.clear  # N09.FR.07
    if idle or telling.underway or (command.clear and used):
        return CustomerInformationOutcome(status=CustomerInformationStatus.REJECTED)
    found = "\n".join(line for keeper in KEEPERS for line in keeper.found(station, command))
    if command.clear:
        for keeper in KEEPERS:
            keeper.remove(station, command)
    text = (found or NOTHING) if command.report else CLEARED  # N09.FR.06, N10.FR.04, N10.FR.06
    telling.underway = True
    _tell(station, _parts(station, command.request_id, text))
    return CustomerInformationOutcome(status=CustomerInformationStatus.ACCEPTED)


def _parts(station: Station, request_id: int, text: str) -> Iterator[CustomerInformationPart]:
    generated_at = station.stamp()
    for number, at in enumerate(range(0, len(text), DATA_MAX)):
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
