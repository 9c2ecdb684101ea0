"""A pool of contract certificates asked by HTTP (M01, M02).

`POST <url>` with JSON: station, iso15118SchemaVersion, action, exiRequest, maximumContractCertificateChains, prioritizedEMAIDs, the last
two null and empty where the station did not say them. Answered with 200 and
`{"status": "Accepted", "exiResponse": "...", "remainingContracts": 1, "reason": "..."}`: the last two may be left out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import httpx
import msgspec

from pilotwire.csms.partners.http_exchange import Partner
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.domain.certificates import EvCertificateAsked, EvCertificateVerdict

_OK = 200
_HIGHEST = 2**31 - 1


class _Answer(msgspec.Struct, rename="camel", frozen=True):
    status: Literal["Accepted", "Failed"]
    exi_response: Annotated[str, msgspec.Meta(max_length=17000)] = ""
    remaining_contracts: Annotated[int, msgspec.Meta(ge=0, le=_HIGHEST)] | None = None
    reason: str | None = None


class HttpContracts:
    """Asks the pool at `url`; a `ContractProvider`."""

    def __init__(
        self, url: str, timeout: float, token: str = "", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._partner = Partner("provider of contracts", url, timeout, token, transport)

    async def certificate(self, station: str, asked: EvCertificateAsked) -> EvCertificateVerdict:
        """What the pool answers."""
        question: dict[str, Any] = {
            "station": station,
            "iso15118SchemaVersion": asked.schema_version,
            "action": asked.action.value,
            "exiRequest": asked.exi_request,
            "maximumContractCertificateChains": asked.max_chains,
            "prioritizedEMAIDs": list(asked.prioritized_emaids),
        }
        answer = await self._partner.post(question)
        if answer.status != _OK:
            raise PartnerFailed(f"The provider of contracts answered with the status {answer.status}.")
        try:
            told = msgspec.json.decode(answer.body, type=_Answer)
        except msgspec.MsgspecError as error:
            raise PartnerFailed(f"The provider of contracts gave an answer that cannot be used: {error}.") from None
        if told.status == "Accepted" and not told.exi_response:
            raise PartnerFailed("The provider of contracts answered Accepted without an exiResponse.")
        accepted = told.status == "Accepted"
        return EvCertificateVerdict(
            accepted=accepted,
            exi_response=told.exi_response,
            remaining=told.remaining_contracts,
            reason=None if accepted else told.reason or "the provider of contracts has none for this vehicle",
        )
