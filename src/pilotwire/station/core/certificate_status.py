"""What the CSMS is asked for an EVSE's ISO 15118 session: contract certificates (M01, M02), OCSP responses (M06), revocation (M07).

Whoever speaks to the vehicle asks by an input with a `ref` of its own and gets exactly one `Inform` with it, at once or later. The OCSP
responses of the station's own V2G chains are fetched and refreshed by themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from pilotwire import pki
from pilotwire.domain.certificates import (
    CertificateAction,
    CertificateHash,
    CertificateStatusAsked,
    CertificateStatusVerdict,
    ChainLink,
    ChainStatusAsked,
    ChainStatusVerdict,
    EvCertificateAsked,
    EvCertificateVerdict,
    LinkStatus,
    RevocationStatus,
    SigningUse,
)
from pilotwire.domain.kinds import Verdict, changed
from pilotwire.station.core.actions import Inform
from pilotwire.station.core.certificate_store import V2G_USES, certificates, chain_hashes, held
from pilotwire.station.core.certificates_memory import CachedStatus, OwnCertificate
from pilotwire.station.core.inputs import OfStreet
from pilotwire.station.core.station import Station
from pilotwire.station.core.vehicle_sessions import is_of_20

_AGAIN_AFTER = timedelta(hours=1)
"""When a status that could not be had is asked for again."""
_EARLIER = timedelta(hours=1)
"""How long before its end a response is refreshed."""
_LONGEST = timedelta(days=7)
"""M07.FR.09."""
_MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class EvCertificateWanted(OfStreet):
    """A vehicle wants its contract certificates (M01, M02); the answer is an `EvCertificateVerdict`.

    One that speaks ISO 15118-20 can get several: `asked` has its MaximumContractCertificateChains and PrioritizedEMAIDs then, and each
    contract is an answer of its own. `remaining` says how many are still to come (RemainingContractCertificateChains); after the last
    answer, with 0 or None there, none comes. Another question with this `ref` ends the one before; so does the vehicle's leaving where
    `evse_id` says where it is plugged in.
    """

    ref: Hashable
    asked: EvCertificateAsked
    evse_id: int | None = None


@dataclass(frozen=True, slots=True)
class OcspWanted(OfStreet):
    """A vehicle wants to see that the station's own chain is not revoked; the answer is `OcspResponses`."""

    ref: Hashable
    use: SigningUse = SigningUse.V2G


class OcspResponses(Verdict):
    """For each certificate of the station's chain, its own first, the OCSP response, DER in Base64; None where there is none."""

    responses: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ChainStatusWanted(OfStreet):
    """Whether the certificates of a vehicle's chain are revoked (M07); the answer is a `ChainStatusVerdict`, one status for each link."""

    ref: Hashable
    links: tuple[ChainLink, ...]


@dataclass(slots=True)
class Contracts:
    """The last question of each `ref` that is not answered to the end."""

    waiting: dict[Hashable, EvCertificateWanted] = field(default_factory=dict)


@dataclass(slots=True)
class Asking:
    """Certificates whose OCSP response is being asked for."""

    hashes: set[CertificateHash] = field(default_factory=set)


# --- contracts of vehicles ------------------------------------------------------------------------------------------


def ev_certificate(station: Station, event: EvCertificateWanted) -> None:
    """Pass the vehicle's request on, and the answer back (M01.FR.01, M02.FR.01); with ISO 15118-20 until none remains (M01.FR.06)."""
    station.moment(Contracts).waiting[event.ref] = event
    asked = event.asked
    if not is_of_20(asked.schema_version):  # M01.FR.02
        _ask_pool(station, event, changed(asked, max_chains=None, prioritized_emaids=()), None)
    elif asked.max_chains is None:
        _no_contract(station, event, "A vehicle that speaks ISO 15118-20 says how many contracts it takes at most.")
    else:  # M01.FR.03, M02.FR.02
        _ask_pool(station, event, changed(asked, action=CertificateAction.INSTALL), None)


