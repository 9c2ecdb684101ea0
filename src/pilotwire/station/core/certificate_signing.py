"""The station's own certificates (A02, A03; 1.6: security extension A02, A03): asked for, taken, used, renewed in good time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotwire import pki
from pilotwire.domain.certificates import (
    CertificateHash,
    CertificateKind,
    CertificateSigned,
    CertificateSignedOutcome,
    CertificateSignedStatus,
    SigningAsked,
    SigningUse,
    SigningVerdict,
)
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.domain.provisioning import TriggerMessage
from pilotwire.station.core import certificate_files, security
from pilotwire.station.core.certificate_files import Writing
from pilotwire.station.core.certificate_store import V2G_USES, certificates, held, root_hash, roots_of
from pilotwire.station.core.certificates_memory import CertificatesMemory, OpenRequest, OwnCertificate
from pilotwire.station.core.jobs import Job, Result
from pilotwire.station.core.station import Station

STATION_PURPOSE = "station"
"""The purpose of the key of the station certificate, which is used for TLS at security profile 3."""
INVALID = "InvalidChargingStationCertificate"
_PROFILE = "SecurityCtrlr.SecurityProfile"
_KEY_AGAIN_AFTER = timedelta(hours=1)
"""When a key for a renewal is tried again, if it could not be made."""
_RENEWAL_AGAIN_AFTER = timedelta(days=1)
"""When a renewal is tried again, if nobody let the new certificate in."""
_LONGEST_WAIT = timedelta(days=365)
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class MakeRequest(Job):
    """Make a key pair and a request for a certificate with it. `common_name` None: the station's identity."""

    purpose: str
    kind: pki.KeyKind
    common_name: str | None
    organization: str
    country: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class RequestMade(Result):
    """The id of the new key, and the request in PEM."""

    key: str
    csr: str


@dataclass(slots=True)
class Signing:
    """What is under way until the next start."""

    making: dict[SigningUse | None, int] = field(default_factory=dict)
    """Jobs that make keys, by what for."""
    not_before: dict[SigningUse | None, datetime] = field(default_factory=dict)
    """When a renewal is tried again whose key could not be made."""
    plug_and_charge_off: bool = False
    """The CSMS does not want to sign for ISO 15118 (A02.FR.21)."""


# --- asking ---------------------------------------------------------------------------------------------------------


def trigger(*uses: SigningUse | None) -> Callable[[Station, TriggerMessage], Callable[[], None] | None]:
    """What a trigger of the CSMS does: a new key pair, and a request with it (A02.FR.02, A02.FR.03)."""

    def planned(station: Station, _: TriggerMessage) -> Callable[[], None] | None:
        for_v2g = any(use in V2G_USES for use in uses)
        if for_v2g and not station.variables.on("ISO15118Ctrlr.V2GCertificateInstallationEnabled"):
            return None

        def asked() -> None:
            for use in uses:
                ask(station, use, triggered=True)

        return asked

    return planned


def ask(station: Station, use: SigningUse | None, *, triggered: bool) -> None:
    """Have a key pair and a request made; what was asked for before and not answered is asked for no more."""
    signing = station.moment(Signing)
    if (job := signing.making.pop(use, None)) is not None:
        station.abandon(job)

    def made(result: RequestMade) -> None:
        signing.making.pop(use, None)
        _made(station, use, result, triggered=triggered)

    def failed(why: str) -> None:
        signing.making.pop(use, None)
        signing.not_before[use] = station.now + _KEY_AGAIN_AFTER
        station.note(f"No key for a new certificate could be made. {why}")

    signing.making[use] = station.undertake(_request(station, use), done=made, failed=failed)


def _request(station: Station, use: SigningUse | None) -> MakeRequest:
    """Whose certificate it is to be (A00.FR.509, A00.FR.511; for ISO 15118 the SECC's name, under the domain CPO)."""
    text = station.variables.text
    identity = station.settings.identity
    serial = identity.serial_number or identity.box_serial_number
    organization = text("SecurityCtrlr.OrganizationName")
    kind = pki.KeyKind(station.settings.certificate_key)
    if use not in V2G_USES:
        return MakeRequest(STATION_PURPOSE, kind, serial, organization)
    kind = pki.KeyKind.EC_P521 if use is SigningUse.V2G_20 else pki.KeyKind.EC_P256
    return MakeRequest(
        "iso20" if use is SigningUse.V2G_20 else "iso2",
        kind,
        text("ISO15118Ctrlr.SeccId") or serial,
        text("ISO15118Ctrlr.OrganizationName") or organization,
        text("ISO15118Ctrlr.CountryName"),
        "CPO",
    )


