"""A certificate authority asked by HTTP.

`POST <url>` with `{"station": "CS001", "certificateType": "ChargingStationCertificate", "csr": "-----BEGIN ..."}`; the type is null where
the station did not say it. Answered with 200 and the chain, the new certificate first: either the PEM text itself, or JSON with
`{"certificateChain": "-----BEGIN ..."}`. 400, 403, 404, 409 and 422 are a refusal for good, with a reason in `detail` (JSON) or as text;
anything else is tried again later.
"""

from __future__ import annotations

from typing import Any, Final

import httpx
import msgspec

from pilotwire.csms.partners.http_exchange import Answer, Partner
from pilotwire.csms.partners.ports import PartnerFailed, SigningRefused
from pilotwire.domain.certificates import SigningUse

_REFUSALS: Final = frozenset({400, 403, 404, 409, 422})
_PEM: Final = "-----BEGIN CERTIFICATE-----"
_OK: Final = 200
_MOST_REASON: Final = 300


class _Chain(msgspec.Struct, rename="camel", frozen=True):
    certificate_chain: str


class _Refusal(msgspec.Struct, frozen=True):
    detail: str


class HttpSigner:
    """Asks the authority at `url`; a `Signer`."""

    def __init__(
        self, url: str, timeout: float, token: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._partner = Partner("certificate authority", url, timeout, token, transport)

    async def sign(self, station: str, csr: str, use: SigningUse | None) -> str:
        """The chain the authority gives."""
        question: dict[str, Any] = {"station": station, "certificateType": use and use.value, "csr": csr}
        answer = await self._partner.post(question)
        if answer.status in _REFUSALS:
            raise SigningRefused(f"the certificate authority refused: {_reason(answer)}")
        if answer.status != _OK:
            raise PartnerFailed(f"The certificate authority answered with the status {answer.status}.")
        return _chain(answer.body)


def _chain(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if text.startswith(_PEM):
        return text + "\n"
    try:
        return msgspec.json.decode(body, type=_Chain).certificate_chain
    except msgspec.MsgspecError:
        raise PartnerFailed("The certificate authority answered with something that is no chain.") from None


def _reason(answer: Answer) -> str:
    try:
        reason = msgspec.json.decode(answer.body, type=_Refusal).detail
    except msgspec.MsgspecError:
        reason = answer.body.decode("utf-8", "replace")
    plain = "".join(each if each.isprintable() else " " for each in reason).strip()[:_MOST_REASON]
    return plain or f"status {answer.status}"
