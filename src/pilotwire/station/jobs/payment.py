"""Asking the payment terminal of the hardware: one worker for each thing that is asked."""

from __future__ import annotations

from pilotwire.errors import PilotwireError
from pilotwire.station.core.jobs import Result
from pilotwire.station.core.payment_jobs import (
    AuthorizePayment,
    IncreasePayment,
    PaymentAuthorized,
    PaymentTaken,
    ReleasePayment,
    SettlePayment,
)
from pilotwire.station.hardware.ports import PaymentTerminal
from pilotwire.station.jobs.running import Tell, Tools


def _terminal(tools: Tools) -> PaymentTerminal:
    """The terminal of a driver that has one (`HasPaymentTerminal`)."""
    terminal: PaymentTerminal | None = getattr(tools.hardware, "payment_terminal", None)
    if terminal is None:
        raise PilotwireError(
            "The hardware of this station has no payment terminal.",
            "Give its driver a payment_terminal, or leave it out of the layout.",
        )
    return terminal


async def authorize(job: AuthorizePayment, tools: Tools, _: Tell) -> Result:
    """Have an amount kept."""
    return PaymentAuthorized(await _terminal(tools).authorize(job.card, job.amount, job.currency))


async def increase(job: IncreasePayment, tools: Tools, _: Tell) -> Result:
    """Have more kept."""
    await _terminal(tools).increase(job.psp_ref, job.amount)
    return Result()


async def release(job: ReleasePayment, tools: Tools, _: Tell) -> Result:
    """Let go of what is kept."""
    await _terminal(tools).release(job.psp_ref)
    return Result()


async def settle(job: SettlePayment, tools: Tools, _: Tell) -> Result:
    """Take what is due."""
    return PaymentTaken(await _terminal(tools).settle(job.psp_ref, job.amount, job.currency, job.merchant))
