"""A client of EST (RFC 7030): it asks an authority for a certificate, ours or another's. The server is always checked."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from pilotwire.ca import est
from pilotwire.errors import ConfigError, NotReachable, PilotwireError
from pilotwire.pki import Certificate, PkiFault, read_csr

_TIMEOUT: Final = 30.0
_MOST_REASON: Final = 300


class EstRefused(PilotwireError):
    """The authority said no."""

    exit_code = 1


@dataclass(frozen=True)
class EstServer:
    """Where to ask, and with what. `url` is that of the server, or up to its label. `roots` "" trusts what the system trusts.

    `own` are chain and key with which to show oneself by TLS, `own_password` that of the key, "" for none.
    """

    url: str
    label: str = ""
    roots: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    own: tuple[Path, Path] | None = None
    own_password: str = field(default="", repr=False)


class EstClient:
    """Asks one server. All methods raise NotReachable if it is not there or not the right one, EstRefused if it says no."""

    def __init__(self, server: EstServer) -> None:
        self._base = _base(server)
        self._client = httpx.Client(
            verify=_context(server),
            auth=(server.user, server.password) if server.user else None,
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> EstClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def authorities(self) -> list[Certificate]:
        """The CAs above the certificates that are given out (`cacerts`)."""
        return est.read_certificates(self._answer("GET", "cacerts"))

    def attributes(self) -> bytes:
        """What a request should have (`csrattrs`), in Base64; b"" if the server does not say."""
        try:
            return self._answer("GET", "csrattrs")
        except EstRefused:
            return b""

    def enrol(self, csr: str) -> Certificate:
        """A first certificate (`simpleenroll`) for a request in PEM."""
        return self._signed("simpleenroll", csr)

    def renew(self, csr: str) -> Certificate:
        """The next certificate (`simplereenroll`)."""
        return self._signed("simplereenroll", csr)

    def _signed(self, operation: str, csr: str) -> Certificate:
        found = est.read_certificates(self._answer("POST", operation, est.write_request(csr)))
        wanted = read_csr(csr).public_key()
        ours = next((each for each in found if each.public_key() == wanted), None)
        if ours is None:
            raise PkiFault("The authority answered with a certificate for another key.", "Ask its operator.")
        return ours

    def _answer(self, method: str, operation: str, body: bytes | None = None) -> bytes:
        url = f"{self._base}/{operation}"
        headers = {"Content-Type": est.REQUEST, "Content-Transfer-Encoding": "base64"} if body is not None else {}
        try:
            answer = self._client.request(method, url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotReachable(f"{url} cannot be asked: {error}.", _remedy(error)) from None
        if answer.status_code == httpx.codes.ACCEPTED:
            wait = answer.headers.get("retry-after", "some")
            raise EstRefused("The authority has not decided yet.", f"Ask again in {wait} seconds with the same key.")
        if answer.status_code != httpx.codes.OK:
            raise EstRefused(f"{url} answered {answer.status_code}: {_plain(answer.text)}")
        return answer.content


def _base(server: EstServer) -> str:
    parts = urlsplit(server.url)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise ConfigError(f"{server.url!r} is no URL of an EST server.", "Such one is https://ca.example.org:8443.")
    if parts.scheme == "http":
        raise ConfigError("EST is spoken over HTTPS only (RFC 7030, 3.3).", f"Try https://{parts.netloc}.")
    path = parts.path.rstrip("/")
    base = (
        f"https://{parts.netloc}{path}" if est.WELL_KNOWN in path else f"https://{parts.netloc}{path}{est.WELL_KNOWN}"
    )
    return f"{base}/{server.label}" if server.label else base


def _context(server: EstServer) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.roots or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"The roots in {server.roots} cannot be used: {error}.", "Give a file of PEM.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.own is not None:
        chain, key = server.own
        try:
            context.load_cert_chain(chain, key, lambda: server.own_password)
        except (OSError, ssl.SSLError) as error:
            what = f"The certificate {chain} with the key {key} cannot be shown: {error}."
            raise ConfigError(what, "Give the password of the key, or enrol anew.") from None
    return context


def _remedy(error: httpx.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "If that is the right server, name the root of its certificate: --roots FILE."
    return "See that the server runs, and that host and port are right."


def _plain(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:_MOST_REASON] or "no reason"
