"""Renewing in time: certificates of others, servers whose keys are kept here, and the CAs themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from pilotwire.ca.files import file_name, make_folder, write_whole
from pilotwire.ca.founding import edition_of, has_short_key_id
from pilotwire.ca.office import Entry, Office
from pilotwire.ca.records import Issued, Status
from pilotwire.errors import ConfigError, PilotwireError
from pilotwire.pki import Certificate, PkiFault
from pilotwire.pki.describe import due
from pilotwire.pki.issuing import Order, self_signed
from pilotwire.pki.keys import PublicKey, write_key
from pilotwire.pki.naming import hosts_of
from pilotwire.pki.profiles import PROFILES

BY_ITSELF: Final = "the renewal service"
_EVERY: Final = 3600.0
"""Seconds between two looks at what is due."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of one renewal: the new certificate, or why there is none."""

    old: Issued
    new: Issued | None = None
    problem: str = ""


def newest(office: Office, name: str) -> Issued:
    """The certificate of a name, or of a serial number, that is in use. Raises PkiFault if there is none, or more than one kind."""
    now = office.clock.now()
    named = [each for each in office.book.named(name) if each.status(now) in (Status.VALID, Status.EXPIRED)]
    of_now = [each for each in named if not each.replaced_by]
    if len({each.profile for each in of_now}) > 1:
        told = ", ".join(f"{each.serial} ({each.profile})" for each in of_now)
        raise PkiFault(f"{name} has certificates of several kinds: {told}.", "Name one by its serial number.")
    if of_now:
        return of_now[-1]
    try:
        return office.issued(name)
    except PkiFault:
        raise PkiFault(
            f"There is no certificate of the name or serial number {name} to renew.", "`pilotwire pki list` shows all."
        ) from None


def due_ones(office: Office, days: int) -> list[Issued]:
    """What should be renewed: it is in use, and ends within so many days, or has ended; one that lives short, in its last third."""
    return [each for each in _in_use(office) if due(each.certificate, office.clock.now(), days)]


def ending(office: Office, days: int) -> list[Issued]:
    """What is in use and ends within so many days, or has ended."""
    now = office.clock.now()
    return [each for each in _in_use(office) if (each.until - now).total_seconds() <= days * 86400]


def _in_use(office: Office) -> list[Issued]:
    return [each for each in office.book.all() if not each.replaced_by and each.revoked_at is None]


def renew(office: Office, old: Issued, asked_by: str, days: int = 0) -> Issued:
    """The same once more: subject, key, names and (but for `days`) length of life.

    Raises PkiFault if it is revoked or replaced, or the CA ends no later than it, so that nothing would be won.
    """
    with office.book.change():
        old = office.issued(old.serial)  # another program may have done it meanwhile
        status = old.status(office.clock.now())
        if status in (Status.REVOKED, Status.REPLACED):
            raise PkiFault(f"The certificate {old.serial} ({old.name}) is {status}.", "Issue a new one.")
        new = _again(office, old, Entry(old.name, asked_by, key=old.key, request=old.request), days)
        if new.until <= old.until:
            raise PkiFault(
                f"{old.name} cannot be renewed: its CA {old.authority} ends on {new.until:%Y-%m-%d %H:%M} UTC, no later than it.",
                f"Renew the CA first: pilotwire pki renew {old.authority}.",
            )
        office.book.replace(old.serial, new.serial)
        if _is_authority(office, old):
            office.book.renew_authority(old.name, new.serial)
    return new


