"""The office of a certificate authority: a folder with its register and its keys, and what every act needs of both.

    FOLDER/ca.sqlite    the register (0600)
    FOLDER/keys/        private keys, encrypted (0600), if they are in no token

A certificate is in the register, on disk, before anybody gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from pilotwire.ca.book import Book, SerialTaken
from pilotwire.ca.files import make_folder
from pilotwire.ca.records import AuthorityRecord, Issued
from pilotwire.ca.safe import Safe, Secrets
from pilotwire.clock import Clock
from pilotwire.errors import ConfigError, StoreError
from pilotwire.pki import Certificate, PkiFault, pem_of
from pilotwire.pki.issuing import Authority, Order, issue
from pilotwire.pki.naming import words_of
from pilotwire.pki.profiles import PROFILES, CertificateProfile

REGISTER: Final = "ca.sqlite"
KEYS: Final = "keys"
_EARLIER: Final = timedelta(hours=1)
"""Certificates count from an hour ago: clocks do not agree."""
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """What is noted of a certificate besides what it says itself; see `Issued`."""

    name: str
    asked_by: str
    note: str = ""
    key: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """URLs that a certificate tells, "" for what it does not tell."""

    ocsp: str = ""
    crl: str = ""
    issuer: str = ""


class Office:
    """See the module. `open` and `create` raise ConfigError or StoreError if there is none, or none can be made."""

    def __init__(self, folder: Path, book: Book, safe: Safe, clock: Clock) -> None:
        self.folder = folder
        self.book = book
        self.safe = safe
        self.clock = clock

    @classmethod
    def create(cls, folder: Path, secrets: Secrets, clock: Clock, token: tuple[str, str] = ("", "")) -> Self:
        """A new office in a new or empty folder, without CAs yet."""
        make_folder(folder)
        try:
            if any(folder.iterdir()):
                raise ConfigError(f"The folder {folder} is not empty.", "Choose a new folder for the authority.")
            folder.chmod(0o700)
        except OSError as error:
            what = f"The folder {folder} cannot be used: {error.strerror or error}."
            raise StoreError(what, "Choose a folder that is yours.") from None
        book = Book(folder / REGISTER, create=True)
        with book.change():
            book.tell("token_library", token[0])
            book.tell("token_label", token[1])
        return cls(folder, book, Safe(folder / KEYS, secrets, token), clock)

    @classmethod
    def open(cls, folder: Path, secrets: Secrets, clock: Clock) -> Self:
        """The office in a folder."""
        if not (folder / REGISTER).is_file():
            raise ConfigError(
                f"There is no certificate authority in {folder}.",
                f"Make one: pilotwire pki init {folder}, or name its folder.",
            )
        book = Book(folder / REGISTER)
        token = (book.fact("token_library"), book.fact("token_label"))
        return cls(folder, book, Safe(folder / KEYS, secrets, token), clock)

    def close(self) -> None:
        """Close register and keys."""
        self.safe.close()
        self.book.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- looking up --------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where `pki serve` is reached, as the certificates tell it; "" if they tell nothing."""
        return self.book.fact("url")

    @property
    def organization(self) -> str:
        """Whose authority it is."""
        return self.book.fact("organization")

    def record(self, name: str) -> AuthorityRecord:
        """The CA of a name. Raises PkiFault."""
        there = self.book.authorities()
        found = next((each for each in there if each.name == name), None)
        if found is None:
            known = ", ".join(each.name for each in there) or "none"
            raise PkiFault(f"There is no CA {name} here.", f"There are: {known}.")
        return found

    def chain(self, name: str) -> tuple[Certificate, ...]:
        """The certificate of a CA and those above it, the root last."""
        by_name = {each.name: each for each in self.book.authorities()}
        chain: list[Certificate] = []
        while name:
            record = by_name[name]
            chain.append(self.issued(record.serial).certificate)
            name = record.above
        return tuple(chain)

    def issued(self, serial: str) -> Issued:
        """The certificate of a serial number in hexadecimal. Raises PkiFault."""
        plain = serial.lower().replace(":", "").removeprefix("0x").lstrip("0")
        found = self.book.get(plain)
        if found is None:
            raise PkiFault(f"No certificate here has the serial number {serial}.", "`pilotwire pki list` shows all.")
        return found

    def chain_of(self, issued: Issued) -> tuple[Certificate, ...]:
        """A certificate that was issued here, and the CAs above it, the root last."""
        certificate = issued.certificate
        above = self.chain(issued.authority)
        return above if certificate == above[0] else (certificate, *above)

    def handed_out(self, issued: Issued) -> str:
        """A certificate as PEM with the sub-CAs it needs, without the root: who checks it has that (A02, CertificateSigned)."""
        chain = self.chain_of(issued)
        return pem_of(*(chain[:-1] if len(chain) > 1 else chain))

    # --- signing -----------------------------------------------------------------------------------------------------------

    def profile(self, name: str) -> CertificateProfile:
        """A kind of certificate. Raises PkiFault."""
        if name not in PROFILES:
            raise PkiFault(f"There is no kind of certificate {name!r}.", f"There are: {', '.join(PROFILES)}.")
        return PROFILES[name]

    def signer_of(self, profile: CertificateProfile, wanted: str = "") -> str:
        """The CA that signs a kind of certificate; `wanted` names one. Raises PkiFault if none here does, or not that one."""
        there = {each.name: each for each in self.book.authorities()}
        if wanted:
            kind = self.record(wanted).profile
            if kind not in profile.issuers:
                usual = " or ".join(profile.issuers) or "nobody else: it signs itself"
                raise PkiFault(
                    f"{wanted} signs no certificate of the kind {profile.name}.", f"Such are signed by {usual}."
                )
            return wanted
        for kind in profile.issuers:
            found = next((each.name for each in there.values() if each.profile == kind), None)
            if found is not None:
                return found
        if not profile.issuers:
            raise PkiFault(f"{profile.name} is a root: it signs itself.", "Make one: pilotwire pki init --hierarchy.")
        raise PkiFault(
            f"No CA here signs certificates of the kind {profile.name}: it takes a {' or '.join(profile.issuers)}.",
            f"Add one: pilotwire pki init {self.folder} --hierarchy {profile.hierarchy.value.lower()}.",
        )

    def authority(self, name: str) -> Authority:
        """A CA with its key: a revoked one too, which still tells what it has revoked. Raises PkiFault if the key cannot be had."""
        chain = self.chain(name)
        return Authority(chain[0], self.safe.open(self.record(name).key), chain[1:])

    def check_signs(self, name: str) -> Authority:
        """A CA that may sign. Raises PkiFault if it is revoked, or its key cannot be had."""
        if self.issued(self.record(name).serial).revoked_at is not None:
            raise PkiFault(f"The CA {name} is revoked: it signs nothing any more.", "Sign with another CA.")
        return self.authority(name)

    def since(self, by: str = "") -> datetime:
        """When a certificate made now begins: a little earlier, but not before the CA that signs it."""
        begins = (self.clock.now() - _EARLIER).replace(microsecond=0)
        return max(begins, self.chain(by)[0].not_valid_before_utc) if by else begins

    def links(self, by: str) -> Links:
        """What certificates of a CA tell of where its OCSP responder, its CRL and its own certificate are."""
        if not self.url or not by:
            return Links()
        return Links(f"{self.url}/ocsp", f"{self.url}/crl/{by}.crl", f"{self.url}/issuers/{by}.cer")

    def sign(self, by: str, order: Order, entry: Entry) -> Issued:
        """Sign, and keep what was signed. Raises PkiFault if it cannot be, StoreError if it cannot be kept (then nobody has it)."""
        authority = self.check_signs(by)
        for _ in range(_TRIES):
            certificate = issue(authority, order)
            try:
                return self.keep(by, certificate, order.profile.name, entry, order.names)
            except SerialTaken:
                continue  # by chance, or because the source of chance is broken: another one, but not for ever
        raise StoreError("No serial number was free.", "See that this machine has a source of randomness.")

    def keep(self, by: str, certificate: Certificate, profile: str, entry: Entry, hosts: Sequence[str] = ()) -> Issued:
        """Write a certificate into the register. Raises SerialTaken and StoreError."""
        issued = Issued(
            serial=f"{certificate.serial_number:x}",
            authority=by,
            name=entry.name,
            profile=profile,
            subject=words_of(certificate.subject),
            since=certificate.not_valid_before_utc,
            until=certificate.not_valid_after_utc,
            pem=pem_of(certificate),
            asked_by=entry.asked_by,
            issued_at=self.clock.now(),
            note=entry.note,
            key=entry.key,
            hosts=tuple(hosts),
            request=entry.request,
        )
        self.book.add(issued)
        return issued
