"""Taking certificates back, and telling the world: CRLs (RFC 5280) and OCSP (RFC 6960)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pilotwire.ca.office import Office
from pilotwire.ca.records import Issued
from pilotwire.errors import ConfigError
from pilotwire.pki import PkiFault
from pilotwire.pki.ocsp import OcspQuery, Refusal, Responder, Standing, make_refusal, make_response, read_request
from pilotwire.pki.revocation import Crl, Reason, Revoked, crl_der, make_crl, read_crl

CRL_DAYS: Final = 7
"""How long a CRL is good. A new one is made when half of that is over, or when something was revoked."""
_OCSP_HOURS: Final = 24
_EARLIER: Final = timedelta(minutes=5)
"""CRLs and responses count from a little earlier: clocks do not agree."""


def reason_of(text: str) -> Reason:
    """The reason of a name, in any case and with or without hyphens. Raises ConfigError."""
    plain = text.replace("-", "").replace("_", "").lower()
    found = next((each for each in Reason if each.value.lower() == plain), None)
    if found is None:
        raise ConfigError(f"{text!r} is no reason.", f"There are: {', '.join(Reason)}.")
    return found


def revoke(office: Office, serial: str, reason: Reason) -> Issued:
    """Take a certificate back. Raises PkiFault: none here has this number, it is a root, or is revoked already.

    One that is only on hold can be revoked for good.
    """
    with office.book.change():
        issued = office.issued(serial)
        _check_revocable(office, issued)
        since = issued.revoked_at if issued.revoked_at is not None else office.clock.now()
        office.book.revoke(issued.serial, reason.value, since)
    return office.issued(serial)


def release(office: Office, serial: str) -> Issued:
    """A certificate that was on hold is good again. Raises PkiFault if it was not on hold."""
    with office.book.change():
        issued = office.issued(serial)
        if issued.reason != Reason.CERTIFICATE_HOLD:
            raise PkiFault(
                f"The certificate {issued.serial} ({issued.name}) is not on hold.",
                f"Only one that was revoked with the reason {Reason.CERTIFICATE_HOLD} is released.",
            )
        office.book.hold_no_more(issued.serial)
        office.book.drop_crl(issued.authority)
    return office.issued(serial)


def _check_revocable(office: Office, issued: Issued) -> None:
    roots = {each.name for each in office.book.authorities() if not each.above}
    if issued.authority in roots and issued.authority == issued.name:
        raise PkiFault(
            f"{issued.name} is a root: nobody stands above it to revoke it.",
            "Have it removed from the trust of everybody who has it, and make a new hierarchy.",
        )
    if issued.revoked_at is not None and issued.reason != Reason.CERTIFICATE_HOLD:
        raise PkiFault(
            f"The certificate {issued.serial} ({issued.name}) is revoked since {issued.revoked_at:%Y-%m-%d %H:%M} UTC "
            f"({issued.reason})."
        )


def new_crl(office: Office, name: str, days: int = CRL_DAYS) -> Crl:
    """Make and keep the next CRL of a CA."""
    authority = office.authority(name)
    with office.book.change():
        number = office.book.next_crl_number(name)
        revoked = [_revoked(each) for each in office.book.revoked(name)]
        since = max(office.clock.now() - _EARLIER, authority.certificate.not_valid_before_utc).replace(microsecond=0)
        crl = make_crl(authority, revoked, number, since, since + timedelta(days=days))
        office.book.keep_crl(name, number, crl_der(crl))
    return crl


def current_crl(office: Office, name: str) -> bytes:
    """The CRL of a CA in DER, as it is to be served: the newest, or a new one if it is half way to its end, or lacks a revocation."""
    record = office.record(name)
    if record.crl:
        crl = read_crl(record.crl)
        if _is_of_today(office, name, crl):
            return record.crl
    return crl_der(new_crl(office, name))


def _is_of_today(office: Office, name: str, crl: Crl) -> bool:
    since, until = crl.last_update_utc, crl.next_update_utc
    if until is None or office.clock.now() > since + (until - since) / 2:
        return False
    listed = {each.serial_number for each in crl}
    return {int(each.serial, 16) for each in office.book.revoked(name)} == listed


def answer_ocsp(office: Office, request: bytes) -> tuple[bytes, str]:
    """The response to an OCSP request in DER, and in a sentence what it says. It is signed by the CA that issued."""
    try:
        query = read_request(request)
    except PkiFault as fault:
        return make_refusal(Refusal.MALFORMED_REQUEST), f"a request that cannot be read: {fault.what}"
    by = _asked_of(office, query)
    if by is None:
        return make_refusal(Refusal.UNAUTHORIZED), "a certificate of a CA that is not here"
    standing, told = _standing(office, by, query)
    since = office.clock.now().replace(microsecond=0) - _EARLIER
    responder = Responder.of(office.authority(by))
    return make_response(responder, query, standing, since, since + timedelta(hours=_OCSP_HOURS)), told


def _asked_of(office: Office, query: OcspQuery) -> str | None:
    return next((each.name for each in office.book.authorities() if query.is_to(office.chain(each.name)[0])), None)


def _standing(office: Office, by: str, query: OcspQuery) -> tuple[Standing | Revoked, str]:
    issued = office.book.get(f"{query.serial:x}")
    if issued is None or issued.authority != by:
        return Standing.UNKNOWN, f"{by} never issued {query.serial:x}"
    if issued.revoked_at is not None:
        return _revoked(issued), f"{issued.name} is revoked"
    return Standing.GOOD, f"{issued.name} is good"


def _revoked(issued: Issued) -> Revoked:
    at = issued.revoked_at or issued.issued_at
    return Revoked(int(issued.serial, 16), at.replace(microsecond=0), Reason(issued.reason))
