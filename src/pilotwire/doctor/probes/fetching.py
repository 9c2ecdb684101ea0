"""Fetching what certificates point to by URL: an issuer's certificate, OCSP responses, CRLs."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from pilotwire.errors import NotReachable
from pilotwire.pki import Certificate, PkiFault, read_certificates

_MOST_BYTES = 20_000_000
"""The longest CRLs of public authorities have some megabytes."""


async def fetch(url: str, timeout: float, *, body: bytes | None = None, kind: str = "") -> bytes:
    """What is at a URL, or what is answered to `body` sent there as content of a `kind`. Raises NotReachable."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotReachable(f"{url} is no URL of HTTP")
    try:
        async with httpx.AsyncClient(timeout=timeout, follow_redirects=True) as client:
            request = (
                client.build_request("GET", url)
                if body is None
                else client.build_request("POST", url, content=body, headers={"Content-Type": kind})
            )
            answer = await client.send(request, stream=True)
            try:
                return await _content(answer, url)
            finally:
                await answer.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise NotReachable(f"{url} cannot be reached ({str(error) or type(error).__name__})") from None


async def _content(answer: httpx.Response, url: str) -> bytes:
    if answer.status_code != 200:
        raise NotReachable(f"{url} answers HTTP {answer.status_code}")
    content = b""
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise NotReachable(f"{url} answers with more than {_MOST_BYTES} bytes")
    return content


async def fetch_issuer(url: str, timeout: float) -> tuple[Certificate, ...]:
    """The certificates at a URL, DER or PEM. Raises NotReachable."""
    raw = await fetch(url, timeout)
    try:
        if b"-----BEGIN" in raw:
            return read_certificates(raw.decode("ascii", "replace"))
        return (x509.load_der_x509_certificate(raw),)
    except (ValueError, PkiFault):
        raise NotReachable(f"what is at {url} is no certificate") from None


def issuer_urls(certificate: Certificate) -> tuple[str, ...]:
    """Where a certificate says its issuer's certificate is (RFC 5280, 4.2.2.1)."""
    return _access(certificate, AuthorityInformationAccessOID.CA_ISSUERS)


def responder_urls(certificate: Certificate) -> tuple[str, ...]:
    """Where a certificate says its OCSP responder is."""
    return _access(certificate, AuthorityInformationAccessOID.OCSP)


def _access(certificate: Certificate, method: x509.ObjectIdentifier) -> tuple[str, ...]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return _urls(each.access_location for each in access if each.access_method == method)


def crl_urls(certificate: Certificate) -> tuple[str, ...]:
    """Where a certificate says its CRL is (RFC 5280, 4.2.1.13)."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    return _urls(name for point in points for name in point.full_name or ())


def _urls(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    return tuple(str(each.value) for each in names if isinstance(each, x509.UniformResourceIdentifier))
