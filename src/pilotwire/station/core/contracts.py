"""Authorization by a contract certificate (C07; 1.6: Plug & Charge 6.1): checked here as far as it can be, and asked about."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import pairwise

from pilotwire import pki
from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationStatus,
    AuthorizationVerdict,
    CertificateStatus,
    ContractCertificate,
    with_certificate,
)
from pilotwire.domain.certificates import CertificateKind, HashAlgorithm
from pilotwire.domain.identity import IdToken
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.transactions import StoppedReason, TriggerReason
from pilotwire.station.core import authorization, token_cache, transactions
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.certificate_signing import Signing
from pilotwire.station.core.certificate_store import hash_of, roots_of
from pilotwire.station.core.contracts_memory import ContractsMemory, KeptContract
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.settings import Family
from pilotwire.station.core.station import Station

EMAID = "eMAID"
_MOST_LINKS = 4
"""How many certificates an Authorize names (2.x AuthorizeRequest)."""
_FAULTS: dict[pki.Fault, CertificateStatus] = {
    pki.Fault.EXPIRED: CertificateStatus.CERTIFICATE_EXPIRED,
    pki.Fault.NOT_YET_VALID: CertificateStatus.CERT_CHAIN_ERROR,
    pki.Fault.BROKEN: CertificateStatus.CERT_CHAIN_ERROR,
    pki.Fault.NO_ROOT: CertificateStatus.NO_CERTIFICATE_AVAILABLE,
    pki.Fault.WEAK: CertificateStatus.CERT_CHAIN_ERROR,
}


@dataclass(frozen=True, slots=True)
class ContractPresented(OfStreet):
    """A vehicle shows its contract: the PEM chain, the contract's certificate first.

    The answer is an `Inform` with an `AuthorizationVerdict`; if that is accepted, charging is granted at the EVSE as with a card.
    """

    ref: Hashable
    evse_id: int
    chain: str


@dataclass(frozen=True, slots=True)
class SessionTerminated(OfStreet):
    """A vehicle has ended its ISO 15118 session for good: SessionStopReq with Terminate (E15)."""

    evse_id: int


def enabled(station: Station) -> bool:
    """Whether Plug & Charge is on (PnCEnabled, A02.FR.21)."""
    return station.variables.on("ISO15118Ctrlr.PnCEnabled") and not station.moment(Signing).plug_and_charge_off


def presented(station: Station, event: ContractPresented) -> None:
    """Judge a contract, and let its vehicle charge."""

    def judged(id_token: IdToken | None, verdict: AuthorizationVerdict) -> None:
        station.do(Inform(event.ref, verdict))
        evse = station.evses.get(event.evse_id)
        if id_token is not None and verdict.accepted and evse is not None:
            _remember(station, id_token, chain)
            authorization.begin(station, evse, id_token, verdict)

    chain: tuple[pki.Certificate, ...] = ()
    if not enabled(station):
        judged(None, _refused(CertificateStatus.NO_CERTIFICATE_AVAILABLE))
        return
    try:
        chain = pki.read_certificates(event.chain)
    except pki.PkiFault as fault:
        station.note(f"The contract cannot be read. {fault.what}")
        judged(None, _refused(CertificateStatus.CERT_CHAIN_ERROR))
        return
    id_token = IdToken(value=pki.common_name(chain[0].subject), type=EMAID)
    _judge(station, id_token, chain, lambda verdict: judged(id_token, verdict))


def _remember(station: Station, id_token: IdToken, chain: tuple[pki.Certificate, ...]) -> None:
    """Keep which certificate a customer used, by its hashes: a CSMS may ask about the customer by them (N09.FR.08, N10.FR.09)."""
    ordered = pki.in_order(chain)
    issuers = (*ordered[1:2], *roots_of(station, CertificateKind.MO_ROOT, CertificateKind.V2G_ROOT))
    issuer = next((one for one in issuers if pki.is_issued_by(ordered[0], one)), None)
    if issuer is None or station.settings.family is Family.OCPP16:
        return
    names = tuple(hash_of(ordered[0], issuer, algorithm) for algorithm in HashAlgorithm)
    new = KeptContract(id_token=id_token, certificates=names, used_at=station.stamp())
    others = [one for one in station.kept(ContractsMemory).used if one.certificates != names]
    station.remember(ContractsMemory(used=(*others, new)[-max(station.settings.cache_limit, 1) :]))


def terminated(station: Station, event: SessionTerminated) -> None:
    """The authorization ends with the session, if it has not ended before (E15.FR.04, E15.FR.05)."""
    evse = station.evses.get(event.evse_id)
    if evse is not None and evse.grant is not None:
        cause = transactions.Cause(TriggerReason.STOP_AUTHORIZED, StoppedReason.STOPPED_BY_EV)
        transactions.revoke(station, evse, cause, at_rest=True)


def _refused(found: CertificateStatus) -> AuthorizationVerdict:
    return with_certificate(AuthorizationVerdict(status=AuthorizationStatus.INVALID), found)


def _judge(
    station: Station,
    id_token: IdToken,
    chain: tuple[pki.Certificate, ...],
    then: Callable[[AuthorizationVerdict], None],
) -> None:
    path, found = _checked(station, chain)
    if station.online:
        _judge_online(station, id_token, path, found, then)
    elif not station.variables.on("ISO15118Ctrlr.ContractValidationOffline"):
        then(AuthorizationVerdict(status=AuthorizationStatus.UNKNOWN))  # C07.FR.07
    elif found is not CertificateStatus.ACCEPTED:
        then(_refused(found))  # C07.FR.08
    else:  # C07.FR.09 to C07.FR.12
        authorization.judge(station, id_token, lambda verdict: then(changed(verdict, certificate_status=found)))


def _checked(
    station: Station, chain: tuple[pki.Certificate, ...]
) -> tuple[tuple[pki.Certificate, ...], CertificateStatus]:
    """The contract's path, and what is found of it here."""
    roots = roots_of(station, CertificateKind.MO_ROOT, CertificateKind.V2G_ROOT)
    try:
        return pki.check_chain(chain, roots, station.stamp()), CertificateStatus.ACCEPTED
    except pki.ChainFault as fault:
        station.note(f"The contract is not good by what is known here. {fault.what}")
        return pki.in_order(chain), _FAULTS[fault.fault]


