"""A certificate authority inside, for a lab: it signs what stations ask for with a CA whose key lies on this machine.

Not for the field: a CSMS should not sign itself (A02.FR.04). The CA is a PEM pair as `pilotwire csms-certificates` makes it (`ca.pem`,
`ca-key.pem`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from pilotwire import pki
from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed, SigningRefused
from pilotwire.domain.certificates import SigningUse
from pilotwire.errors import ConfigError

_EARLIER: Final = timedelta(hours=1)
"""Certificates count from an hour ago: the clocks of a lab do not agree."""
_SUBJECT: Final = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
_REMEDY: Final = (
    "Give lab_ca_certificate and lab_ca_key; `pilotwire csms-certificates` makes both (ca.pem, ca-key.pem)."
)
_KINDS: Final = {
    None: "station-secc",
    SigningUse.CHARGING_STATION: "station",
    SigningUse.V2G: "secc",
    SigningUse.V2G_20: "secc",
}
_POLICY: Final = pki.Policy(pki.PROFILES["station"], needs_organization=False, needs_common_name=False, names=True)
"""Keys are looked at here, subjects where the request comes in; what else it asks for is left out."""


def read_ca(certificate: str, key: str) -> pki.Authority:
    """The CA in two PEM files. Raises ConfigError if they cannot be read, or do not belong together."""
    try:
        own, *above = pki.read_certificates(Path(certificate).read_text("ascii", "ignore"))
        return pki.Authority(own, pki.read_key(Path(key).read_bytes()), tuple(above))
    except OSError as error:
        raise ConfigError(f"the CA that signs for stations cannot be read: {error}.", _REMEDY) from None
    except pki.PkiFault as fault:
        raise ConfigError(
            f"the CA that signs for stations cannot be used ({certificate}, {key}): {fault.what}", _REMEDY
        ) from None


class LabSigner:
    """A `Signer` that makes certificates valid for `days`, as the standard wants them (A00.FR.501 to A00.FR.514).

    The subject is the organization and the common name of the request, nothing else of it; there is no subjectAltName, so that it
    cannot pass as a server's (A00.FR.511). Of the extended key usages only clientAuth is given, and only to a certificate that is for
    the station's connection to the CSMS alone: those that a vehicle sees have none (A00.FR.514).
    """

    def __init__(self, ca: pki.Authority, clock: Clock, days: int) -> None:
        self._ca = ca
        self._clock = clock
        self._days = days

    async def sign(self, station: str, csr: str, use: SigningUse | None) -> str:
        """The chain: the new certificate, then the CA's."""
        profile = pki.PROFILES[_KINDS[use]]
        breaches = pki.check_request(csr, replace(_POLICY, profile=profile))
        if breaches:
            raise SigningRefused(" ".join(f"{each.what.rstrip('.')} ({each.rule})." for each in breaches))
        now, issuer = self._clock.now(), self._ca.certificate
        if issuer.not_valid_after_utc <= now:
            raise PartnerFailed("The certificate of the CA that signs for stations has expired.")
        since = max(now - _EARLIER, issuer.not_valid_before_utc)
        try:
            order = pki.order_from(csr, profile, since, now + timedelta(days=self._days), names=())
            subject = x509.Name(each for each in order.subject if each.oid in _SUBJECT)
            made = pki.issue(self._ca, replace(order, subject=subject, usual_extended=True))
        except pki.PkiFault as fault:
            raise PartnerFailed(fault.what) from None
        return pki.pem_of(made, *self._ca.chain)
