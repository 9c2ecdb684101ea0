"""Whether certificates are revoked: asked of OCSP responders, or read from CRLs, and remembered while the answer is fresh."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from pilotwire.clock import Clock
from pilotwire.csms.partners.ocsp_response import ocsp_request, read_crl, read_ocsp
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.partners.public_web import PublicWeb
from pilotwire.domain.certificates import CertificateHash, ChainLink, Revocation, StatusSource

_REQUEST: Final = "application/ocsp-request"
_MOST_OCSP: Final = 100_000
_MOST_CRL: Final = 5_000_000
_REMEMBERED: Final = 10_000
_Known = tuple[CertificateHash, StatusSource, str]


class WebRevocation:
    """A `RevocationChecker` that asks the web.

    Answers are remembered with the url they came from: what one station calls a responder says nothing to others.
    """

    def __init__(self, web: PublicWeb, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: OrderedDict[_Known, Revocation] = OrderedDict()

    async def revocation(self, link: ChainLink) -> Revocation:
        """What the first of the urls says that says anything."""
        failures: list[str] = []
        for url in link.urls:
            known = (link.certificate, link.source, url)
            kept = self._known.get(known)
            if kept is not None and kept.next_update > self._clock.now():
                return kept
            try:
                found = await self._ask(link, url)
            except PartnerFailed as failed:
                failures.append(failed.what)
                continue
            self._remember(known, found)
            return found
        raise PartnerFailed(" ".join(failures) or "no address was told to ask.")

    async def _ask(self, link: ChainLink, url: str) -> Revocation:
        if link.source is StatusSource.CRL:
            content = await self._web.get(url, _MOST_CRL)
            return read_crl(link.certificate, content, self._clock.now())
        asked = ocsp_request(link.certificate)
        content = await self._web.post(url, asked, _REQUEST, _MOST_OCSP)
        return read_ocsp(link.certificate, content, self._clock.now())

    def _remember(self, known: _Known, found: Revocation) -> None:
        self._known.pop(known, None)
        self._known[known] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
