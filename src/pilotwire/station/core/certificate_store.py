"""Certificates installed, listed and deleted by the CSMS (M03 to M05; 1.6: security extension and Plug & Charge)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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


def install(station: Station, command: InstallCertificate) -> InstallCertificateOutcome:
    """Take a root certificate, or say no to one that is not good (M05.FR.02, M05.FR.07)."""
    try:
        certificate = pki.read_one(command.certificate)
        pki.check_authority(certificate, station.stamp())
        new = _root(station, command.kind, certificate)
    except pki.PkiFault as fault:
        if command.kind is CertificateKind.CSMS_ROOT and station.settings.reports_bad_csms_roots:
            security.report(station, INVALID_CSMS_CERTIFICATE, fault.what)
        return _refused(station, command, fault.what)
    memory = held(station)
    if _is_refused_by_old(station, command.kind, certificate):
        return _refused(station, command, "It is not signed by the CSMS root it is to replace.")  # M05.FR.11
    kept = _with(station, memory.roots, new)
    if len(kept) > len(memory.roots) and count(station) - len(memory.roots) + len(kept) > MOST_CERTIFICATES:
        return _refused(station, command, "There is no room for more certificates.")  # M05.FR.06
    station.remember(changed(memory, roots=kept))
    certificate_files.write(station)
    return InstallCertificateOutcome(status=InstallCertificateStatus.ACCEPTED)


def _is_only_one(station: Station, kind: CertificateKind) -> bool:
    """Whether there may be one active root of the kind only (M05.FR.09)."""
    return kind is CertificateKind.CSMS_ROOT and station.variables.on("SecurityCtrlr.AdditionalRootCertificateCheck")


def _is_refused_by_old(station: Station, kind: CertificateKind, certificate: pki.Certificate) -> bool:
    """M05.FR.10: the root that is replaced must have signed the new one; one that is there already may come again."""
    old = [root for root in held(station).roots if root.kind is kind and not root.fallback]
    return _is_only_one(station, kind) and bool(old) and not pki.is_issued_by(certificate, certificates(old[0].pem)[0])


def _with(station: Station, roots: tuple[Root, ...], new: Root) -> tuple[Root, ...]:
    """The roots with a new one: in place of the same (M05.FR.17), or instead of the CSMS root, which stays as a fallback (M05.FR.12)."""
    same = [root for root in roots if root.kind is new.kind and root.pem == new.pem and not root.fallback]
    if same:
        return tuple(new if root is same[0] else root for root in roots)
    if not _is_only_one(station, new.kind):
        return (*roots, new)
    others = [root for root in roots if root.kind is not new.kind]
    old = [changed(root, fallback=True) for root in roots if root.kind is new.kind and not root.fallback]
    return (*others, new, *old)


def _root(station: Station, kind: CertificateKind, certificate: pki.Certificate) -> Root:
    pem = pki.pem_of(certificate)
    if pki.is_self_signed(certificate):
        return Root(kind=kind, pem=pem)
    for other in held(station).roots:
        if pki.is_issued_by(certificate, certificates(other.pem)[0]):
            return Root(kind=kind, pem=pem, issuer=other.pem)
    raise pki.PkiFault("It is signed by a certificate that is not here, so that it cannot be named by hashes.")


def _refused(station: Station, command: InstallCertificate, why: str) -> InstallCertificateOutcome:
    station.note(f"A certificate of the kind {command.kind} is not installed. {why}")
    return InstallCertificateOutcome(status=InstallCertificateStatus.REJECTED)


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


def delete(station: Station, command: DeleteCertificate) -> DeleteCertificateOutcome:
    """Remove a certificate, unless the station would be lost without it (M04.FR.02 to M04.FR.06)."""
    return DeleteCertificateOutcome(status=_delete(station, command.certificate))


def _delete(station: Station, name: CertificateHash) -> DeleteCertificateStatus:
    memory = held(station)
    algorithm = name.hash_algorithm
    chains = [own for own in memory.own if _is_among(name, chain_hashes(own, algorithm))]
    if any(own.use not in V2G_USES for own in chains):
        return DeleteCertificateStatus.FAILED  # M04.FR.06
    roots = [root for root in memory.roots if _is_among(name, (root_hash(root, algorithm),))]
    if any(_is_needed(station, root) for root in roots):
        station.note("The CSMS root certificate in use is not deleted: the station could not connect any more.")
        return DeleteCertificateStatus.FAILED
    if not chains and not roots:
        return DeleteCertificateStatus.NOT_FOUND
    rest = tuple(root for root in memory.roots if root not in roots)
    own = tuple(one for one in memory.own if one not in chains)  # M04.FR.08: those under a sub-CA go with it
    station.remember(changed(memory, roots=rest, own=own))
    certificate_files.write(station)
    for one in chains:
        certificate_files.drop_key(station, one.key)
    return DeleteCertificateStatus.ACCEPTED


def _is_needed(station: Station, root: Root) -> bool:
    """Whether it is the CSMS root by which the CSMS is recognized (security profiles 2 and 3)."""
    if root.kind is not CertificateKind.CSMS_ROOT or root.fallback:
        return False
    active = [each for each in held(station).roots if each.kind is root.kind and not each.fallback]
    return len(active) == 1 and station.variables.number("SecurityCtrlr.SecurityProfile") >= 2


def _is_among(name: CertificateHash, hashes: Iterable[CertificateHash]) -> bool:
    return any(_folded(name) == _folded(each) for each in hashes)


def _folded(name: CertificateHash) -> tuple[str, ...]:
    """Hexadecimal digits are compared without case, a serial number without the leading zeros some write."""
    serial = name.serial_number.casefold().lstrip("0")
    return (name.hash_algorithm, name.issuer_name_hash.casefold(), name.issuer_key_hash.casefold(), serial)
