"""Requests of stations for certificates and for what is known of certificates (A02, A03, M01, M02, M06, M07)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import timedelta
from typing import Final

from cryptography.x509 import CertificateSigningRequest

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.registers.certificates import (
    OPEN_REQUESTS,
    REQUESTS,
    TRIGGERS,
    OpenRequest,
    RequestState,
    SigningRequest,
    SigningTrigger,
)
from pilotwire.csms.signing import UnfitRequest, check_subject, fingerprint, read_csr, subject_of
from pilotwire.csms.store.ports import Operation, Page, RecordConnection
from pilotwire.domain.certificates import (
    CertificateStatusAsked,
    CertificateStatusVerdict,
    ChainLink,
    ChainStatusAsked,
    ChainStatusVerdict,
    EvCertificateAsked,
    EvCertificateVerdict,
    LinkStatus,
    Revocation,
    RevocationStatus,
    SigningAsked,
    SigningUse,
    SigningVerdict,
    StatusSource,
)
from pilotwire.domain.findings import Severity
from pilotwire.domain.kinds import changed
from pilotwire.pki import common_name

_TRIGGERED_WITHIN: Final = timedelta(minutes=10)
_CONTRACTS: Final = "certificates:contracts"
_STATUS: Final = "certificates:status"


async def signing_asked(desk: Desk, station: str, fact: SigningAsked, message_id: str) -> SigningVerdict:
    """Keep a request until its chain is there (A02.FR.11). One that must not be signed is Rejected, with a finding (A02.FR.12)."""
    try:
        csr = read_csr(fact.csr)
        of_station = fact.use in (None, SigningUse.CHARGING_STATION)
        if of_station:
            await _check_name(desk, station, csr)
        else:
            check_subject(csr, of_station=False)
    except UnfitRequest as unfit:
        desk.note(station, unfit.rule, Severity.BREACH, unfit.what, message_id, "SignCertificate")
        await _keep_frame(desk, station)
        return SigningVerdict(accepted=False)
    key = fingerprint(fact.csr)
    request = SigningRequest(
        station=station,
        key=key,
        csr=fact.csr,
        subject=subject_of(csr),
        asked_at=desk.clock.now(),
        use=fact.use,
        request_id=fact.request_id,
        root=fact.root,
        trigger=await _trigger(desk, station, fact.use),
    )
    operations: list[Operation] = [REQUESTS.amend(station, key, lambda kept: _again(kept, request))]
    if request.trigger is not None:
        operations += [TRIGGERS.remove(station, use) for use in _uses(fact.use)]
    if desk.partners.signer is not None:
        waiting = OpenRequest(
            station=station, key=key, asked_at=request.asked_at, due_at=request.asked_at, use=fact.use
        )
        operations.append(OPEN_REQUESTS.put(station, key, waiting))
    await desk.journal.append(*operations)
    return SigningVerdict(accepted=True)


def _again(kept: SigningRequest | None, request: SigningRequest) -> SigningRequest:
    """A request that comes again (A02.FR.17) keeps what made the station ask, and its chain if that was not answered."""
    if kept is None:
        return request
    chain = kept.chain if kept.state in (RequestState.WAITING, RequestState.SENT) else None
    return changed(request, trigger=request.trigger or kept.trigger, chain=chain)


def _uses(use: SigningUse | None) -> tuple[SigningUse, ...]:
    """What a request may have been triggered for; a station with one certificate for all does not say (A02.FR.13)."""
    return (SigningUse.CHARGING_STATION, SigningUse.V2G) if use is None else (use,)


async def _trigger(desk: Desk, station: str, use: SigningUse | None) -> SigningTrigger | None:
    """The trigger of a request: it is used up by the first one."""
    for each in _uses(use):
        trigger = await desk.store.record(TRIGGERS, station, each)
        if trigger is not None and desk.clock.now() - trigger.at <= _TRIGGERED_WITHIN:
            return trigger
    return None


async def _check_name(desk: Desk, station: str, csr: CertificateSigningRequest) -> None:
    """The common name is a serial number that the station told, or its identity; and nobody else's, whatever it told.

    Raises UnfitRequest: with the identity or serial number of another station in it, the certificate would log in as that one.
    """
    known = await desk.store.station(station)
    identity = None if known is None else known.identity
    told = () if identity is None else tuple(filter(None, (identity.serial_number, identity.box_serial_number)))
    check_subject(csr, of_station=True, serials=(*told, station) if told else ())
    name = common_name(csr.subject)
    if name != station and await _is_taken(desk, name, station):
        raise UnfitRequest("A00.FR.511", f"the CSR is not fit: its common name {name} is that of another station")


async def _is_taken(desk: Desk, name: str, station: str) -> bool:
    """Whether a name is the identity or a serial number of a station other than this one."""
    if await desk.store.station(name) is not None:
        return True
    page = Page()
    while stations := await desk.store.stations(page):
        for one in stations:
            if one.station == station or one.identity is None:
                continue
            if name in (one.identity.serial_number, one.identity.box_serial_number):
                return True
        page = Page(after=stations[-1].station)
    return False


async def ev_certificate_asked(
    desk: Desk, station: str, fact: EvCertificateAsked, message_id: str
) -> EvCertificateVerdict:
    """Ask the provider of contracts (M01, M02). Without one, or if it cannot tell: Failed.

    The schemas want an exiResponse, but no shortest one: it is empty then.
    """
    provider = desk.partners.contracts
    try:
        if provider is None:
            raise PartnerFailed("there is no provider of contract certificates.", "Set contracts_url or contracts_pki.")
        verdict = await provider.certificate(station, fact)
    except PartnerFailed as failed:
        desk.note(station, _CONTRACTS, Severity.NOTE, str(failed), message_id, "Get15118EVCertificate")
        verdict = EvCertificateVerdict(accepted=False, reason=failed.what)
    await _keep_frame(desk, station)
    return verdict


async def status_asked(
    desk: Desk, station: str, fact: CertificateStatusAsked, message_id: str
) -> CertificateStatusVerdict:
    """Fetch the OCSP response for the station (M06.FR.02, M06.FR.03); if it cannot be had, Failed (M06.FR.04)."""
    link = ChainLink(certificate=fact.certificate, source=StatusSource.OCSP, urls=(fact.responder_url,))
    try:
        found = await _revocation(desk, link)
        verdict = CertificateStatusVerdict(ocsp_result=b64encode(found.response).decode("ascii"))
    except PartnerFailed as failed:
        desk.note(station, _STATUS, Severity.NOTE, str(failed), message_id, "GetCertificateStatus")
        verdict = CertificateStatusVerdict(reason=failed.what)
    await _keep_frame(desk, station)
    return verdict


async def chain_status_asked(desk: Desk, station: str, fact: ChainStatusAsked, message_id: str) -> ChainStatusVerdict:
    """The status of each certificate (M07.FR.01 to M07.FR.08), asked for at the same time.

    What cannot be had is Failed (M07.FR.02, M07.FR.05) and may be asked for again at once.
    """

    async def status(link: ChainLink) -> LinkStatus:
        try:
            found = await _revocation(desk, link)
            told, until = found.status, found.next_update
        except PartnerFailed as failed:
            desk.note(station, _STATUS, Severity.NOTE, str(failed), message_id, "GetCertificateChainStatus")
            told, until = RevocationStatus.FAILED, desk.clock.now()
        return LinkStatus(certificate=link.certificate, source=link.source, status=told, next_update=until)

    statuses = await asyncio.gather(*(status(link) for link in fact.links))
    await _keep_frame(desk, station)
    return ChainStatusVerdict(statuses=tuple(statuses))


async def _revocation(desk: Desk, link: ChainLink) -> Revocation:
    if desk.partners.ocsp is None:
        raise PartnerFailed("nobody here asks OCSP responders.")
    return await desk.partners.ocsp.revocation(link)


async def _keep_frame(desk: Desk, station: str) -> None:
    """A note is committed with or before what is appended after it, and the frame was noted when it came."""
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