def _made(station: Station, use: SigningUse | None, result: RequestMade, *, triggered: bool) -> None:
    memory = held(station)
    old = [request for request in memory.requests if request.use is use]
    new = OpenRequest(
        number=memory.next_number,
        use=use,
        key=result.key,
        csr=result.csr,
        again_at=station.now,
        triggered=triggered,
    )
    others = tuple(request for request in memory.requests if request.use is not use)
    own = tuple(changed(each, asked_again=True) if each.use is use and not triggered else each for each in memory.own)
    station.remember(changed(memory, own=own, requests=(*others, new), next_number=memory.next_number + 1))
    for request in old:
        certificate_files.drop_key(station, request.key)
    send_due(station)


def may_say(station: Station, request: OpenRequest) -> bool:
    """Whether the request may be sent: what the CSMS has triggered even before it accepts the station (B02.FR.05)."""
    return station.online or (request.triggered and station.link)


def send_due(station: Station) -> None:
    """Send the requests whose time has come (A02.FR.17, A02.FR.18)."""
    for request in held(station).requests:
        if request.again_at is not None and request.again_at <= station.now and may_say(station, request):
            _send(station, request)


def _send(station: Station, request: OpenRequest) -> None:
    sent = request.sent + 1
    _replace(station, request, changed(request, sent=sent, again_at=_again_at(station, sent)))
    fact = SigningAsked(
        csr=request.csr, use=request.use, request_id=request.number, root=_wanted_root(station, request.use)
    )
    station.say(fact, answered=lambda verdict: _answered(station, request.number, verdict))


def _again_at(station: Station, sent: int) -> datetime | None:
    """The wait doubles with every request, so often as CertSigningRepeatTimes says; then it is over (A02.FR.18, A02.FR.19)."""
    seconds = station.variables.number("SecurityCtrlr.CertSigningWaitMinimum")
    doublings = sent - 1
    if seconds <= 0 or doublings > station.variables.number("SecurityCtrlr.CertSigningRepeatTimes"):
        return None
    factor = 2 ** min(doublings, _MOST_DOUBLINGS)
    return station.now + min(timedelta(seconds=min(seconds * factor, _LONGEST_WAIT.total_seconds())), _LONGEST_WAIT)


def _wanted_root(station: Station, use: SigningUse | None) -> CertificateHash | None:
    """Under which root a certificate for ISO 15118 is wanted (A02.FR.27, 2.1)."""
    if use not in V2G_USES:
        return None
    roots = (root for root in held(station).roots if root.kind is CertificateKind.V2G_ROOT)
    return next((root_hash(root) for root in roots), None)


def _answered(station: Station, number: int, verdict: Verdict) -> None:
    request = next((each for each in held(station).requests if each.number == number), None)
    if request is None or not isinstance(verdict, SigningVerdict) or verdict.accepted:
        return
    station.note("The CSMS does not want to have a certificate made for this station.")
    if request.use in V2G_USES:
        station.moment(Signing).plug_and_charge_off = True  # A02.FR.21
    _replace(station, request, None)
    certificate_files.drop_key(station, request.key)


def _replace(station: Station, request: OpenRequest, by: OpenRequest | None) -> None:
    memory = held(station)
    replaced = (by if each.number == request.number else each for each in memory.requests)
    station.remember(changed(memory, requests=tuple(each for each in replaced if each is not None)))


# --- taking ---------------------------------------------------------------------------------------------------------


class _Unfit(Exception):
    """Why a chain is not taken; `event`: whether that is a security event (A02.FR.07)."""

    def __init__(self, why: str, *, event: bool = True) -> None:
        super().__init__(why)
        self.event = event


def signed(station: Station, command: CertificateSigned) -> CertificateSignedOutcome:
    """Take a chain that is good and for a key of ours, and use it from now on (A02.FR.06 to A02.FR.08)."""
    try:
        own = _judged(station, command)
    except _Unfit as unfit:
        station.note(f"The new certificate is not used. {unfit}")
        if unfit.event:
            security.report(station, INVALID, str(unfit)[:255])
            _ask_no_more(station, command)
        return CertificateSignedOutcome(status=CertificateSignedStatus.REJECTED)
    _use(station, own)
    return CertificateSignedOutcome(status=CertificateSignedStatus.ACCEPTED)


