"""Where a station keeps something of customers (N09, N10): each place is a `Keeper`.

Another street that keeps something of customers is one more of `KEEPERS`. A customer is named by an id token, by an identifier (the value
of a token of any type, a further identifier that comes with one, or what a payment is known by) or by the certificate of a contract that
was used here; that one stands for the token of the contract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pilotwire.domain.authorization import AuthorizationVerdict
from pilotwire.domain.battery_swap import BatterySwapped
from pilotwire.domain.certificates import CertificateHash
from pilotwire.domain.customer_information import CustomerInformation
from pilotwire.domain.data_transfer import DataTransferred
from pilotwire.domain.identity import IdToken, same_token
from pilotwire.domain.kinds import changed
from pilotwire.domain.transactions import TransactionEvent
from pilotwire.station.core import metering_usage
from pilotwire.station.core.battery_swap_memory import BatterySwapMemory
from pilotwire.station.core.certificates_memory import CachedStatus, CertificatesMemory
from pilotwire.station.core.contracts_memory import ContractsMemory, KeptContract, is_same
from pilotwire.station.core.metering_usage_memory import UsageMemory
from pilotwire.station.core.payment_memory import KeptPayment, PaymentMemory
from pilotwire.station.core.station import Station

Customer = CustomerInformation
"""Who is meant, as the request names the customer; see `named_by`."""


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


# --- who is meant ---------------------------------------------------------------------------------------------------


def named_by(station: Station, command: CustomerInformation) -> Customer:
    """The customer a request names. One named by a certificate has the id token of its contract too, if it was ever used here."""
    certificate = command.customer_certificate
    known = None if certificate is None else station.kept(ContractsMemory).of_certificate(certificate)
    return command if known is None else changed(command, id_token=known.id_token)


def is_meant(customer: Customer, token: IdToken | None) -> bool:
    """Whether a token is the customer's."""
    if token is None:
        return False
    if customer.id_token is not None:
        return same_token(token, customer.id_token)
    return _is_identifier(customer, token.value, *(more.value for more in token.additional))


def _is_identifier(customer: Customer, *texts: str | None) -> bool:
    identifier = customer.customer_identifier
    return identifier is not None and any(
        text is not None and text.casefold() == identifier.casefold() for text in texts
    )


# --- tokens and verdicts --------------------------------------------------------------------------------------------


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


def _token(token: IdToken) -> str:
    return f"{token.value} ({token.type})" if token.type else token.value


def _verdict(verdict: AuthorizationVerdict) -> str:
    until = "" if verdict.expires_at is None else f" until {verdict.expires_at.isoformat(timespec='seconds')}"
    return f"{verdict.status.value}{until}"


# --- certificates ---------------------------------------------------------------------------------------------------


def _contracts(station: Station, customer: Customer) -> Iterator[KeptContract]:
    return (one for one in station.kept(ContractsMemory).used if is_meant(customer, one.id_token))


def _contracted(station: Station, customer: Customer) -> Iterator[str]:
    for one in _contracts(station, customer):
        serial = one.certificates[0].serial_number
        yield f"Contract certificate {serial} of {_token(one.id_token)}, last used {one.used_at:%Y-%m-%dT%H:%M:%SZ}"


def _forget_contracts(station: Station, customer: Customer) -> None:
    """With what is known of the revocation of their certificates."""
    gone, memory = tuple(_contracts(station, customer)), station.kept(CertificatesMemory)
    left = tuple(one for one in memory.statuses if not _is_of(station, customer, one))
    if left != memory.statuses:
        station.remember(changed(memory, statuses=left))
    if gone:
        used = tuple(one for one in station.kept(ContractsMemory).used if one not in gone)
        station.remember(ContractsMemory(used=used))


def _is_of(station: Station, customer: Customer, known: CachedStatus) -> bool:
    """Whether what is known of a revocation is of the customer's certificate."""
    asked: tuple[CertificateHash | None, ...] = (customer.customer_certificate,)
    own = [name for one in _contracts(station, customer) for name in one.certificates]
    return any(name is not None and is_same(name, known.certificate) for name in (*asked, *own))


def _revocations(station: Station, customer: Customer) -> Iterator[str]:
    for known in station.kept(CertificatesMemory).statuses:
        if _is_of(station, customer, known):
            until = known.until.isoformat(timespec="seconds")
            yield f"Revocation of certificate {known.certificate.serial_number}: known until {until}"


