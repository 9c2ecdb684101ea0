"""Requests of stations for certificates and for what is known of certificates (A02, A03, M01, M02, M06, M07)."""

from __future__ import annotations

from pilotwire.csms.handlers.desk import Desk
from pilotwire.csms.registers.certificates import REQUESTS, SigningRequest
from pilotwire.csms.signing import UnfitRequest, check_subject, fingerprint, read_csr, subject_of
from pilotwire.csms.store.ports import RecordConnection
from pilotwire.domain.certificates import (
    CertificateStatusAsked,
    CertificateStatusVerdict,
    ChainStatusAsked,
    ChainStatusVerdict,
    EvCertificateAsked,
    EvCertificateVerdict,
    LinkStatus,
    RevocationStatus,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.domain.findings import Severity


async def signing_asked(desk: Desk, station: str, fact: SigningAsked, message_id: str) -> SigningVerdict:
    """Keep a request until its chain is there (A02.FR.11). One that must not be signed is Rejected, with a finding (A02.FR.12)."""
    try:
        csr = read_csr(fact.csr)
        of_station = fact.use in (None, SigningUse.CHARGING_STATION)
        check_subject(csr, of_station=of_station, serials=await _serials(desk, station))
    except UnfitRequest as unfit:
        desk.note(station, unfit.rule, Severity.BREACH, unfit.what, message_id, "SignCertificate")
        await _keep_frame(desk, station)
        return SigningVerdict(accepted=False)
    request = SigningRequest(
        station=station,
        key=fingerprint(fact.csr),
        csr=fact.csr,
        subject=subject_of(csr),
        asked_at=desk.clock.now(),
        use=fact.use,
        request_id=fact.request_id,
        root=fact.root,
    )
    await desk.journal.append(REQUESTS.put(station, request.key, request))
    return SigningVerdict(accepted=True)


async def _serials(desk: Desk, station: str) -> tuple[str, ...]:
    """What the common name of a station's certificate may be; () if it never told a serial number."""
    known = await desk.store.station(station)
    identity = None if known is None else known.identity
    if identity is None:
        return ()
    serials = tuple(filter(None, (identity.serial_number, identity.box_serial_number)))
    return (*serials, station) if serials else ()


async def ev_certificate_asked(
    desk: Desk, station: str, fact: EvCertificateAsked, message_id: str
) -> EvCertificateVerdict:
    """There is no provider of contracts to ask: Failed. The schemas want an exiResponse, but no shortest one: it is empty."""
    await _keep_frame(desk, station)
    return EvCertificateVerdict(accepted=False)


async def status_asked(
    desk: Desk, station: str, fact: CertificateStatusAsked, message_id: str
) -> CertificateStatusVerdict:
    """Nobody here asks OCSP responders: the status could not be had (M06.FR.04)."""
    await _keep_frame(desk, station)
    return CertificateStatusVerdict()


async def chain_status_asked(desk: Desk, station: str, fact: ChainStatusAsked, message_id: str) -> ChainStatusVerdict:
    """As `status_asked`, for each certificate (M07.FR.02, M07.FR.05); it may be asked again at once."""
    await _keep_frame(desk, station)
    now = desk.clock.now()
    return ChainStatusVerdict(
        statuses=tuple(
            LinkStatus(
                certificate=link.certificate, source=link.source, status=RevocationStatus.FAILED, next_update=now
            )
            for link in fact.links
        )
    )


async def _keep_frame(desk: Desk, station: str) -> None:
    """A note is committed with or before what is appended after it, and the frame was noted when it came."""
    await desk.journal.append(RecordConnection(station=station, connected=True, at=desk.clock.now()))