def _judge_online(
    station: Station,
    id_token: IdToken,
    path: tuple[pki.Certificate, ...],
    found: CertificateStatus,
    then: Callable[[AuthorizationVerdict], None],
) -> None:
    """C07.FR.01, C07.FR.02; a contract whose root is not here is judged by the CSMS, if it may be (C07.FR.06)."""
    unknown_root = found is CertificateStatus.NO_CERTIFICATE_AVAILABLE
    central = unknown_root and station.variables.on("ISO15118Ctrlr.CentralContractValidationAllowed")
    if found is not CertificateStatus.ACCEPTED and not central:
        then(_refused(found))
        return
    fact = AuthorizationAsked(
        id_token=id_token, certificate=pki.pem_of(*path) if central else None, certificates=_links(path)
    )

    def answered(verdict: Verdict) -> None:
        if not isinstance(verdict, AuthorizationVerdict):
            failed(True)
            return
        token_cache.remember(station, id_token, verdict)
        bad = verdict.certificate_status not in (None, CertificateStatus.ACCEPTED)
        then(changed(verdict, status=AuthorizationStatus.INVALID) if bad and verdict.accepted else verdict)

    def failed(_: bool) -> None:
        then(AuthorizationVerdict(status=AuthorizationStatus.UNKNOWN))

    station.say(fact, answered=answered, failed=failed)


def _links(path: tuple[pki.Certificate, ...]) -> tuple[ContractCertificate, ...]:
    """What an OCSP request needs of each certificate that has an issuer and names a responder (C07.FR.02)."""
    links = []
    for below, above in pairwise(path):
        url = pki.responder_url(below)
        if url is not None:
            links.append(ContractCertificate(certificate=hash_of(below, above), responder_url=url))
    return tuple(links[:_MOST_LINKS])
