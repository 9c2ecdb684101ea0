"""Files from and to servers: HTTP, HTTPS, FTP, FTPS, SFTP; resumed where they broke off, bounded in size and time.

User and password of the URL are used (N01.FR.25). TLS is checked against the roots of the system and those installed for the CSMS
(N01.FR.15, N01.FR.16); a file `tls/known-hosts` (OpenSSH's format) says which SSH hosts are known, without it any is taken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

import aioftp
import httpx

from pilotwire.domain.diagnostics import UploadStatus, shown_location
from pilotwire.errors import PilotwireError
from pilotwire.station.core.file_transfer import PROTOCOLS, protocol_of
from pilotwire.station.files import Files

if TYPE_CHECKING:
    import asyncssh

QUIET = 30.0
"""Seconds without a byte after which the other side is taken for gone."""
ROOTS = "tls/csms-roots.pem"
KNOWN_HOSTS = "tls/known-hosts"
_GULP = 64 * 1024
_FTP_PORT, _FTPS_PORT = 21, 990

Arrived = Callable[[int], None]
"""Told of so many bytes that are here."""


class TransferFailed(PilotwireError):
    """The file did not get across. `status` is how an upload calls it, `reason_code` the standard's word for it."""

    def __init__(
        self, what: str, status: UploadStatus = UploadStatus.UPLOAD_FAILURE, reason_code: str | None = None
    ) -> None:
        super().__init__(what)
        self.status = status
        self.reason_code = reason_code


# --- in common ------------------------------------------------------------------------------------------------------


def tls_context(files: Files) -> ssl.SSLContext:
    """Who is trusted."""
    context = ssl.create_default_context()
    roots = files.read(ROOTS)
    if roots and roots.strip():
        try:
            context.load_verify_locations(cadata=roots.decode("ascii", "replace"))
        except ssl.SSLError as error:
            raise TransferFailed(f"The installed root certificates cannot be read: {error}.") from None
    return context


def _parts(location: str) -> SplitResult:
    scheme = protocol_of(location)
    if scheme not in PROTOCOLS:
        what = f"{shown_location(location)} is not fetched or sent to: only {', '.join(PROTOCOLS)} are."
        raise TransferFailed(what, UploadStatus.NOT_SUPPORTED_OPERATION)
    parts = urlsplit(location)
    try:
        _ = parts.port
    except ValueError as error:
        raise TransferFailed(f"{shown_location(location)} is no URL: {error}.", UploadStatus.BAD_MESSAGE) from None
    return parts


_FTP_STATUS = {"530": UploadStatus.PERMISSION_DENIED, "550": UploadStatus.PERMISSION_DENIED}
_FTP_STATUS |= dict.fromkeys(("500", "502", "504"), UploadStatus.NOT_SUPPORTED_OPERATION)
_FTP_STATUS |= dict.fromkeys(("501", "503", "553"), UploadStatus.BAD_MESSAGE)


@contextmanager
def _explained(location: str) -> Iterator[None]:
    """Turn what the libraries raise into `TransferFailed`."""
    import asyncssh  # here and not above: it takes long to load, and most stations end without a transfer

    shown = shown_location(location)
    try:
        yield
    except aioftp.StatusCodeError as error:
        code = str(error.received_codes[-1])
        status = _FTP_STATUS.get(code, UploadStatus.UPLOAD_FAILURE)
        raise TransferFailed(
            f"The FTP server of {shown} says {code}: {' '.join(error.info).strip()}.", status
        ) from None
    except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied) as error:
        raise TransferFailed(f"{shown}: {error.reason}.", UploadStatus.PERMISSION_DENIED) from None
    except asyncssh.SFTPOpUnsupported as error:
        raise TransferFailed(f"{shown}: {error.reason}.", UploadStatus.NOT_SUPPORTED_OPERATION) from None
    except asyncssh.Error as error:
        raise TransferFailed(f"{shown}: {error.reason}.") from None
    except TimeoutError:
        raise TransferFailed(f"{shown} did not answer in time.") from None
    except (OSError, httpx.HTTPError, httpx.InvalidURL, aioftp.AIOFTPException, EOFError, ValueError) as error:
        raise TransferFailed(f"{shown}: {error or type(error).__name__}.") from None


def _ftp_client(context: ssl.SSLContext | None) -> aioftp.Client:
    return aioftp.Client(socket_timeout=QUIET, connection_timeout=QUIET, path_timeout=QUIET, ssl=context)