def _ask_no_more(station: Station, command: CertificateSigned) -> None:
    """What was answered with a certificate that is not good is not asked for again unless it is triggered (A02.FR.20)."""
    memory, uses = held(station), (command.use or SigningUse.CHARGING_STATION, None)
    waiting = tuple(changed(each, again_at=None) if each.use in uses else each for each in memory.requests)
    if waiting != memory.requests:
        station.remember(changed(memory, requests=waiting))


def _judged(station: Station, command: CertificateSigned) -> OwnCertificate:
    if len(command.chain) > station.variables.number("SecurityCtrlr.MaxCertificateChainSize"):
        raise _Unfit("The chain is longer than MaxCertificateChainSize.", event=False)  # A02.FR.16
    memory = held(station)
    numbers = {request.number for request in memory.requests}
    if command.request_id is not None and command.request_id not in numbers:
        raise _Unfit(f"There is no request {command.request_id}.", event=False)  # A02.FR.26
    try:
        chain = pki.read_certificates(command.chain)
        use, key = _asked_for(memory, command, chain[0])
        path = pki.check_chain(chain, _trusted(station, use), station.stamp())
    except pki.PkiFault as fault:
        raise _Unfit(fault.what) from None
    top = path[-1] if len(path) > 1 and path[-1].issuer == path[-1].subject else None
    return OwnCertificate(
        use=use,
        key=key,
        chain=pki.pem_of(*(path if top is None else path[:-1])),
        not_before=path[0].not_valid_before_utc,
        not_after=path[0].not_valid_after_utc,
        anchor="" if top is None else pki.pem_of(top),
    )


def _asked_for(
    memory: CertificatesMemory, command: CertificateSigned, leaf: pki.Certificate
) -> tuple[SigningUse | None, str]:
    """What a certificate was asked for, and its key: by a request that is open, or for the key that is in use already."""
    for request in memory.requests:
        if pki.same_key(pki.read_csr(request.csr), leaf):
            _check_use(request.use, command)
            _check_subject(pki.subject_of_csr(request.csr), leaf)
            return request.use, request.key
    for own in memory.own:
        if own.key and pki.same_key(certificates(own.chain)[0], leaf):
            _check_use(own.use, command)
            return own.use, own.key
    raise _Unfit("It is not for a key of this station.")


def _check_use(asked: SigningUse | None, command: CertificateSigned) -> None:
    if command.use is not None and asked is not None and command.use is not asked:
        raise _Unfit(f"It was asked for as {asked}, not as {command.use}.")


def _check_subject(wanted: pki.Subject, leaf: pki.Certificate) -> None:
    """The common name is the one asked for (A00.FR.511), and there is an organization (A00.FR.509)."""
    given = pki.common_name(leaf.subject)
    if given != wanted.common_name:
        raise _Unfit(f"Its common name is {given!r}, not {wanted.common_name!r}.")
    if not pki.organization(leaf.subject):
        raise _Unfit("Its subject names no organization (O).")


def _trusted(station: Station, use: SigningUse | None) -> tuple[pki.Certificate, ...] | None:
    """The roots under one of which it must be (A02.FR.06); None: no such root is installed, and none can be asked of it."""
    kinds = [] if use is SigningUse.CHARGING_STATION else [CertificateKind.V2G_ROOT]
    if use not in V2G_USES:
        kinds.append(CertificateKind.CSMS_ROOT)
    return roots_of(station, *kinds) or None


def _use(station: Station, own: OwnCertificate) -> None:
    """Swap the certificate in one step; a station certificate is connected with at once (A02.FR.08)."""
    memory = held(station)
    old = next((each for each in memory.own if each.use is own.use), None)
    requests = tuple(request for request in memory.requests if request.use is not own.use)
    over = [request.key for request in memory.requests if request.use is own.use]
    connects = own.use not in V2G_USES and station.variables.number(_PROFILE) == 3
    if old is not None and _stays(station, old, own):
        aside = connects and memory.replaced is None and own.key != old.key
        _put_aside(station, changed(memory, requests=requests), own if aside else None, over)
        return
    before = memory.replaced
    proven = before if before is not None and not memory.fell_back else old
    replaced = proven if connects else None if own.use not in V2G_USES else before
    others = tuple(each for each in memory.own if each.use is not own.use)
    fell_back = memory.fell_back and own.use in V2G_USES
    station.remember(changed(memory, own=(*others, own), replaced=replaced, requests=requests, fell_back=fell_back))
    certificate_files.write(station, then_connect="the station has a new certificate" if connects else "")
    for key in (*over, old.key if old is not None else "", before.key if before is not None else ""):
        certificate_files.drop_key(station, key)


