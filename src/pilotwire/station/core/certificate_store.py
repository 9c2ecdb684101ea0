"""Certificates installed, listed and deleted by the CSMS (M03 to M05; 1.6: security extension and Plug & Charge)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from pilotwire import pki
from pilotwire.domain.certificates import (
    CertificateHash,
    CertificateKind,
    DeleteCertificate,
    DeleteCertificateOutcome,
    DeleteCertificateStatus,
    GetInstalledCertificates,
    GetInstalledOutcome,
    GetInstalledStatus,
    HashAlgorithm,
    InstallCertificate,
    InstallCertificateOutcome,
    InstallCertificateStatus,
    InstalledCertificate,
    SigningUse,
)
from pilotwire.domain.kinds import changed
from pilotwire.station.core import certificate_files, security
from pilotwire.station.core.actions import Answer
from pilotwire.station.core.certificate_files import CsmsAnchor, Writing
from pilotwire.station.core.certificates_memory import CertificatesMemory, OwnCertificate, Root
from pilotwire.station.core.station import Station

INVALID_CSMS_CERTIFICATE = "InvalidCsmsCertificate"
V2G_USES = (SigningUse.V2G, SigningUse.V2G_20)
REPORTED = HashAlgorithm.SHA256
"""The algorithm in which the station names its certificates (A00.FR.506)."""
MOST_CERTIFICATES = 50
"""How many certificates there may be at a time (SecurityCtrlr.CertificateEntries, its limit)."""


@lru_cache(maxsize=512)
def certificates(pem: str) -> tuple[pki.Certificate, ...]:
    """The certificates of a text that was checked before it was kept."""
    return pki.read_certificates(pem) if pem else ()


def held(station: Station) -> CertificatesMemory:
    """What there is."""
    return station.kept(CertificatesMemory)


def count(station: Station) -> int:
    """How many certificates are installed (SecurityCtrlr.CertificateEntries): roots, and all of the station's own chains."""
    memory = held(station)
    return len(memory.roots) + sum(len(certificates(own.chain)) for own in memory.own)


def roots_of(station: Station, *kinds: CertificateKind) -> tuple[pki.Certificate, ...]:
    """The roots of these kinds, fallbacks too."""
    return tuple(certificates(root.pem)[0] for root in held(station).roots if root.kind in kinds)


# --- install --------------------------------------------------------------------------------------------------------


def install(station: Station, ref: Hashable, command: InstallCertificate) -> None:
    """Take a root certificate, or say no to one that is not good (M05.FR.02, M05.FR.07); answered when it is where it is used.

    If it could not be put there, all is as before (M05.FR.03; 1.6 whitepaper: M05.FR.04).
    """
    take(station, command, lambda status: station.do(Answer(ref, InstallCertificateOutcome(status=status))))


def take(
    station: Station, command: InstallCertificate, told: Callable[[InstallCertificateStatus], None] = lambda _: None
) -> None:
    """As `install`, for whoever wants it: `told` is what became of it."""
    memory = held(station)
    try:
        new = _read(station, command)
    except pki.PkiFault as fault:
        told(InstallCertificateStatus.REJECTED)
        _not_installed(station, command.kind, fault.what)
        if command.kind is CertificateKind.CSMS_ROOT and station.settings.reports_bad_csms_roots:
            security.report(station, INVALID_CSMS_CERTIFICATE, fault.what)
        return
    kept = _with(station, memory.roots, new)
    if (hindrance := _hindrance(station, new, len(kept) - len(memory.roots))) is not None:
        told(InstallCertificateStatus.REJECTED)
        _not_installed(station, command.kind, hindrance)
        return

    def settled(well: bool) -> None:
        if not well:
            station.remember(changed(held(station), roots=memory.roots))
        told(InstallCertificateStatus.ACCEPTED if well else InstallCertificateStatus.FAILED)

    station.remember(changed(memory, roots=kept))
    certificate_files.write(station, settled=settled)


def _not_installed(station: Station, kind: CertificateKind, why: str) -> None:
    station.note(f"A certificate of the kind {kind} is not installed. {why}")


def _read(station: Station, command: InstallCertificate) -> Root:
    certificate = pki.read_one(command.certificate)
    pki.check_authority(certificate, station.stamp())
    return _root(station, command.kind, certificate)