def _ask_pool(station: Station, event: EvCertificateWanted, asked: EvCertificateAsked, before: int | None) -> None:
    """Ask once; `before` is how many remained at the last answer to the same request."""
    if not station.variables.on("ISO15118Ctrlr.ContractCertificateInstallationEnabled"):
        _no_contract(station, event, "ContractCertificateInstallationEnabled is false.")
    elif not station.online:
        _no_contract(station, event, "The CSMS cannot be asked now.")
    else:
        station.say(
            asked,
            answered=lambda verdict: _contract(station, event, asked, before, verdict),
            failed=lambda _: _no_contract(station, event, "The CSMS did not answer."),
        )


def _contract(
    station: Station, event: EvCertificateWanted, asked: EvCertificateAsked, before: int | None, verdict: Verdict
) -> None:
    """Hand an answer on with the number of those to come (M01.FR.05), and ask for the next (M01.FR.06)."""
    if not _is_wanted(station, event):
        return
    if isinstance(verdict, EvCertificateVerdict) and asked.max_chains is None:
        verdict = changed(verdict, remaining=None)
    left = verdict.remaining if isinstance(verdict, EvCertificateVerdict) else None
    station.do(Inform(event.ref, verdict))
    if not left:
        del station.moment(Contracts).waiting[event.ref]
    elif (
        before is not None and left >= before
    ):  # M01.FR.07 says it becomes less: a CSMS that does not count would be asked for ever
        station.note(
            f"The CSMS says again that {left} contracts remain; before, it were {before}. No more are asked for."
        )
        _no_contract(station, event, "The CSMS does not count down the contracts that remain.")
    else:
        _ask_pool(station, event, asked, left)


def _no_contract(station: Station, event: EvCertificateWanted, why: str) -> None:
    """The end, with failure (M01: error handling)."""
    if _is_wanted(station, event):
        del station.moment(Contracts).waiting[event.ref]
        station.do(Inform(event.ref, EvCertificateVerdict(accepted=False, reason=why)))


def _is_wanted(station: Station, event: EvCertificateWanted) -> bool:
    """Whether the vehicle still waits for an answer to this."""
    asking = station.moment(Contracts).waiting
    if asking.get(event.ref) is not event:
        return False
    evse = None if event.evse_id is None else station.evses.get(event.evse_id)
    if evse is not None and evse.connector is None:
        del asking[event.ref]
        return False
    return True


# --- the station's own chains ---------------------------------------------------------------------------------------


def _wanted(station: Station) -> Iterator[tuple[CertificateHash, str]]:
    """The certificates of the V2G chains that name a responder (M06.FR.06, M06.FR.07)."""
    for own in held(station).own:
        if own.use in V2G_USES:
            yield from _with_responder(own)


@lru_cache(maxsize=512)
def _with_responder(own: OwnCertificate) -> tuple[tuple[CertificateHash, str], ...]:
    named = zip(chain_hashes(own), map(pki.responder_url, certificates(own.chain)), strict=False)
    return tuple((name, url) for name, url in named if url is not None)


def _cached(station: Station, name: CertificateHash) -> CachedStatus | None:
    return next((each for each in held(station).statuses if each.certificate == name), None)


def refresh_at(station: Station) -> datetime | None:
    """When a response is to be asked for, in the station's own time; None while nobody can be asked."""
    if not station.online:
        return None
    asking = station.moment(Asking).hashes
    times = [_due(station, name) for name, _ in _wanted(station) if name not in asking]
    return min(times, default=None)


def _due(station: Station, name: CertificateHash) -> datetime:
    known = _cached(station, name)
    return station.now if known is None else known.until - station.offset


def refresh_due(station: Station) -> None:
    """Ask for the responses that are not there, or end soon."""
    if not station.online:
        return
    asking = station.moment(Asking).hashes
    for name, url in tuple(_wanted(station)):
        if name not in asking and _due(station, name) <= station.now:
            asking.add(name)
            _ask(station, name, url)


def _ask(station: Station, name: CertificateHash, url: str) -> None:
    asking = station.moment(Asking).hashes

    def answered(verdict: Verdict) -> None:
        asking.discard(name)
        told = verdict.ocsp_result if isinstance(verdict, CertificateStatusVerdict) else None
        _keep(station, _response(station, name, told))

    def failed(_: bool) -> None:
        asking.discard(name)
        _keep(station, _response(station, name, None))

    station.say(CertificateStatusAsked(certificate=name, responder_url=url), answered=answered, failed=failed)


