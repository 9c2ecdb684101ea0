"""Certificate revocation lists (RFC 5280, section 5): made, read, checked, and looked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.pki.certificates import Certificate, PkiFault
from pilotwire.pki.issuing import Authority, digest_for, key_id_of, padding_for
from pilotwire.pki.naming import words_of

Crl = x509.CertificateRevocationList
_RENEW = "Have its certificate made anew, with cRLSign."


class Reason(StrEnum):
    """Why a certificate is revoked (RFC 5280, 5.3.1); the values are the names of RFC 5280."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that is no longer good: its serial number, since when (UTC), and why."""

    serial: int
    at: datetime
    reason: Reason = Reason.UNSPECIFIED


def make_crl(
    authority: Authority, revoked: Iterable[Revoked], number: int, this_update: datetime, next_update: datetime
) -> Crl:
    """The CRL of a CA. `number` must rise with each one.

    Raises PkiFault if the CA may not sign CRLs, a certificate is named twice, or the times or numbers cannot be.
    """
    above = authority.certificate
    if not may_sign_crls(above):
        raise PkiFault(f"{words_of(above.subject)} may not sign CRLs: its keyUsage has no cRLSign.", _RENEW)
    entries = sorted(revoked, key=lambda each: each.serial)
    if len({each.serial for each in entries}) < len(entries):
        raise PkiFault("A serial number is revoked twice.", "Name each certificate once.")
    try:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(above.subject)
            .last_update(this_update)
            .next_update(next_update)
            .add_extension(x509.AuthorityKeyIdentifier(key_id_of(above), None, None), critical=False)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        for each in entries:
            builder = builder.add_revoked_certificate(_entry(each))
    except (ValueError, TypeError) as error:
        raise PkiFault(f"Such a CRL cannot be made: {error}.") from None
    key = authority.key
    return builder.sign(key, digest_for(key), rsa_padding=padding_for(key))


def _entry(revoked: Revoked) -> x509.RevokedCertificate:
    entry = x509.RevokedCertificateBuilder().serial_number(revoked.serial).revocation_date(revoked.at)
    if revoked.reason is not Reason.UNSPECIFIED:  # RFC 5280, 5.3.1: not said is better than said to be unknown
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(revoked.reason.value)), critical=False)
    return entry.build()


def crl_pem(crl: Crl) -> str:
    """A CRL as PEM text."""
    return crl.public_bytes(Encoding.PEM).decode("ascii")


def crl_der(crl: Crl) -> bytes:
    """A CRL as DER, as it is served (RFC 5280, 4.2.1.13)."""
    return crl.public_bytes(Encoding.DER)


def read_crl(content: bytes | str) -> Crl:
    """A CRL in DER or PEM. Raises PkiFault if it is none."""
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        crl = x509.load_pem_x509_crl(raw) if b"-----BEGIN" in raw else x509.load_der_x509_crl(raw)
        for each in (crl.issuer, crl.extensions, crl.last_update_utc, len(crl)):  # what cannot be read shows only now
            str(each)
    except Exception as error:  # the library raises many kinds for bytes that are no CRL
        raise PkiFault(
            f"The CRL cannot be read: {error or type(error).__name__}.", "Give a CRL in DER or PEM."
        ) from None
    return crl


def check_crl(crl: Crl, issuer: Certificate, now: datetime) -> None:
    """Raise PkiFault if a CRL is not that of `issuer` (name, signature, right to sign CRLs), or not the one of `now`."""
    name = words_of(issuer.subject)
    if crl.issuer != issuer.subject:
        raise PkiFault(f"The CRL is of {words_of(crl.issuer)} and not of {name}.", "Get the CRL of this issuer.")
    if not may_sign_crls(issuer):
        raise PkiFault(f"{name} may not sign CRLs: its keyUsage has no cRLSign.", _RENEW)
    if not _is_signed(crl, issuer):
        raise PkiFault(f"The CRL is not signed with the key of {name}.", "Get the CRL again, from its issuer.")
    for each in crl.extensions:
        if each.critical and not _is_plain(each.value):
            what = f"The CRL of {name} is a part or delta of one ({each.oid.dotted_string}), which is not known here."
            raise PkiFault(what, "Get the complete CRL of the issuer.")
    _check_current(crl, name, now)


def look_up(crl: Crl, certificate: Certificate) -> Revoked | None:
    """What a CRL says of a certificate of its issuer, None if it is not revoked. Raises PkiFault for one of another issuer."""
    if crl.issuer != certificate.issuer:
        what = f"The CRL is of {words_of(crl.issuer)}; the certificate is of {words_of(certificate.issuer)}."
        raise PkiFault(what, "Look it up in the CRL of its issuer.")
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return None if entry is None else Revoked(entry.serial_number, entry.revocation_date_utc, _reason(entry))


def reason_of(flag: x509.ReasonFlags | None) -> Reason:
    """A reason as the library has it; None and those that are not known are "unspecified"."""
    return Reason(flag.value) if flag is not None and flag.value in set(Reason) else Reason.UNSPECIFIED


def may_sign_crls(certificate: Certificate) -> bool:
    """Whether its keyUsage, if it has one, allows cRLSign (RFC 5280, 6.3.3 (f))."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _reason(entry: x509.RevokedCertificate) -> Reason:
    try:
        return reason_of(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason)
    except x509.ExtensionNotFound:
        return Reason.UNSPECIFIED


def _is_signed(crl: Crl, issuer: Certificate) -> bool:
    try:
        return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # any key a certificate can hold
    except Exception:  # a key or an algorithm of another kind
        return False


def _is_plain(value: x509.ExtensionType) -> bool:
    """Whether an extension leaves the CRL a complete one: an issuing distribution point that says where, and limits nothing."""
    if not isinstance(value, x509.IssuingDistributionPoint):
        return False
    limits = (
        value.only_contains_user_certs,
        value.only_contains_ca_certs,
        value.only_contains_attribute_certs,
        value.indirect_crl,
        value.only_some_reasons,
    )
    return not any(limits)


def _check_current(crl: Crl, name: str, now: datetime) -> None:
    since, until = crl.last_update_utc, crl.next_update_utc
    if now < since:
        raise PkiFault(f"The CRL of {name} is of {since:%Y-%m-%d %H:%M} UTC, which is yet to come.", "Set the clock.")
    if until is not None and now > until:
        what = f"The CRL of {name} is out of date: a newer one was due on {until:%Y-%m-%d %H:%M} UTC."
        raise PkiFault(what, "Get the newer one.")
