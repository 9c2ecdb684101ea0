"""The certificate revocation lists of the settings (RFC 5280 5): files, followed as they change, and addresses, fetched anew in time.

A list that cannot be read, or is out of date, never keeps the CSMS from running: what was read before goes on counting, and it is told.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from pilotwire.clock import Clock
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.csms.partners.public_web import PublicWeb
from pilotwire.csms.settings import CsmsSettings

_MOST: Final = 50_000_000
"""Bytes of a list that is taken."""
_REST: Final = 60.0
"""Seconds before an address that failed is asked again."""
_PEM_LISTS: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
_PEM_CERTIFICATES: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
Tell = Callable[[str], None]
"""Hears of what is wrong with a list; once, until something about the lists changes."""


class CrlUnusable(Exception):
    """What was read is no list that can be used: why, as the end of a sentence."""


@dataclass(slots=True)
class Crl:
    """A list, and by the fingerprints of certificate authorities whether they have signed it."""

    content: x509.CertificateRevocationList
    _signers: dict[bytes, bool] = field(default_factory=dict)

    def is_of(self, issuer: x509.Certificate) -> bool:
        """Whether this authority has signed it."""
        if self.content.issuer != issuer.subject:
            return False
        known = issuer.tbs_certificate_bytes
        if known not in self._signers:
            self._signers[known] = _has_signed(issuer, self.content)
        return self._signers[known]

    def counts(self, now: datetime) -> bool:
        """Whether it is not out of date; one that does not say until when it counts is not."""
        until = self.content.next_update_utc
        return until is None or now < until

    def entry(self, serial: int) -> x509.RevokedCertificate | None:
        """The entry of a revoked certificate, None if it has none."""
        return self.content.get_revoked_certificate_by_serial_number(serial)


@dataclass(slots=True)
class _Source:
    """A file or an address. `seen`: the file as it was read; `due`: on the monotonic clock, when the address is asked again."""

    place: str
    lists: tuple[Crl, ...] = ()
    seen: object = None
    due: float = 0.0
    fetching: asyncio.Task[None] | None = None

    @property
    def is_address(self) -> bool:
        """Whether it is fetched."""
        return self.place.startswith(("http://", "https://"))


class Crls:
    """The lists of `tls_client_crl`, and the certificates of the authorities they may be of. `tell` hears what is wrong with them."""

    def __init__(self, settings: CsmsSettings, clock: Clock, tell: Tell) -> None:
        self._clock = clock
        self._tell = tell
        self._interval = settings.tls_client_crl_interval
        # The operator named the address: it may well be that of a server inside.
        self._web = PublicWeb(settings.ocsp_timeout, private=True)
        self._sources = [_Source(place) for place in settings.tls_client_crl]
        bundles = (settings.tls_client_ca, settings.lab_ca_certificate)
        self._bundles = tuple(bundle for bundle in bundles if bundle)
        self._bundles_seen: object = None
        self._authorities: tuple[x509.Certificate, ...] = ()
        self._told: set[str] = set()

    @property
    def wanted(self) -> bool:
        """Whether there are any in the settings."""
        return bool(self._sources)

    async def refresh(self) -> None:
        """Read files that have changed and fetch what is due; waits for an address only where no list of it counts."""
        self._follow_bundles()
        await asyncio.gather(*(self._refresh(source) for source in self._sources))

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """The authority that signed a certificate, if it is in the bundles; None for one that signed itself."""
        if certificate.issuer == certificate.subject:
            return None
        for each in self._authorities:
            if each.subject == certificate.issuer and _has_issued(each, certificate):
                return each
        return None

    def of(self, issuer: x509.Certificate) -> Iterator[Crl]:
        """The lists this authority has signed, also those out of date."""
        for source in self._sources:
            for each in source.lists:
                if each.is_of(issuer):
                    yield each

    def say(self, what: str) -> None:
        """Tell what is wrong, unless it was told since anything changed."""
        if what not in self._told:
            self._told.add(what)
            self._tell(what)

    async def close(self) -> None:
        """Fetch nothing any more."""
        for source in self._sources:
            if source.fetching is not None:
                source.fetching.cancel()
                await asyncio.wait({source.fetching})

    # --- where they come from ----------------------------------------------------------------------------------------------------

    async def _refresh(self, source: _Source) -> None:
        if not source.is_address:
            await self._follow_file(source)
            return
        stale = not source.lists or not all(each.counts(self._clock.now()) for each in source.lists)
        if source.fetching is None and self._clock.monotonic() >= source.due:
            source.fetching = asyncio.create_task(self._fetch(source), name=f"CRL of {source.place}")
        if stale and source.fetching is not None:
            await asyncio.wait({source.fetching})

    async def _follow_file(self, source: _Source) -> None:
        state = _state_of(source.place)
        if state is not None and state == source.seen:
            return
        source.seen = state
        try:
            content = await asyncio.to_thread(_content_of, source.place)
            self._take(source, content)
        except (OSError, CrlUnusable) as error:
            self._unusable(source, error.strerror or "it" if isinstance(error, OSError) else str(error))

    async def _fetch(self, source: _Source) -> None:
        try:
            content = await self._web.get(source.place, _MOST)
            self._take(source, content)
            source.due = self._clock.monotonic() + self._until_next(source)
        except PartnerFailed as failed:
            source.due = self._clock.monotonic() + _REST
            self._unusable(source, failed.what.rstrip("."))
        except CrlUnusable as error:
            source.due = self._clock.monotonic() + _REST
            self._unusable(source, str(error))
        finally:
            source.fetching = None

    def _take(self, source: _Source, content: bytes) -> None:
        source.lists = tuple(Crl(each) for each in read_crls(content))
        self._told.clear()
        for each in source.lists:
            if not any(each.is_of(known) for known in self._authorities):
                whose = each.content.issuer.rfc4514_string()
                self.say(
                    f"the CRL in {source.place} does not count: no certificate of {whose!r} in tls_client_ca or "
                    "lab_ca_certificate fits its signature; put that of the authority there"
                )

    def _until_next(self, source: _Source) -> float:
        """Seconds until an address is asked again: the interval of the settings, or less if a list ends before."""
        now = self._clock.now()
        ends = [(until - now).total_seconds() for each in source.lists if (until := each.content.next_update_utc)]
        return max(min([self._interval, *ends]), _REST)

    def _unusable(self, source: _Source, why: str) -> None:
        so = "the one read before goes on counting" if source.lists else "there is none of it yet"
        self.say(f"the CRL {source.place} cannot be used: {why}; {so}")

    def _follow_bundles(self) -> None:
        state = tuple(_state_of(bundle) for bundle in self._bundles)
        if state == self._bundles_seen:
            return
        self._bundles_seen = state
        found: list[x509.Certificate] = []
        for bundle in self._bundles:
            with suppress(OSError):  # whether the bundle can be used is told where TLS loads it
                for pem in _PEM_CERTIFICATES.findall(Path(bundle).read_bytes()):
                    with suppress(ValueError):
                        found.append(x509.load_pem_x509_certificate(pem))
        self._authorities = tuple(found)
        self._told.clear()


def read_crls(content: bytes) -> list[x509.CertificateRevocationList]:
    """The lists of a file: one in DER, or any number in PEM. Raises CrlUnusable."""
    try:
        if b"-----BEGIN" in content:
            found = [x509.load_pem_x509_crl(pem) for pem in _PEM_LISTS.findall(content)]
        else:
            found = [x509.load_der_x509_crl(content)]
        for each in found:
            _check_kind(each)
    except CrlUnusable:
        raise
    except Exception as error:  # the library raises many kinds for bytes that are no list
        raise CrlUnusable(f"it is no CRL in DER or PEM ({error or type(error).__name__})") from None
    if not found:
        raise CrlUnusable("no CRL is in it")
    return found


def _check_kind(content: x509.CertificateRevocationList) -> None:
    """A list of changes, or one of several authorities, would be misread as a whole list of its issuer."""
    for each in content.extensions:
        if isinstance(each.value, x509.DeltaCRLIndicator):
            raise CrlUnusable("it is a delta CRL; give the base CRL")
        if isinstance(each.value, x509.IssuingDistributionPoint) and each.value.indirect_crl:
            raise CrlUnusable("it is an indirect CRL; give the one of the authority itself")


def _content_of(place: str) -> bytes:
    with Path(place).open("rb") as file:
        content = file.read(_MOST + 1)
    if len(content) > _MOST:
        raise CrlUnusable(f"it has more than {_MOST} bytes")
    return content


def _state_of(file: str) -> object:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _has_signed(issuer: x509.Certificate, content: x509.CertificateRevocationList) -> bool:
    try:
        return content.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except Exception:  # a kind of key that signs nothing, or a signature that is none
        return False


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # as above
        return False
    return True