def _stays(station: Station, old: OwnCertificate, new: OwnCertificate) -> bool:
    """Whether the certificate in use is valid and begins later than a new one (1.6 whitepaper A02.FR.09; of one V2G root: A03.FR.15)."""
    of_one_root = bool(new.anchor) and new.anchor == old.anchor
    counts = of_one_root if new.use in V2G_USES else station.settings.newest_certificate_counts
    return counts and new.not_before < old.not_before <= station.stamp() <= old.not_after


def _put_aside(station: Station, memory: CertificatesMemory, new: OwnCertificate | None, keys: list[str]) -> None:
    """Keep a new certificate for the case that nobody lets in the one that is used before it; None: not even for that."""
    station.note("The new certificate is good, but the one in use begins later and stays.")
    station.remember(memory if new is None else changed(memory, replaced=new, fell_back=True))
    for key in keys:
        certificate_files.drop_key(station, key)


# --- in use ---------------------------------------------------------------------------------------------------------


def connected(station: Station) -> None:
    """The connection was made with the new certificate and root: what they have replaced goes (A02.FR.10, M05.FR.13)."""
    memory, writing, profile = held(station), station.moment(Writing), station.variables.number(_PROFILE)
    if not writing.from_new or profile < 2:
        return
    roots = memory.roots if writing.on_fallback else tuple(root for root in memory.roots if not root.fallback)
    if len(roots) < len(memory.roots):
        station.remember(changed(memory, roots=roots))
    if profile == 3 and memory.replaced is not None:
        _discard_other(station, memory.replaced)


def _discard_other(station: Station, other: OwnCertificate) -> None:
    """The certificate that is not in use goes; a new one that nobody let in is asked for again later (A02.FR.10, A02.FR.29)."""
    memory = held(station)
    own = memory.own
    if memory.fell_back:
        security.report(station, "DiscardedRenewedClientCertificate")
        station.moment(Signing).not_before[other.use] = station.now + _RENEWAL_AGAIN_AFTER
        own = tuple(changed(each, asked_again=False) if each.use is other.use else each for each in own)
    station.remember(changed(memory, own=own, replaced=None, fell_back=False))
    certificate_files.drop_key(station, other.key)


def csms_not_trusted(station: Station, _: object = None) -> None:
    """The CSMS's certificate is not good by the root in use: the other one is tried, new and old by turns (M05.FR.14)."""
    if any(root.fallback for root in held(station).roots):
        writing = station.moment(Writing)
        writing.on_fallback = not writing.on_fallback
        certificate_files.write(station)


def certificate_not_trusted(station: Station, _: object = None) -> None:
    """No connection could be made with the new certificate: the old one is tried, then the new one again (A02.FR.28)."""
    memory = held(station)
    other = memory.replaced
    mine = None if other is None else next((each for each in memory.own if each.use is other.use), None)
    if other is None or mine is None:
        return
    others = tuple(each for each in memory.own if each is not mine)
    station.remember(changed(memory, own=(*others, other), replaced=mine, fell_back=not memory.fell_back))
    certificate_files.write(station)


# --- renewal --------------------------------------------------------------------------------------------------------


def renewal_at(station: Station, own: OwnCertificate) -> datetime | None:
    """When its renewal is asked for by itself, in the station's own time; None: that has been done (A03.FR.02, A03.FR.19).

    One that lives but shortly is renewed at half its life, not at once.
    """
    busy = own.use in station.moment(Signing).making or any(each.use is own.use for each in held(station).requests)
    if own.asked_again or busy:
        return None
    before = timedelta(days=station.settings.certificate_renewal_days)
    due = own.not_after - min(before, (own.not_after - own.not_before) / 2) - station.offset
    return max(due, station.moment(Signing).not_before.get(own.use, due))


def renew_due(station: Station) -> None:
    """Ask for new certificates in place of those that end soon."""
    for own in held(station).own:
        at = renewal_at(station, own)
        if at is not None and at <= station.now:
            ask(station, own.use, triggered=False)


def deadline(station: Station) -> datetime | None:
    """When a request or a renewal is due."""
    memory = held(station)
    times = [renewal_at(station, own) for own in memory.own]
    times += [request.again_at for request in memory.requests if may_say(station, request)]
    return min((time for time in times if time is not None), default=None)