def _hindrance(station: Station, new: Root, more: int) -> str | None:
    """What is against a root that is good; there would be so many more."""
    if _is_refused_by_old(station, new):
        return "It is not signed by the CSMS root it is to replace."  # M05.FR.11
    if more > 0 and is_full(station, more):
        return "There is no room for more certificates."  # M05.FR.06
    return None


def is_full(station: Station, more: int = 1) -> bool:
    """Whether there is no room for so many more roots; 1.6 counts roots only, the station's own chains do not take their room (7.4)."""
    there = len(held(station).roots) if station.settings.counts_roots_only else count(station)
    return there + more > MOST_CERTIFICATES


def _is_only_one(station: Station, kind: CertificateKind) -> bool:
    """Whether there may be one active root of the kind only (M05.FR.09)."""
    return kind is CertificateKind.CSMS_ROOT and station.variables.on("SecurityCtrlr.AdditionalRootCertificateCheck")


def _old(station: Station) -> tuple[Root, ...]:
    """The CSMS roots one of which must have signed a new one (M05.FR.10); the first becomes the fallback.

    That is the one the connection stands on, if it is known, lest the station be lost; and the last that was installed.
    """
    roots = [root for root in held(station).roots if root.kind is CertificateKind.CSMS_ROOT]
    anchor = station.moment(CsmsAnchor).pem
    in_use = [root for root in roots if root.pem == anchor]
    last = [root for root in roots if not root.fallback and root not in in_use]
    return (*in_use[:1], *last[:1])


def _is_refused_by_old(station: Station, new: Root) -> bool:
    """M05.FR.10: the root that is replaced must have signed the new one; one that is there already may come again."""
    old = _old(station) if _is_only_one(station, new.kind) else ()
    mine = certificates(new.pem)[0]
    return bool(old) and not any(pki.is_issued_by(mine, certificates(root.pem)[0]) for root in old)


def _with(station: Station, roots: tuple[Root, ...], new: Root) -> tuple[Root, ...]:
    """The roots with a new one: in place of the same (M05.FR.17), or instead of the CSMS root, which stays as a fallback (M05.FR.12)."""
    same = [root for root in roots if root.kind is new.kind and root.pem == new.pem and not root.fallback]
    if same:
        return tuple(new if root is same[0] else root for root in roots)
    if not _is_only_one(station, new.kind):
        return (*roots, new)
    others = (root for root in roots if root.kind is not new.kind)
    return (*others, new, *(changed(root, fallback=True) for root in _old(station)[:1]))


def _root(station: Station, kind: CertificateKind, certificate: pki.Certificate) -> Root:
    pem = pki.pem_of(certificate)
    if pki.is_self_signed(certificate):
        return Root(kind=kind, pem=pem)
    for other in held(station).roots:
        if pki.is_issued_by(certificate, certificates(other.pem)[0]):
            return Root(kind=kind, pem=pem, issuer=other.pem)
    raise pki.PkiFault("It is signed by a certificate that is not here, so that it cannot be named by hashes.")


# --- list -----------------------------------------------------------------------------------------------------------


def hash_of(
    certificate: pki.Certificate, issuer: pki.Certificate, algorithm: HashAlgorithm = REPORTED
) -> CertificateHash:
    """A certificate's name by hashes."""
    hashes = pki.hashes_of(certificate, issuer, algorithm)
    return CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=hashes.issuer_name,
        issuer_key_hash=hashes.issuer_key,
        serial_number=hashes.serial_number,
    )


def root_hash(root: Root, algorithm: HashAlgorithm = REPORTED) -> CertificateHash:
    """The name of a root."""
    (certificate,) = certificates(root.pem)
    return hash_of(certificate, certificates(root.issuer or root.pem)[0], algorithm)


def chain_hashes(own: OwnCertificate, algorithm: HashAlgorithm = REPORTED) -> tuple[CertificateHash, ...]:
    """The names of a chain's certificates, its own first; one whose issuer is not known cannot be named and is left out."""
    chain = (*certificates(own.chain), *certificates(own.anchor))
    named = [hash_of(below, above, algorithm) for below, above in pairwise(chain)]
    return tuple(named[: len(certificates(own.chain))])


def installed(station: Station, command: GetInstalledCertificates) -> GetInstalledOutcome:
    """Name the certificates of these kinds, or of all (M03.FR.02 to M03.FR.05)."""
    found = tuple(each for each in _all(station) if not command.kinds or each.kind in command.kinds)
    status = GetInstalledStatus.ACCEPTED if found else GetInstalledStatus.NOT_FOUND
    return GetInstalledOutcome(status=status, certificates=found)