async def _ftps(host: str, port: int, context: ssl.SSLContext) -> aioftp.Client:
    """FTPS begins with TLS, or asks for it where the server greets in plain text, as on port 21 (RFC 4217)."""
    if port != _FTP_PORT:
        client = _ftp_client(context)
        try:
            await client.connect(host, port)
        except ssl.SSLError as error:
            client.close()
            if error.reason != "WRONG_VERSION_NUMBER":
                raise
        else:
            return client
    client = _ftp_client(None)
    try:
        await client.connect(host, port)
        await client.upgrade_to_tls(context)
    except BaseException:
        client.close()
        raise
    return client


@asynccontextmanager
async def _ftp(parts: SplitResult, files: Files) -> AsyncIterator[aioftp.Client]:
    host = parts.hostname or ""
    if parts.scheme.lower() == "ftps":
        client = await _ftps(host, parts.port or _FTPS_PORT, tls_context(files))
    else:
        client = _ftp_client(None)
    try:
        if parts.scheme.lower() == "ftp":
            await client.connect(host, parts.port or _FTP_PORT)
        await client.login(unquote(parts.username or "anonymous"), unquote(parts.password or "anonymous@"))
        yield client
    finally:
        client.close()


def _ftp_path(parts: SplitResult) -> str:
    """From where the user begins (RFC 1738)."""
    return unquote(parts.path.removeprefix("/"))