def _again(office: Office, old: Issued, entry: Entry, days: int) -> Issued:
    certificate = old.certificate
    profile = PROFILES[old.profile]
    root = old.authority == old.name and _is_authority(office, old)
    by = "" if root else old.authority
    since = office.since(by)
    until = _ends(office.clock.now(), certificate, days)
    links = office.links(by)
    order = Order(
        profile,
        certificate.subject,
        _public(certificate),
        since,
        until,
        hosts_of(certificate),
        ocsp=links.ocsp,
        crl=links.crl,
        issuer=links.issuer,
        usual_extended=_has_extended(certificate),
        short_key_id=has_short_key_id(profile, edition_of(office)),
    )
    if not root:
        return office.sign(by, order, entry)
    key = office.safe.open(office.record(old.name).key)
    return office.keep(old.name, self_signed(order, key), old.profile, entry)


def _has_extended(certificate: Certificate) -> bool:
    return any(isinstance(each.value, x509.ExtendedKeyUsage) for each in certificate.extensions)


def _ends(now: datetime, certificate: Certificate, days: int) -> datetime:
    lived = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    try:
        return now.replace(microsecond=0) + (timedelta(days=days) if days else lived)
    except OverflowError:
        raise ConfigError(f"{days} days are beyond the end of the calendar.") from None


def _public(certificate: Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise PkiFault("The key of this certificate is neither EC nor RSA.")
    return key


def _is_authority(office: Office, issued: Issued) -> bool:
    return any(each.serial == issued.serial for each in office.book.authorities())


class Renewals:
    """The service that renews by itself what ends within `days` and has its key kept here, and delivers it.

    In the folder `deliver` lie, for each name, `NAME.pem` (the chain) and `NAME-key.pem` (the key, not encrypted, 0600): what a server
    reads. The key stays the same, so a server that follows its files never sees a chain and a key that do not fit.
    """

    def __init__(
        self, office: Office, days: int, deliver: Path | None, told: Callable[[str], object] = lambda _: None
    ) -> None:
        self._office = office
        self._days = days
        self._deliver = deliver
        self._told = told

    def once(self) -> list[Renewed]:
        """Renew what is due now, and put what is missing or old into the folder. Problems are told, and tried again the next time."""
        renewed = [self._renewed(each) for each in due_ones(self._office, self._days) if each.key]
        self.deliver_now()
        return renewed

    def deliver_now(self) -> None:
        """Put what is missing or old into the folder, if there is one."""
        if self._deliver is None:
            return
        make_folder(self._deliver)
        for each in _kept(self._office):
            for path, content in self._files(self._deliver, each):
                if not (path.is_file() and path.read_bytes() == content):
                    write_whole(path, content)
                    self._told(f"{path} is written.")

    async def run(self, stopped: asyncio.Event, every: float = _EVERY) -> None:
        """Look once, and again every so many seconds, until stopped."""
        while not stopped.is_set():
            await asyncio.to_thread(self._once_whatever_happens)
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await stopped.wait()

    def _once_whatever_happens(self) -> None:
        try:
            self.once()
        except PilotwireError as error:
            self._told(f"Renewing: {error}")

    def _renewed(self, old: Issued) -> Renewed:
        try:
            new = renew(self._office, old, BY_ITSELF)
        except PilotwireError as error:
            self._told(f"{old.name} is not renewed: {error}")
            return Renewed(old, problem=str(error))
        self._told(f"{old.name} is renewed: {new.serial}, until {new.until:%Y-%m-%d %H:%M} UTC.")
        return Renewed(old, new)

    def _files(self, folder: Path, issued: Issued) -> Iterable[tuple[Path, bytes]]:
        name = file_name(issued.name)
        yield folder / f"{name}-key.pem", write_key_plainly(self._office, issued)
        yield folder / f"{name}.pem", self._office.handed_out(issued).encode()


def write_key_plainly(office: Office, issued: Issued) -> bytes:
    """A key that is kept, as a server reads it."""
    return write_key(office.safe.open(issued.key))


def _kept(office: Office) -> list[Issued]:
    """What is in use and has its key kept: of each name the newest."""
    by_name = {
        each.name: each for each in office.book.all() if each.key and not each.replaced_by and each.revoked_at is None
    }
    return list(by_name.values())
