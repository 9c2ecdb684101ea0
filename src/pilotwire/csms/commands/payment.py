"""Ad hoc payments that begin here: what a station needs for its codes (C25), and the start once a payment is authorized (C24, C25)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pilotwire.clock import Clock
from pilotwire.csms.commands import provisioning, remote_control
from pilotwire.csms.commands.bus import CommandTimedOut
from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.registers.device_model import known_value
from pilotwire.csms.registers.payment import AUTHORIZED, WEB_PAYMENT_SETUPS, AuthorizedPayment, WebPaymentSetup
from pilotwire.csms.store.ports import Journal, Store
from pilotwire.domain.authorization import TransactionLimit
from pilotwire.domain.device_model import (
    SetVariableResult,
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableSetting,
)
from pilotwire.domain.identity import DIRECT_PAYMENT, AdditionalInfo, IdToken
from pilotwire.domain.remote_control import RequestStart, RequestStartOutcome, RequestStatus
from pilotwire.domain.tariff.web_payments import TOTP_V1
from pilotwire.errors import PilotwireError

_COMPONENT = "WebPaymentsCtrlr"
SUPPORTED_LIMITS = VariableName(component="TxCtrlr", variable="SupportedLimits")
_DONE = (SetVariableStatus.ACCEPTED, SetVariableStatus.REBOOT_REQUIRED)


@dataclass(frozen=True, slots=True)
class PaymentBooks:
    """Where it is kept."""

    journal: Journal
    store: Store
    clock: Clock


async def set_up_codes(
    commander: Commander, books: PaymentBooks, station: str, template: str, secret: str, *, validity: int, length: int
) -> tuple[SetVariableResult, ...]:
    """Give a station all it needs to show codes, the switch last; the secret is kept here if it took all of it."""
    values = {
        "URLTemplate": template,
        "TOTPVersion": TOTP_V1,
        "ValidityTime": str(validity),
        "Length": str(length),
        "SharedSecret": secret,
        "Enabled": "true",
    }
    settings = [
        VariableSetting(name=VariableName(component=_COMPONENT, variable=variable), value=value)
        for variable, value in values.items()
    ]
    outcome = await provisioning.set_variables(commander, books.store, station, settings)
    if all(each.status in _DONE for each in outcome.results) and len(outcome.results) == len(settings):
        setup = WebPaymentSetup(secret=secret, validity=validity, length=length, set_at=books.clock.now())
        await books.journal.append(WEB_PAYMENT_SETUPS.put(station, "", setup))
    return outcome.results


async def start_paid(
    commander: Commander,
    books: PaymentBooks,
    station: str,
    psp_ref: str,
    *,
    evse_id: int | None = None,
    limit: TransactionLimit,
    details: Sequence[AdditionalInfo] = (),
) -> tuple[RequestStart, RequestStartOutcome]:
    """Start a transaction for a payment that is authorized (C24.FR.01, C25.FR.23); its limit is told once it begins.

    A station that has not told which limits it keeps (E16.FR.12) is asked first.

    A station that does not take it, or cannot be asked, leaves nothing behind: whoever asked releases the payment. One that does not
    answer in time may begin all the same.
    """
    await _learn_limits(commander, books, station)
    paid = AuthorizedPayment(station=station, psp_ref=psp_ref, at=books.clock.now(), limit=limit, evse_id=evse_id)
    await books.journal.append(AUTHORIZED.put(station, psp_ref, paid))
    token = IdToken(value=psp_ref, type=DIRECT_PAYMENT, additional=tuple(details))
    try:
        command, outcome = await remote_control.start(commander, station, token, evse=evse_id)
    except CommandTimedOut:
        raise
    except PilotwireError:
        await books.journal.append(AUTHORIZED.remove(station, psp_ref))
        raise
    if outcome.status is not RequestStatus.ACCEPTED:
        await books.journal.append(AUTHORIZED.remove(station, psp_ref))
    return command, outcome


async def _learn_limits(commander: Commander, books: PaymentBooks, station: str) -> None:
    if await known_value(books.store, station, SUPPORTED_LIMITS) is None:
        with suppress(PilotwireError):  # then it is told no limit; energy and time are watched here
            asked = (VariableQuery(name=SUPPORTED_LIMITS),)
            await provisioning.get_variables(commander, books.store, station, asked)