# --- what is in use, or on its way ----------------------------------------------------------------------------------


def _running(station: Station, customer: Customer) -> Iterator[str]:
    if station.unplaced is not None and is_meant(customer, station.unplaced.id_token):
        yield "Authorized at the station"
    for evse in station.evses.values():
        if evse.tx is not None and is_meant(customer, evse.tx.owner):
            yield f"Transaction {evse.tx.transaction_id} on EVSE {evse.evse_id}, since {evse.tx.started_at:%Y-%m-%dT%H:%M:%SZ}"
        elif is_meant(customer, evse.held_for) or (evse.grant is not None and is_meant(customer, evse.grant.id_token)):
            yield f"Authorized on EVSE {evse.evse_id}"


def _waiting(station: Station, customer: Customer) -> Iterator[str]:
    """Facts of the customer that are yet to be delivered."""
    all_facts = tuple(station.outbox.facts())
    facts = [fact for fact in all_facts if isinstance(fact, TransactionEvent)]
    own = {fact.transaction_id: fact for fact in facts if is_meant(customer, fact.id_token)}
    for transaction_id in own:
        count = sum(fact.transaction_id == transaction_id for fact in facts)
        yield f"Transaction {transaction_id}: {count} messages wait for the CSMS"
    for fact in all_facts:
        if isinstance(fact, BatterySwapped) and is_meant(customer, fact.id_token):
            yield f"Battery swap {fact.request_id}: a message waits for the CSMS"
        elif isinstance(fact, DataTransferred) and is_meant(customer, _of_usage(fact)):
            yield "Usage of a session: a message waits for the CSMS"


def _of_usage(fact: DataTransferred) -> IdToken | None:
    """Whose session the usage in a message is of."""
    if (fact.vendor_id, fact.message_id) != (metering_usage.VENDOR, metering_usage.MESSAGE):
        return None
    value = json.loads(fact.data).get("idToken")
    return None if value is None else IdToken(value=value)


def _used(station: Station, customer: Customer) -> Iterator[str]:
    """Sessions whose end the CSMS does not have yet."""
    for transaction_id, usage in station.kept(UsageMemory).ended.items():
        if is_meant(customer, usage.id_token):
            whole = usage.meter_stop - usage.meter_start
            yield f"Usage of transaction {transaction_id} on EVSE {usage.evse}: {whole} Wh, ended {usage.ended_at:%Y-%m-%dT%H:%M:%SZ}"


def _swapping(station: Station, customer: Customer) -> Iterator[str]:
    swap = station.kept(BatterySwapMemory).swap
    if swap is not None and is_meant(customer, swap.id_token):
        yield f"Battery swap {swap.request_id} of {_token(swap.id_token)}"


def _reserved(station: Station, customer: Customer) -> Iterator[str]:
    for one in station.reservations.pending:
        if is_meant(customer, one.id_token):
            yield f"Reservation {one.reservation_id}: {_token(one.id_token)}"


def _paying(station: Station, customer: Customer) -> Iterator[str]:
    for one in station.kept(PaymentMemory).under_way:
        if _is_payer(customer, one):
            yield f"Payment {one.psp_ref}: {one.amount} {one.currency} kept of card {one.card}"


def _is_payer(customer: Customer, payment: KeptPayment) -> bool:
    if customer.id_token is not None:
        return payment.psp_ref.casefold() == customer.id_token.key
    return _is_identifier(customer, payment.psp_ref, payment.card, payment.vat_number)


KEEPERS: tuple[Keeper, ...] = (
    Keeper("local list", _listed),  # only the CSMS changes it (N10.FR.02, N10.FR.03)
    Keeper("cache", _cached, _uncache),
    Keeper("revocations", _revocations),
    Keeper("contracts", _contracted, _forget_contracts),  # and the revocations, which are found by them
    Keeper("transactions", _running, in_use=True),
    Keeper("outbox", _waiting, in_use=True),
    Keeper("usage", _used, in_use=True),
    Keeper("reservations", _reserved, in_use=True),
    Keeper("battery swaps", _swapping, in_use=True),
    Keeper("payments", _paying, in_use=True),
)
