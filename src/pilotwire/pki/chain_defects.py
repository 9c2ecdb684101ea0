"""What can be wrong with a chain as it was sent, and with where its path ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from pilotwire.pki.certificate_defects import named
from pilotwire.pki.certificates import Certificate, has_known_signature
from pilotwire.pki.defects import Defect, Flaw, Purpose
from pilotwire.pki.naming import extension_of, oid_words, short_name, words_of
from pilotwire.pki.paths import LONGEST, End, Path, issuer_key_id, key_id, signed


def first_of(sent: Sequence[Certificate], purpose: Purpose) -> Certificate:
    """The certificate the chain is about: the first, unless that is a CA's and just one of the others is none and stands below."""
    first = sent[0]
    others = list(dict.fromkeys(each for each in sent[1:] if not _is_ca(each)))
    misplaced = purpose is not Purpose.CA and _is_ca(first) and len(others) == 1
    return others[0] if misplaced else first


def _is_ca(certificate: Certificate) -> bool:
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def defects_as_sent(sent: Sequence[Certificate], path: Path, reached: frozenset[Certificate]) -> Iterator[Defect]:
    """Duplicates, strangers, order and what is lacking. `reached` are the certificates of all paths, not only of this one."""
    for each in dict.fromkeys(sent):
        count = sum(other == each for other in sent)
        if count > 1:
            what = f"{named(each)} is in the chain {count} times."
            yield Defect(Flaw.DUPLICATE, what, "Leave it in once.", each, fatal=False)
        if each not in reached and path.end is not End.TOO_LONG:
            what = f"{named(each)} does not belong to the chain of {short_name(path.certificates[0])}."
            yield Defect(
                Flaw.STRANGER, what, "Take it out: some devices refuse chains with strangers.", each, fatal=False
            )
    yield from _order(sent, path)
    yield from _lacking(sent, path)


def _order(sent: Sequence[Certificate], path: Path) -> Iterator[Defect]:
    first = path.certificates[0]
    right = ", ".join(short_name(each) for each in path.certificates if each in sent)
    if sent[0] != first:
        what = f"The chain begins with {short_name(sent[0])}, a CA, and not with the certificate it is about."
        yield Defect(Flaw.WRONG_ORDER, what, f"Put them in this order: {right}.", sent[0])
        return
    places = [sent.index(each) for each in path.certificates if each in sent]
    wrong = next((sent[right] for left, right in pairwise(places) if right < left), None)
    if wrong is not None:
        what = f"The chain is not in order: {short_name(wrong)} comes before what it has signed."
        remedy = f"Put them in this order: {right}. TLS 1.2 asks for it (RFC 5246, 7.4.2), and some devices do."
        yield Defect(Flaw.WRONG_ORDER, what, remedy, wrong, fatal=False)


def _lacking(sent: Sequence[Certificate], path: Path) -> Iterator[Defect]:
    between = path.certificates[:-1] if path.end in (End.TRUSTED, End.SELF_SIGNED) else path.certificates
    for each in between:
        if each not in sent:
            what = f"The chain lacks {short_name(each)}, which was found elsewhere: others will not find it."
            yield Defect(Flaw.INCOMPLETE, what, "Put it into the chain, after what it has signed.", each, fatal=False)


def defects_of_end(
    path: Path, known: Sequence[Certificate], roots: Sequence[Certificate], purpose: Purpose
) -> Iterator[Defect]:
    """Why the path ends in no trusted root; and a first certificate that signed itself."""
    last = path.last
    alone = len(path.certificates) == 1
    if path.end is End.TOO_LONG:
        what = f"The chain has more than {LONGEST} certificates."
        yield Defect(Flaw.TOO_LONG, what, "Issue with fewer CAs between.")
    elif path.end is End.MISSING:
        yield from _missing(last, known)
    elif path.end is End.SELF_SIGNED and alone:
        what = f"{named(last)} has signed itself: nobody vouches for it."
        yield Defect(Flaw.SELF_SIGNED, what, "Have it signed by a CA whose root is trusted here.", last)
    elif path.end is End.SELF_SIGNED:
        yield _untrusted(last, roots)
    elif alone and purpose is not Purpose.CA and signed(last, last):
        what = f"{named(last)} has signed itself, and is trusted only because it is listed itself."
        yield Defect(Flaw.SELF_SIGNED, what, "Have it signed by a CA.", last, fatal=False)