def _all(station: Station) -> Iterator[InstalledCertificate]:
    memory = held(station)
    for root in memory.roots:
        yield InstalledCertificate(kind=root.kind, certificate=root_hash(root))
    for own in memory.own:
        hashes = chain_hashes(own) if own.use in V2G_USES else ()
        if hashes:
            yield InstalledCertificate(kind=CertificateKind.V2G_CHAIN, certificate=hashes[0], children=hashes[1:])


# --- delete ---------------------------------------------------------------------------------------------------------


def delete(station: Station, ref: Hashable, command: DeleteCertificate) -> None:
    """Remove a certificate, unless the station would be lost without it (M04.FR.02 to M04.FR.06); answered when it is gone from use.

    If it could not be taken out of use, all is as before (M04.FR.03).
    """

    def told(status: DeleteCertificateStatus) -> None:
        station.do(Answer(ref, DeleteCertificateOutcome(status=status)))

    memory, name = held(station), command.certificate
    chains = [own for own in memory.own if _is_among(name, chain_hashes(own, name.hash_algorithm))]
    roots = [root for root in memory.roots if _is_among(name, (root_hash(root, name.hash_algorithm),))]
    if any(own.use not in V2G_USES for own in chains):
        told(DeleteCertificateStatus.FAILED)  # M04.FR.06
    elif any(_is_needed(station, root) for root in roots):
        station.note("The CSMS root certificate in use is not deleted: the station could not connect any more.")
        told(DeleteCertificateStatus.FAILED)
    elif not chains and not roots:
        told(DeleteCertificateStatus.NOT_FOUND)
    else:
        _remove(station, roots, chains, told)


def _remove(
    station: Station, roots: list[Root], chains: list[OwnCertificate], told: Callable[[DeleteCertificateStatus], None]
) -> None:
    """Without these, and the files as well; the chains under a sub-CA go with it (M04.FR.08)."""
    memory, writing = held(station), station.moment(Writing)
    on_fallback = writing.on_fallback

    def settled(well: bool) -> None:
        if well:
            for one in chains:
                certificate_files.drop_key(station, one.key)
        else:
            writing.on_fallback = on_fallback
            station.remember(changed(held(station), roots=memory.roots, own=memory.own))
        told(DeleteCertificateStatus.ACCEPTED if well else DeleteCertificateStatus.FAILED)

    rest = tuple(root for root in memory.roots if root not in roots)
    csms = [root for root in rest if root.kind is CertificateKind.CSMS_ROOT]
    if all(root.fallback for root in csms):  # the old one is all there is, and no fallback any more
        rest = tuple(changed(root, fallback=False) if root in csms else root for root in rest)
    if not any(root.fallback for root in rest):
        writing.on_fallback = False
    writing.gone += "".join(root.pem for root in roots if root.kind is CertificateKind.CSMS_ROOT)
    station.remember(changed(memory, roots=rest, own=tuple(one for one in memory.own if one not in chains)))
    certificate_files.write(station, settled=settled)


def _is_needed(station: Station, root: Root) -> bool:
    """Whether it is the CSMS root by which the CSMS is recognized (security profiles 2 and 3; 1.6 whitepaper: M04.FR.06).

    Where nobody knows by which one it was, the last one in use is.
    """
    if root.kind is not CertificateKind.CSMS_ROOT:
        return False
    if anchor := station.moment(CsmsAnchor).pem:
        return root.pem == anchor
    on_fallback = station.moment(Writing).on_fallback
    active = [each for each in held(station).roots if each.kind is root.kind and each.fallback is on_fallback]
    return active == [root] and station.variables.number("SecurityCtrlr.SecurityProfile") >= 2


def _is_among(name: CertificateHash, hashes: Iterable[CertificateHash]) -> bool:
    return any(_folded(name) == _folded(each) for each in hashes)


def _folded(name: CertificateHash) -> tuple[str, ...]:
    """Hexadecimal digits are compared without case, a serial number without the leading zeros some write."""
    serial = name.serial_number.casefold().lstrip("0")
    return (name.hash_algorithm, name.issuer_name_hash.casefold(), name.issuer_key_hash.casefold(), serial)
