"""Fetching what a station told the address of: so that nobody can make this CSMS ask inside its own network.

Only http and https, only port 80, 443 or one above 1023, no credentials in the address; every address the name resolves to must be a
public one, and the connection goes to the very address that was checked. Redirects are not followed, proxies not used, and answers not
longer than allowed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from pilotwire.csms.partners.http_exchange import TooLong, whole
from pilotwire.csms.partners.ports import PartnerFailed

_PORTS: Final = frozenset({80, 443})
_LOWEST_FREE: Final = 1024
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name, for a port. Raises OSError."""


async def resolve(host: str, port: int) -> list[str]:
    """What this machine's resolver says."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class PublicWeb:
    """Asks the web, each time at most `timeout` seconds. `private`: also addresses that are not public (for a lab)."""

    def __init__(self, timeout: float, *, private: bool = False, resolving: Resolve = resolve) -> None:
        self._timeout = timeout
        self._private = private
        self._resolve = resolving

    async def get(self, url: str, most: int) -> bytes:
        """The body of a resource of at most `most` bytes. Raises PartnerFailed."""
        return await self._fetch("GET", url, most, None, {})

    async def post(self, url: str, content: bytes, content_type: str, most: int) -> bytes:
        """The body of an answer. Raises PartnerFailed."""
        return await self._fetch("POST", url, most, content, {"content-type": content_type})

    async def _fetch(self, method: str, url: str, most: int, content: bytes | None, headers: dict[str, str]) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(method, _checked(url), most, content, headers)
        except TimeoutError:
            raise PartnerFailed(f"{url!r} did not answer in {self._timeout:g} seconds.") from None
        except TooLong:
            raise PartnerFailed(f"the answer of {url!r} has more than {most} bytes.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise PartnerFailed(f"{url!r} could not be asked: {type(error).__name__}.") from None

    async def _exchange(
        self, method: str, url: httpx.URL, most: int, content: bytes | None, headers: dict[str, str]
    ) -> bytes:
        address = await self._address(url)
        request = httpx.Request(
            method,
            url.copy_with(host=address),
            content=content,
            headers=headers | {"host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        async with httpx.AsyncClient(timeout=self._timeout, trust_env=False, follow_redirects=False) as client:
            response = await client.send(request, stream=True)
            try:
                if response.status_code in _REDIRECTS:
                    raise PartnerFailed(f"{str(url)!r} redirects, which is not followed.")
                if response.status_code != _OK:
                    raise PartnerFailed(f"{str(url)!r} answered with the status {response.status_code}.")
                return await whole(response, most)
            finally:
                await response.aclose()

    async def _address(self, url: httpx.URL) -> str:
        """The address to connect to: all of a name's must be allowed, not only the first."""
        port = url.port or _DEFAULT_PORTS[url.scheme]
        addresses = await self._resolve(url.host, port)
        if not addresses:
            raise PartnerFailed(f"{str(url)!r}: the host name has no address.")
        if not self._private:
            for address in addresses:
                if not is_public(address):
                    raise PartnerFailed(f"{str(url)!r} is not in the public network: {address} is not asked.")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the public network: not loopback, link-local, private, multicast or reserved."""
    try:
        plain = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inside = None
    if isinstance(plain, ipaddress.IPv6Address):
        inside = plain.ipv4_mapped or plain.sixtofour or (plain.teredo[1] if plain.teredo else None)
    within = [plain] if inside is None else [plain, inside]
    if isinstance(plain, ipaddress.IPv6Address) and plain.ipv4_mapped:
        within = [plain.ipv4_mapped]
    return all(each.is_global and not each.is_multicast and not each.is_reserved for each in within)


def _checked(text: str) -> httpx.URL:
    url = httpx.URL(text.strip())
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise PartnerFailed(f"{text!r} is no http or https address.")
    if url.userinfo:
        raise PartnerFailed(f"{text!r} has a user name in it, which is not sent.")
    port = url.port or _DEFAULT_PORTS[url.scheme]
    if port not in _PORTS and port < _LOWEST_FREE:
        raise PartnerFailed(f"{text!r} has the port {port}: only 80, 443 and those above 1023 are asked.")
    return url
