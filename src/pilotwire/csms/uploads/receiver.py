"""The receiver of uploads: makes one-time places to upload to, checks who comes, and stores what arrives before it says so."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from pilotwire.clock import Clock
from pilotwire.csms.registers.logs import KEYS, LOGS, LogRequest, Protocol, ReceivedFile, UploadKey, key_of
from pilotwire.csms.settings import CsmsSettings
from pilotwire.csms.store.ports import Journal, KeepFinding, Store
from pilotwire.csms.uploads.folder import Folder
from pilotwire.csms.uploads.places import server_url, uploads_folder
from pilotwire.csms.uploads.upload import Upload, UploadRefused
from pilotwire.domain.diagnostics import HIDDEN, safe_name, shown_location
from pilotwire.domain.findings import Finding, Severity
from pilotwire.domain.kinds import changed
from pilotwire.errors import StoreError

_log = structlog.get_logger("pilotwire.csms.uploads")
PATH: Final = "/uploads/"
"""Where the HTTP receiver is, on the server of the API."""
USER_PREFIX: Final = "log-"
_FINDINGS_A_MINUTE: Final = 60
"""How many strangers a minute leave a finding: whoever tries secrets out must not fill the database."""


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hex. A secret has 128 random bits, so a slow hash would add nothing."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def credentials_secret(user: str, password: str) -> str:
    """The secret that a user name and its password are (FTP, SFTP)."""
    return f"{user}:{password}"


class Receiver:
    """Takes uploads for requests on record. `ports` are those of the servers beside HTTP that are running."""

    def __init__(self, journal: Journal, store: Store, clock: Clock, settings: CsmsSettings) -> None:
        self.folder = Folder(uploads_folder(settings))
        self.ports: dict[Protocol, int] = {}
        self.limit = settings.max_upload_bytes
        self._journal = journal
        self._store = store
        self._clock = clock
        self._lifetime = timedelta(seconds=settings.upload_lifetime)
        self._ftps = bool(settings.ftp_certificate)
        self._recording = asyncio.Lock()
        self._strangers: tuple[int, int] = (0, 0)

    # --- places ----------------------------------------------------------------------------------------------------------------

    def new_key(self, station: str, request_id: int, protocol: Protocol) -> UploadKey:
        """The rights of a new secret."""
        return UploadKey(
            station=station, request_id=request_id, protocol=protocol, expires_at=self._clock.now() + self._lifetime
        )

    def new_place(self, protocol: Protocol, base: str) -> tuple[str, str, str]:
        """A URL with a new secret, the URL as it may be shown, and the secret's digest; `base` is the URL of the HTTP server.

        Raises PilotwireError if the protocol is not served.
        """
        token = secrets.token_hex(16)
        if protocol is Protocol.HTTP:
            return _http_url(base, token), _http_url(base, HIDDEN), digest_of(token)
        user = f"{USER_PREFIX}{secrets.token_hex(6)}"
        url = server_url(protocol, base, self.ports, user, token, tls=self._ftps)
        return url, shown_location(url), digest_of(credentials_secret(user, token))

    # --- who comes -------------------------------------------------------------------------------------------------------------

    async def admit(self, secret: str, protocol: Protocol, *, remote: str = "") -> UploadKey:
        """The rights of a secret. Raises UploadRefused (a finding is kept) for one that is wrong, used or too old; StoreError."""
        key = await self._store.record(KEYS, "", digest_of(secret))
        if key is None or key.protocol is not protocol:
            self._note_stranger(protocol, remote)
            raise UploadRefused("There is nothing to upload here.")
        trouble = self._trouble_with(key)
        if trouble is not None:
            self.note(
                key.station, trouble[0], f"An upload by {protocol} for log request {key.request_id} {trouble[1]}."
            )
            raise UploadRefused("There is nothing to upload here any more.")
        return key

    def _trouble_with(self, key: UploadKey) -> tuple[str, str] | None:
        if key.ended_at is not None:
            return "upload:used-key", "came after its end"
        if self._clock.now() > key.expires_at:
            return "upload:expired-key", f"came after its time was over at {key.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        return None

    def _note_stranger(self, protocol: Protocol, remote: str) -> None:
        minute = int(self._clock.now().timestamp()) // 60
        since, count = self._strangers
        self._strangers = (minute, count + 1 if since == minute else 1)
        if self._strangers[1] <= _FINDINGS_A_MINUTE:
            who = f" from {remote}" if remote else ""
            self.note(
                "",
                "upload:unknown-key",
                f"Somebody{who} tried to upload by {protocol} with a key that is not on record.",
            )
        else:
            _log.warning("an upload with an unknown key", protocol=protocol.value, remote=remote)

    def note(self, station: str, rule: str, what: str) -> None:
        """Keep a finding."""
        finding = Finding(station=station, at=self._clock.now(), rule=rule, severity=Severity.BREACH, what=what)
        self._journal.note(KeepFinding(finding=finding))

    # --- what they bring -------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def receiving(self, secret: str, protocol: Protocol, *, remote: str = "") -> AsyncIterator[Upload]:
        """An upload with a secret, from its first byte on. If the block is left before `store` gave a file, nothing of it stays and a
        finding does.

        Raises UploadRefused if it may not begin.
        """
        key = await self.admit(secret, protocol, remote=remote)
        upload = Upload(self, digest_of(secret), key)
        try:
            yield upload
        finally:
            if upload.stored is None:
                await upload.discard()

    async def keep(
        self, digest: str, upload: Upload, proposals: tuple[str | None, ...], content_type: str | None
    ) -> ReceivedFile:
        """Give a sealed file its name, and book it. Only the first of two that come at one time is kept.

        Raises UploadRefused, StoreError, OSError: then there is no file.
        """
        async with self._recording:
            await self._still_wanted(digest)
            key = upload.key
            request = await self._store.record(LOGS, key.station, key_of(key.request_id))
            name = safe_name(*proposals, request.file_name if request else None)
            path = await asyncio.to_thread(self.folder.place, upload.incoming, key.station, key.request_id, name)
            now = self._clock.now()
            received = ReceivedFile(
                name=name,
                size=upload.size,
                sha256=upload.sha256,
                content_type=content_type,
                path=path,
                protocol=key.protocol,
                received_at=now,
            )
            try:
                await self._book(digest, key, received, now)
            except StoreError:  # a file that nobody booked must not stay
                self.folder.remove(path)
                raise
        return received

    async def _still_wanted(self, digest: str) -> None:
        key = await self._store.record(KEYS, "", digest)
        if key is None or self._trouble_with(key) is not None:
            raise UploadRefused("There is nothing to upload here any more.")

    async def _book(self, digest: str, key: UploadKey, received: ReceivedFile, now: datetime) -> None:
        def with_file(request: LogRequest | None) -> LogRequest:
            record = request or LogRequest(station=key.station, request_id=key.request_id)
            return changed(record, files=(*record.files, received))

        def ended(found: UploadKey | None) -> UploadKey:
            return changed(found or key, ended_at=now)

        await self._journal.append(
            LOGS.amend(key.station, key_of(key.request_id), with_file), KEYS.amend("", digest, ended)
        )


def _http_url(base: str, token: str) -> str:
    """The URL for a token. It ends with a slash: a station appends the name of its file (2.1 N01.FR.21)."""
    return f"{base.rstrip('/')}{PATH}{token}/"