def _untrusted(root: Certificate, roots: Sequence[Certificate]) -> Defect:
    namesake = next((each for each in roots if each.subject == root.subject), None)
    if namesake is not None:
        what = f"The chain ends in {words_of(root.subject)}; the root trusted under this name is another one, of another key."
        remedy = "The CA was made anew: install its new root, or have the chain issued under the trusted one."
        return Defect(Flaw.KEY_CHANGED, what, remedy, root)
    what = f"The chain ends in the root {words_of(root.subject)}, which is not trusted here."
    trusted = ", ".join(short_name(each) for each in roots[:5]) or "none"
    remedy = f"Install this root (OCPP: InstallCertificate), or use a chain under one that is trusted: {trusted}."
    return Defect(Flaw.ROOT_NOT_TRUSTED, what, remedy, root)


def _missing(last: Certificate, known: Sequence[Certificate]) -> Iterator[Defect]:
    issuer, wanted = words_of(last.issuer), issuer_key_id(last)
    namesakes = [each for each in (last, *known) if each.subject == last.issuer]
    if not has_known_signature(last):
        how = oid_words(last.signature_algorithm_oid)
        what = f"{named(last)} has a signature of a kind that is not known here ({how}): whether it is right cannot be told."
        yield Defect(Flaw.BAD_SIGNATURE, what, "Have it signed anew, by ECDSA or RSA with SHA-256.", last)
        if namesakes:
            return
    if not namesakes:
        with_key = f", with the key identifier {wanted.hex(':').upper()}," if wanted else ""
        what = f"{named(last)} is signed by {issuer}{with_key} whose certificate is missing."
        yield Defect(Flaw.MISSING_INTERMEDIATE, what, _where(last, issuer), last)
        return
    if any(signed(last, each) for each in namesakes):
        what = f"{named(last)} and {issuer} lead round in a circle: each has signed the other, and there is no root."
        yield Defect(Flaw.ROOT_NOT_TRUSTED, what, "Have one of them signed by a CA whose root is trusted here.", last)
        return
    if wanted is not None and wanted in [key_id(each) for each in namesakes]:
        what = f"{named(last)} has a wrong signature: {issuer} has not signed it, or it was altered since."
        yield Defect(Flaw.BAD_SIGNATURE, what, "Get it again, or have it issued anew.", last)
        return
    ids = ", ".join(found.hex(":").upper() for each in namesakes if (found := key_id(each))) or "unknown"
    told = f" (key identifier {wanted.hex(':').upper()})" if wanted else ""
    what = f"{named(last)} was signed with another key of {issuer}{told} than the one that is here ({ids})."
    remedy = f"{issuer} was made anew: get its certificate of that key, or have this one issued anew."
    yield Defect(Flaw.KEY_CHANGED, what, remedy, last)


def _where(certificate: Certificate, issuer: str) -> str:
    places = access_urls(certificate, AuthorityInformationAccessOID.CA_ISSUERS)
    if places:
        return f"Fetch it from {places[0]} and put it into the chain, after what it has signed."
    return f"Ask whoever issued it for the certificate of {issuer}, and put it into the chain; a root is installed instead."


def access_urls(certificate: Certificate, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    """URLs of authorityInfoAccess: of its issuer's certificate, or of its OCSP responder (RFC 5280, 4.2.2.1)."""
    access = extension_of(certificate, x509.AuthorityInformationAccess)
    return tuple(
        str(each.access_location.value)
        for each in access or ()
        if each.access_method == kind and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )
