"""Whether the client certificate of a station is revoked (A00.FR.702, A00.FR.705; 1.6: A00.FR.704 of the security whitepaper).

By an operator of this CSMS, or by its certificate authority, whose CRL is named in the settings. Both are asked at each handshake.
"""

from __future__ import annotations

from typing import Final

import structlog
from cryptography import x509

from pilotwire.clock import Clock
from pilotwire.csms.gateway.client_certificates import common_name_of
from pilotwire.csms.gateway.crls import Crl, Crls
from pilotwire.csms.registers.revocations import REVOKED, fingerprint_of
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, KeepFinding, Store
from pilotwire.domain.findings import Finding, Severity
from pilotwire.ocpp.net.server import Refuse

_log = structlog.get_logger("pilotwire.csms.gateway")
REVOKED_BEGINS: Final = "The client certificate is revoked: "
_RULE: Final = "gateway:crl"
_LONGEST_CHAIN: Final = 8


class _Unknown(Exception):
    """Nothing tells whether a certificate is revoked: why, as the argument."""


class Revocations:
    """Asks at each handshake."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, settings: CsmsSettings) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._crls = Crls(settings, clock, self._tell)

    async def start(self) -> None:
        """Read all lists for the first time, so that what is wrong with them is told now and not when a station comes."""
        await self._crls.refresh()
        if self._settings.tls_client_ca and not self._crls.wanted:
            _log.info("no CRL is given (tls_client_crl): what the authority of the stations has revoked is not known")

    async def refusal(self, station: str, der: bytes) -> Refuse | None:
        """Why a station may not come in with this certificate: it is revoked, or nobody can tell and the settings want that told.

        Raises StoreError.
        """
        kept = await self._store.record(REVOKED, common_name_of(der), fingerprint_of(der))
        if kept is not None:
            by = f"an operator of this CSMS revoked it at {kept.revoked_at:%Y-%m-%dT%H:%M:%SZ}"
            return self._revoked(station, kept.serial_number, by)
        if not self._crls.wanted:
            return None
        await self._crls.refresh()
        try:
            certificate = x509.load_der_x509_certificate(der)
            by = self._on_a_list(certificate)
        except ValueError:
            by = ""  # who cannot be read has no name either, and does not come in with it
        except _Unknown as unknown:
            return self._unchecked(station, str(unknown))
        return self._revoked(station, f"{certificate.serial_number:x}", by) if by else None

    async def close(self) -> None:
        """Ask nobody any more."""
        await self._crls.close()

    # --- what the lists say --------------------------------------------------------------------------------------------------------

    def _on_a_list(self, certificate: x509.Certificate) -> str:
        """By whom it, or an authority above it, is revoked; "" if it is not. Raises _Unknown if no list that counts tells.

        For an authority above it a list is not demanded: those of roots are rare.
        """
        below, unknown = certificate, ""
        for _ in range(_LONGEST_CHAIN):
            issuer = self._crls.issuer_of(below)
            if issuer is None:
                break
            whose = "" if below is certificate else f"the certificate of {_name(below)} above it: "
            lists = list(self._crls.of(issuer))
            for each in lists:
                # A list that is out of date still tells what was revoked: that is for good.
                if (entry := each.entry(below.serial_number)) is not None:
                    at = f"{entry.revocation_date_utc:%Y-%m-%dT%H:%M:%SZ}"
                    return f"{whose}the CRL of {_name(issuer)} has its serial number {below.serial_number:x} since {at}"
            if below is certificate:
                unknown = self._lacking(issuer, lists)
            below = issuer
        else:
            unknown = unknown or "the chain above it is too long"
        if below is certificate:
            where = "tls_client_ca; put the certificate of that authority there, besides its root"
            unknown = f"{certificate.issuer.rfc4514_string()!r}, who issued it, is not in {where}"
        if unknown:
            raise _Unknown(unknown)
        return ""

    def _lacking(self, issuer: x509.Certificate, lists: list[Crl]) -> str:
        """Why nothing tells of the certificates of an authority: no list of it, or none that still counts."""
        if not lists:
            return f"there is no CRL of {_name(issuer)} in tls_client_crl"
        if not any(each.counts(self._clock.now()) for each in lists):
            ends = max(until for each in lists if (until := each.content.next_update_utc) is not None)
            return f"the CRL of {_name(issuer)} counted until {ends:%Y-%m-%dT%H:%M:%SZ} only"
        return ""

    # --- what becomes of it --------------------------------------------------------------------------------------------------------

    def _revoked(self, station: str, serial: str, by: str) -> Refuse:
        _log.warning("a station was refused: its client certificate is revoked", station=station, serial=serial, by=by)
        return Refuse(403, f"{REVOKED_BEGINS}{by}.")

    def _unchecked(self, station: str, why: str) -> Refuse | None:
        """What happens with a station whose certificate nobody can check is the operator's to say."""
        rejects = self._settings.tls_client_unchecked == "reject"
        so = "stations that show them are refused" if rejects else "stations that show them come in all the same"
        self._crls.say(f"client certificates cannot be checked for revocation: {why}; {so} (tls_client_unchecked)")
        if not rejects:
            return None
        return Refuse(503, f"Whether the client certificate is revoked cannot be told now: {why}. Try again later.")

    def _tell(self, what: str) -> None:
        _log.error("stations' certificates cannot be checked as they should", what=what)
        finding = Finding(station="", at=self._clock.now(), rule=_RULE, severity=Severity.NOTE, what=what)
        self._journal.note(KeepFinding(finding=finding))


def _name(certificate: x509.Certificate) -> str:
    return repr(certificate.subject.rfc4514_string())