def _response(station: Station, name: CertificateHash, told: str | None) -> CachedStatus:
    """What to keep of an answer; where there is none (M06.FR.04), the one before stays, and the question comes again."""
    now = station.stamp()
    try:
        if told is None:
            raise pki.PkiFault("The CSMS could not have it.")
        answer = pki.read_ocsp(told)
        if f"{answer.serial_number:x}" != name.serial_number:
            raise pki.PkiFault("It is about another certificate.")
    except pki.PkiFault as fault:
        station.note(f"There is no OCSP response for the certificate {name.serial_number}. {fault.what}")
        known = _cached(station, name)
        return CachedStatus(certificate=name, until=now + _AGAIN_AFTER, response=known.response if known else "")
    ends = now + _LONGEST if answer.next_update is None else min(answer.next_update - _EARLIER, now + _LONGEST)
    return CachedStatus(certificate=name, until=max(ends, now + _AGAIN_AFTER), response=told)


def _keep(station: Station, *news: CachedStatus) -> None:
    """Into the cache; what is over goes, and what ends soonest if there is too much."""
    memory, now = held(station), station.stamp()
    names = {each.certificate for each in news}
    needed = {name for name, _ in _wanted(station)}
    kept = [each for each in memory.statuses if each.certificate not in names]
    kept = [each for each in kept if each.certificate in needed or (each.status is not None and each.until > now)]
    kept = sorted((*kept, *news), key=lambda each: each.until)[-_MOST_KEPT:]
    station.remember(changed(memory, statuses=tuple(kept)))


def ocsp(station: Station, event: OcspWanted) -> None:
    """Give out the responses there are, those of a certificate that was deleted or has ended excepted."""
    own = next((each for each in held(station).own if each.use is event.use), None)
    responses = () if own is None else tuple(_stapled(station, own))
    station.do(Inform(event.ref, OcspResponses(responses=responses)))


def _stapled(station: Station, own: OwnCertificate) -> Iterator[str | None]:
    for name in chain_hashes(own):
        known = _cached(station, name)
        yield (known.response or None) if known is not None and not _is_over(station, known) else None


def _is_over(station: Station, known: CachedStatus) -> bool:
    """A response past its own end says nothing any more."""
    if not known.response:
        return True
    ends = pki.read_ocsp(known.response).next_update
    return ends is not None and ends <= station.stamp()


# --- chains of vehicles ---------------------------------------------------------------------------------------------


def chain_status(station: Station, event: ChainStatusWanted) -> None:
    """The statuses of a chain: from the cache, and those not there from the CSMS (M07.FR.09 to M07.FR.11)."""
    known = {link.certificate: _known(station, link) for link in event.links}
    missing = tuple(link for link in event.links if known[link.certificate] is None)

    def inform(told: dict[CertificateHash, LinkStatus]) -> None:
        statuses = tuple(
            known[link.certificate] or told.get(link.certificate) or _failed(station, link) for link in event.links
        )
        station.do(Inform(event.ref, ChainStatusVerdict(statuses=statuses)))

    if not missing or not station.online:
        inform({})
        return
    station.say(
        ChainStatusAsked(links=missing),
        answered=lambda verdict: inform(_heard(station, verdict)),
        failed=lambda _: inform({}),
    )


def _known(station: Station, link: ChainLink) -> LinkStatus | None:
    cached = _cached(station, link.certificate)
    if cached is None or cached.status is None or cached.until <= station.stamp():
        return None
    return LinkStatus(certificate=link.certificate, source=link.source, status=cached.status, next_update=cached.until)


def _failed(station: Station, link: ChainLink) -> LinkStatus:
    return LinkStatus(
        certificate=link.certificate, source=link.source, status=RevocationStatus.FAILED, next_update=station.stamp()
    )


def _heard(station: Station, verdict: Verdict) -> dict[CertificateHash, LinkStatus]:
    if not isinstance(verdict, ChainStatusVerdict):
        return {}
    latest = station.stamp() + _LONGEST
    good = [each for each in verdict.statuses if each.status is not RevocationStatus.FAILED]
    _keep(
        station,
        *(
            CachedStatus(certificate=each.certificate, until=min(each.next_update, latest), status=each.status)
            for each in good
        ),
    )
    return {each.certificate: each for each in verdict.statuses}
