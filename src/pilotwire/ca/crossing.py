"""Cross-signing: the certificate of a CA, of this authority or another, signed by a CA here as well."""

from __future__ import annotations

from datetime import timedelta

from pilotwire.ca.office import Entry, Office
from pilotwire.ca.records import Issued
from pilotwire.pki import Certificate, PkiFault
from pilotwire.pki.describe import profiles_like
from pilotwire.pki.issuing import cross_sign
from pilotwire.pki.naming import short_name


def cross(office: Office, by: str, certificate: Certificate, asked_by: str, days: int = 0) -> Issued:
    """Sign a CA's certificate once more, and keep that. `days` 0: as long as both CAs live. Raises PkiFault if that cannot be."""
    authority = office.check_signs(by)
    if certificate.public_key() == authority.certificate.public_key():
        raise PkiFault(f"{by} cannot cross-sign itself.", "Sign it with the root of another hierarchy.")
    ends = min(certificate.not_valid_after_utc, authority.certificate.not_valid_after_utc)
    now = office.clock.now()
    if ends <= now:
        raise PkiFault(f"The CA has expired on {ends:%Y-%m-%d %H:%M} UTC.", "Renew it first.")
    until = min(ends, now.replace(microsecond=0) + timedelta(days=days)) if days else ends
    made = cross_sign(authority, certificate, office.since(by), until)
    kind = next(iter(profiles_like(certificate)), "other-ca")
    return office.keep(by, made, kind, Entry(f"{short_name(certificate)} by {by}", asked_by, note="cross-signed"))