@asynccontextmanager
async def _sftp(parts: SplitResult, files: Files) -> AsyncIterator[asyncssh.SFTPClient]:
    import asyncssh

    known = files.read(KNOWN_HOSTS)
    async with (
        asyncssh.connect(
            parts.hostname or "",
            parts.port or 22,
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            known_hosts=None if known is None else asyncssh.import_known_hosts(known.decode("utf-8", "replace")),
            client_keys=None,
            agent_path=None,
            config=None,
            connect_timeout=QUIET,
            login_timeout=QUIET,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        yield client


# --- fetching -------------------------------------------------------------------------------------------------------


class _Arriving:
    """A file of the station that grows."""

    def __init__(self, files: Files, name: str, most: int, arrived: Arrived) -> None:
        self.files, self.name, self.most, self._arrived = files, name, most, arrived
        self.size = files.size(name) or 0

    @property
    def origin(self) -> str:
        """Where it is kept which version of the file the beginning is of."""
        return f"{self.name}.origin"

    def begin_anew(self) -> None:
        self.files.write(self.name, b"")
        self.size = 0

    def add(self, chunk: bytes) -> None:
        if self.size + len(chunk) > self.most:
            self.begin_anew()
            raise TransferFailed(f"The file is larger than {self.most} bytes.")
        self.files.append(self.name, chunk)
        self.size += len(chunk)
        self._arrived(self.size)


async def fetch(location: str, files: Files, name: str, *, most: int, arrived: Arrived = lambda _: None) -> int:
    """Fetch what is missing of a file, and return its size; raises `TransferFailed`, with what came so far kept."""
    parts = _parts(location)
    arriving = _Arriving(files, name, most, arrived)
    how = {"http": _fetch_http, "https": _fetch_http, "ftp": _fetch_ftp, "ftps": _fetch_ftp, "sftp": _fetch_sftp}
    with _explained(location):
        await how[parts.scheme.lower()](location, parts, arriving)
    if arriving.size == 0 and files.size(name) is None:
        files.write(name, b"")
    files.delete(arriving.origin)
    return arriving.size


async def _fetch_http(location: str, _: SplitResult, file: _Arriving) -> None:
    """By Range from where it broke off (RFC 9110 14.2), if it is still the same file (If-Range)."""
    headers = {"Accept-Encoding": "identity"}
    if file.size:
        headers["Range"] = f"bytes={file.size}-"
        origin = file.files.read(file.origin)
        headers |= {"If-Range": origin.decode("latin-1")} if origin else {}
    verify = tls_context(file.files) if location.lower().startswith("https") else False
    async with (
        httpx.AsyncClient(verify=verify, timeout=QUIET, follow_redirects=True, trust_env=False) as client,
        client.stream("GET", location, headers=headers) as response,
    ):
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and file.size:
            if response.headers.get("content-range") == f"bytes */{file.size}":
                return  # all of it is here already
            file.begin_anew()
        if response.status_code not in (200, 206):
            raise TransferFailed(f"The server of {shown_location(location)} says {response.status_code}.")
        _check_place(response, file)
        async for chunk in response.aiter_raw(_GULP):
            file.add(chunk)


def _check_place(response: httpx.Response, file: _Arriving) -> None:
    """What comes is the rest, or the whole again; remember of which version it is."""
    if response.status_code == 200:
        if file.size:
            file.begin_anew()
    elif not response.headers.get("content-range", "").startswith(f"bytes {file.size}-"):
        raise TransferFailed("The server sends another part of the file than the one asked for.")
    tag = response.headers.get("etag", "")
    origin = tag if tag and not tag.startswith("W/") else response.headers.get("last-modified", "")
    if origin:
        file.files.write(file.origin, origin.encode("latin-1", "replace"))


async def _fetch_ftp(_: str, parts: SplitResult, file: _Arriving) -> None:
    """By REST from where it broke off (RFC 3659 5)."""
    async with (
        _ftp(parts, file.files) as client,
        client.download_stream(_ftp_path(parts), offset=file.size) as stream,
    ):
        async for chunk in stream.iter_by_block(_GULP):
            file.add(chunk)


async def _fetch_sftp(_: str, parts: SplitResult, file: _Arriving) -> None:
    """From the offset where it broke off."""
    async with _sftp(parts, file.files) as client, client.open(unquote(parts.path), "rb") as remote:
        while True:
            async with asyncio.timeout(QUIET):
                chunk = await remote.read(_GULP, file.size)
            if not chunk:
                return
            file.add(bytes(chunk))  # type: ignore[arg-type]


# --- sending --------------------------------------------------------------------------------------------------------


async def send(location: str, content: bytes, file_name: str, files: Files, *, is_folder: bool = False) -> None:
    """Upload a file; raises `TransferFailed`. A location that ends with a slash (or `is_folder`) is a folder (N01.FR.21, N01.FR.29)."""
    parts = _parts(location)
    if parts.path.endswith("/") or is_folder or not parts.path:
        parts = parts._replace(path=f"{parts.path.rstrip('/')}/{file_name}")
    how = {"http": _send_http, "https": _send_http, "ftp": _send_ftp, "ftps": _send_ftp, "sftp": _send_sftp}
    with _explained(location):
        await how[parts.scheme.lower()](parts, content, file_name, files)


_HTTP_STATUS = {
    400: UploadStatus.BAD_MESSAGE,
    401: UploadStatus.PERMISSION_DENIED,
    403: UploadStatus.PERMISSION_DENIED,
    405: UploadStatus.NOT_SUPPORTED_OPERATION,
    501: UploadStatus.NOT_SUPPORTED_OPERATION,
}
_NOT_PUT = (405, 501)


async def _send_http(parts: SplitResult, content: bytes, file_name: str, files: Files) -> None:
    """PUT, or POST where the server takes no PUT (N01.FR.18, N01.FR.19); no redirection is followed (N01.FR.30)."""
    url = parts.geturl()
    headers = {"Content-Type": "application/octet-stream"}
    posted = headers | {"Content-Disposition": f'form-data; name="uploadfile"; filename="{file_name}"'}
    verify = tls_context(files) if parts.scheme.lower() == "https" else False
    async with httpx.AsyncClient(verify=verify, timeout=QUIET, follow_redirects=False, trust_env=False) as client:
        response = await client.put(url, content=content, headers=headers)
        if response.status_code in _NOT_PUT:
            response = await client.post(url, content=content, headers=posted)
    if response.is_success:
        return
    shown = shown_location(url)
    if response.is_redirect:
        raise TransferFailed(f"{shown} points elsewhere, which is not followed.", reason_code="RedirectAllowed")
    status = _HTTP_STATUS.get(response.status_code, UploadStatus.UPLOAD_FAILURE)
    raise TransferFailed(f"The server of {shown} says {response.status_code}.", status)


async def _send_ftp(parts: SplitResult, content: bytes, _: str, files: Files) -> None:
    async with _ftp(parts, files) as client, client.upload_stream(_ftp_path(parts)) as stream:
        for place in range(0, len(content), _GULP):
            await stream.write(content[place : place + _GULP])


async def _send_sftp(parts: SplitResult, content: bytes, _: str, files: Files) -> None:
    async with _sftp(parts, files) as client, client.open(unquote(parts.path), "wb") as remote:
        for place in range(0, len(content), _GULP):
            async with asyncio.timeout(QUIET):
                await remote.write(content[place : place + _GULP])
