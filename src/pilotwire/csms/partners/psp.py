"""A payment service provider, asked by HTTP to settle payments (C21.FR.05, C24.FR.10, C25.FR.40).

`POST <url>` with `{"pspRef": ..., "station": ..., "transactionId": ..., "amount": "12.34"}` is answered with
`{"status": "Settled"}`, or `Canceled`, `Rejected`, `Failed`; `settlementAmount`, `statusInfo`, `receiptId` and `receiptUrl` may be given
with it. The same order may come again: it is to be carried out once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import httpx
import msgspec

from pilotwire.csms.partners.http_exchange import Partner
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.settings import CsmsSettings
from pilotwire.domain.ad_hoc_payments import SettlementAnswer, SettlementOrder
from pilotwire.domain.tariff import PaymentStatus

_OK = range(200, 300)


class _Answer(msgspec.Struct, rename="camel", frozen=True):
    status: PaymentStatus
    settlement_amount: Decimal | None = None
    status_info: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    receipt_id: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    receipt_url: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


class HttpPsp:
    """Asks the provider at `url`, at most `timeout` seconds; `transport` stands in for the network in tests."""

    def __init__(
        self, url: str, timeout: float, token: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._partner = Partner("payment service provider", url, timeout, token, transport)

    async def settle(self, order: SettlementOrder) -> SettlementAnswer:
        """What became of it. Raises PartnerFailed if that is not told in time, or not in a way that can be understood."""
        question = {
            "pspRef": order.psp_ref,
            "station": order.station,
            "transactionId": order.transaction_id,
            "amount": str(order.amount),
        }
        answer = await self._partner.post(question)
        if answer.status not in _OK:
            raise PartnerFailed(f"The payment service provider answered with HTTP status {answer.status}.")
        try:
            told = msgspec.json.decode(answer.body, type=_Answer)
        except (msgspec.MsgspecError, ValueError) as error:
            raise PartnerFailed(f"The payment service provider gave no usable answer: {error}.") from None
        return SettlementAnswer(
            status=told.status,
            amount=order.amount if told.settlement_amount is None else told.settlement_amount,
            status_info=told.status_info,
            receipt_id=told.receipt_id,
            receipt_url=told.receipt_url,
        )


def http_psp(settings: CsmsSettings) -> HttpPsp | None:
    """The provider the settings name, if they name one."""
    return HttpPsp(settings.psp_url, settings.psp_timeout, settings.psp_token) if settings.psp_url else None
