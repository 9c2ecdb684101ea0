"""Why a chain is not good: every fault of it at once, each with the certificate, a sentence and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pilotwire.pki.certificate_defects import defects_of, named
from pilotwire.pki.certificates import Certificate, PkiFault, why_unreadable
from pilotwire.pki.chain_defects import defects_as_sent, defects_of_end, first_of
from pilotwire.pki.defects import Defect, Flaw, Purpose
from pilotwire.pki.ocsp import Standing
from pilotwire.pki.ocsp_verdict import OcspFault, OcspFaultKind, check_response
from pilotwire.pki.paths import End, Path, paths_from
from pilotwire.pki.revocation import Crl, Reason, Revoked, check_crl, look_up


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is known of revoked certificates: CRLs and OCSP responses (DER), in any order.

    `needed`: a certificate of which neither says anything is a fault (`Flaw.REVOCATION_UNKNOWN`).
    """

    crls: Sequence[Crl] = ()
    responses: Sequence[bytes] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found: the best path from the first certificate up, and all defects of it, the gravest first.

    `root` is the trusted root the path ends in, None if there is none. `from_pool` are certificates of the path that had to be taken from
    the pool because the chain does not hold them. `others` are further paths that are as good (cross-signed), each up to its root.
    """

    path: tuple[Certificate, ...]
    root: Certificate | None
    defects: tuple[Defect, ...]
    from_pool: tuple[Certificate, ...] = ()
    others: tuple[tuple[Certificate, ...], ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(each.fatal for each in self.defects)


def explain(
    certificates: Sequence[Certificate],
    pool: Sequence[Certificate],
    roots: Sequence[Certificate],
    now: datetime,
    *,
    purpose: Purpose = Purpose.ANY,
    host: str = "",
    revocation: Revocation | None = None,
) -> Explanation:
    """Every fault of a chain: its own certificate first, as it was sent or lies in a file.

    `pool` are further certificates that may complete it. `host` (name or address) is looked for in a server's certificate, "" is not.
    """
    unreadable = tuple(_unreadable(each, place) for place, each in enumerate(certificates) if why_unreadable(each))
    certificates, pool, roots = _readable(certificates), _readable(pool), _readable(roots)
    if not certificates:
        nothing = Defect(Flaw.EMPTY, "There is no certificate.", "Give the certificate, then those that signed it.")
        return Explanation((), None, unreadable or (nothing,))
    known = (*certificates, *pool)
    paths = paths_from(first_of(certificates, purpose), known, roots)
    found = [
        (
            path,
            (*defects_of_end(path, (*known, *roots), roots, purpose), *_of_path(path, now, purpose, host, revocation)),
        )
        for path in paths
    ]
    found.sort(key=lambda each: _rank(*each))
    path, defects = found[0]
    reached = frozenset(each for path in paths for each in path.certificates)
    every = (*unreadable, *defects, *defects_as_sent(certificates, path, reached))
    return Explanation(
        path=path.certificates,
        root=path.last if path.end is End.TRUSTED else None,
        defects=tuple(sorted(every, key=lambda each: not each.fatal)),
        from_pool=tuple(each for each in path.certificates if each not in certificates and each not in roots),
        others=tuple(other.certificates for other, faults in found[1:] if not any(each.fatal for each in faults)),
    )


def _readable(certificates: Sequence[Certificate]) -> tuple[Certificate, ...]:
    return tuple(each for each in certificates if not why_unreadable(each))


def _unreadable(certificate: Certificate, place: int) -> Defect:
    what = f"Certificate {place + 1} of the chain cannot be read: {why_unreadable(certificate)}."
    return Defect(Flaw.UNREADABLE, what, "Have it issued anew, by software that keeps to X.509.", certificate)


def _rank(path: Path, defects: Sequence[Defect]) -> tuple[bool, int, int, int]:
    """The best path first: with a trusted root, with the fewest faults, short."""
    fatal = sum(each.fatal for each in defects)
    return path.end is not End.TRUSTED, fatal, len(defects), len(path.certificates)


def _of_path(path: Path, now: datetime, purpose: Purpose, host: str, revocation: Revocation | None) -> Iterator[Defect]:
    yield from defects_of(path.certificates, now, purpose, host)
    for below, above in pairwise(path.certificates) if revocation else ():
        yield from _revoked(below, above, revocation or Revocation(), now)


def _revoked(certificate: Certificate, issuer: Certificate, known: Revocation, now: datetime) -> Iterator[Defect]:
    told: list[Revoked | None] = []
    why: list[str] = []
    for crl in known.crls:
        if crl.issuer == certificate.issuer:
            try:
                check_crl(crl, issuer, now)
                told.append(look_up(crl, certificate))
            except PkiFault as fault:
                why.append(fault.what)
    for response in known.responses:
        try:
            verdict = check_response(response, certificate, issuer, now)
        except OcspFault as fault:
            if fault.kind is not OcspFaultKind.ANOTHER_CERTIFICATE:
                why.append(fault.what)
        else:
            if verdict.standing is Standing.UNKNOWN:
                why.append("Its OCSP responder does not know it.")
            else:
                told.append(verdict.revoked)
    revoked = next((each for each in told if each is not None), None)
    if revoked is not None:
        reason = "" if revoked.reason is Reason.UNSPECIFIED else f" ({revoked.reason})"
        what = f"{named(certificate)} was revoked on {revoked.at:%Y-%m-%d %H:%M} UTC{reason}."
        yield Defect(Flaw.REVOKED, what, "Have a new one issued, for a new key.", certificate)
    elif not told and (known.needed or why):
        what = " ".join(
            (f"Whether that of {named(certificate).removeprefix('The certificate of ')} is revoked is unknown.", *why)
        )
        remedy = "Get the CRL of its issuer, or ask its OCSP responder."
        yield Defect(Flaw.REVOCATION_UNKNOWN, what, remedy, certificate, fatal=known.needed)
