"""Certificates good and bad in every way for tests of the doctor, and a backend that shows them over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from pilotwire.clock import SystemClock
from pilotwire.doctor.patient import Card, Credentials, Patient, Place
from pilotwire.doctor.profiles.profile import NOTHING_MORE, PlatformProfile
from pilotwire.ocpp.version import OcppVersion
from pilotwire.pki import Certificate

NOW = SystemClock().now().replace(microsecond=0)
HOST = "csms.example"
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_SERIALS = count(0x1000)


@cache
def key(name: str) -> Any:
    """The key of somebody, the same for the whole run: on P-256, or what the name says (`rsa...`, `rsa1024...`, `p192...`)."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(65537, 1024 if name.startswith("rsa1024") else 2048)
    return ec.generate_private_key(ec.SECP192R1() if name.startswith("p192") else ec.SECP256R1())


def name(common: str = "", organization: str = "Volta", **more: str) -> x509.Name:
    """A subject; `more` by the names of `NameOID` in lower case (`domain_component`)."""
    parts = [(getattr(NameOID, each.upper()), value) for each, value in more.items()]
    parts = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common), *parts]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


@dataclass(frozen=True)
class Made:
    """A certificate, and the name of its key."""

    certificate: Certificate
    of: str

    @property
    def subject(self) -> x509.Name:
        """Whose it is."""
        return self.certificate.subject

    @property
    def pem(self) -> bytes:
        """As PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Its private key as PEM."""
        return key_pem(self.of)


@dataclass(frozen=True)
class Recipe:
    """What a certificate is to be like; the usual is a server's for HOST."""

    subject: x509.Name
    of: str
    by: Made | None = None
    since: timedelta = timedelta(days=-10)
    until: timedelta = timedelta(days=200)
    ca: bool | None = False
    path_length: int | None = None
    usage: Sequence[str] = ("digital_signature",)
    extended: Sequence[x509.ObjectIdentifier] = ()
    dns: Sequence[str] = ()
    addresses: Sequence[str] = ()
    ocsp: str = ""
    crl: str = ""
    issuer: str = ""
    extra: Sequence[tuple[x509.ExtensionType, bool]] = ()
    sha1: bool = False


def made(recipe: Recipe) -> Made:
    """The certificate, signed even if nobody should."""
    public = key(recipe.of).public_key()
    signer = recipe.of if recipe.by is None else recipe.by.of
    builder = (
        x509.CertificateBuilder()
        .subject_name(recipe.subject)
        .issuer_name(recipe.subject if recipe.by is None else recipe.by.subject)
        .public_key(public)
        .serial_number(next(_SERIALS))
        .not_valid_before(NOW + recipe.since)
        .not_valid_after(NOW + recipe.until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key(signer).public_key()), critical=False)
    )
    for extension, critical in _extensions(recipe):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(key(signer), SHA256())
    return Made(_by_sha1(certificate, signer) if recipe.sha1 else certificate, recipe.of)


def _extensions(recipe: Recipe) -> Iterator[tuple[x509.ExtensionType, bool]]:
    if recipe.ca is not None:
        yield x509.BasicConstraints(recipe.ca, recipe.path_length), True
    if recipe.usage:
        bits = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        every = (*bits, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        yield x509.KeyUsage(**{each: each in recipe.usage for each in every}), True
    if recipe.extended:
        yield x509.ExtendedKeyUsage(recipe.extended), False
    names = [*map(x509.DNSName, recipe.dns), *(x509.IPAddress(ip_address(each)) for each in recipe.addresses)]
    if names:
        yield x509.SubjectAlternativeName(names), False
    oids = (
        (AuthorityInformationAccessOID.OCSP, recipe.ocsp),
        (AuthorityInformationAccessOID.CA_ISSUERS, recipe.issuer),
    )
    access = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in oids if url]
    if access:
        yield x509.AuthorityInformationAccess(access), False
    if recipe.crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(recipe.crl)], None, None, None)
        yield x509.CRLDistributionPoints([point]), False
    yield from recipe.extra


def _by_sha1(certificate: Certificate, signer: str) -> Certificate:
    """The same, signed with RSA over SHA-1, which the library no longer does: its OID differs from that of SHA-256 in the last byte."""
    old, new = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    tbs = certificate.tbs_certificate_bytes.replace(old, new)
    try:
        signature = key(signer).sign(tbs, padding.PKCS1v15(), SHA1())
    except Exception:
        numbers = key(signer).private_numbers()
        size = (numbers.public_numbers.n.bit_length() + 7) // 8
        digest = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(tbs, usedforsecurity=False).digest()
        block = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    der = certificate.public_bytes(Encoding.DER).replace(old, new)
    der = der.replace(certificate.signature, signature)
    return x509.load_der_x509_certificate(der)


def ca(common: str, by: Made | None = None, **more: Any) -> Made:
    """A root, or an authority under another."""
    recipe = {"until": timedelta(days=2000), "ca": True, "usage": ("key_cert_sign", "crl_sign"), "of": common} | more
    return made(Recipe(subject=recipe.pop("subject", name(common)), by=by, **recipe))


def server(by: Made | None, **more: Any) -> Made:
    """A server's certificate for HOST, unless it is told otherwise."""
    recipe = {"of": "server", "subject": name(HOST), "dns": (HOST,), "extended": (SERVER,)} | more
    return made(Recipe(by=by, **recipe))


def station(by: Made | None, common: str = "SN-1", **more: Any) -> Made:
    """A station's certificate."""
    recipe = {"of": "station", "subject": name(common), "extended": (CLIENT,)} | more
    return made(Recipe(by=by, **recipe))


def key_pem(of: str, password: bytes | None = None) -> bytes:
    """A private key as PEM."""
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return bytes(key(of).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))


def pem(*chain: Made) -> bytes:
    """A chain as PEM."""
    return b"".join(each.pem for each in chain)


def patient(
    backend: Backend | str,
    *roots: Made,
    host: str = HOST,
    certificate: str = "",
    key_file: str = "",
    profile: PlatformProfile = NOTHING_MORE,
    card: Card | None = None,
    identity: str = "CS001",
) -> Patient:
    """Somebody to examine: its name leads to the backend here."""
    url = backend if isinstance(backend, str) else f"wss://{host}:{backend.port}/ocpp"
    return Patient(
        Place.of(url),
        identity,
        SystemClock(),
        (OcppVersion.V201,),
        Credentials(certificate=certificate, key=key_file, roots=tuple(each.certificate for each in roots)),
        card or Card(serial="SN-1"),
        profile,
        timeout=10.0,
        addresses=("127.0.0.1",),
    )


@dataclass
class Backend:
    """A TLS server on a port of this machine that answers every request of HTTP with 404.

    `shows` are files of key and chain; `asks` a file of roots of client certificates, which it demands; `tickets` are those of TLS 1.3.
    """

    shows: Sequence[Path]
    asks: Path | None = None
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    tickets: int = 2
    port: int = 0
    _socket: socket.socket = field(init=False)

    async def __aenter__(self) -> Backend:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_ciphers("ALL:@SECLEVEL=0")
        self._context.maximum_version = self.highest
        self._context.num_tickets = self.tickets
        for each in self.shows:
            self._context.load_cert_chain(each)
        if self.asks is not None:
            self._context.load_verify_locations(self.asks)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(self._thread.join)  # meanwhile the doctor's connections are closed
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:  # it is closed: the test is over
                return
            plain.settimeout(10)
            with contextlib.suppress(OSError), plain:
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        with self._context.wrap_socket(plain, server_side=True) as secured:
            if secured.recv(4096):
                secured.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            with contextlib.suppress(OSError):
                secured.recv(1)


@asynccontextmanager
async def openssl_server(shows: Path, above: Path, *options: object) -> AsyncIterator[int]:
    """OpenSSL's own server, which can what Python's cannot; its port. `shows` is a file of key and certificate, `above` of those above."""
    command = ("openssl", "s_server", "-accept", "0", "-cert", shows, "-cert_chain", above, "-key", shows)
    process = await asyncio.create_subprocess_exec(
        *map(str, (*command, *options, "-www")), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        while not (line := await process.stdout.readline()).startswith(b"ACCEPT "):
            assert line, "the server has ended"
        yield int(line.rsplit(b":", 1)[1])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class Pages:
    """A server of HTTP on this machine: what it gives to whom, by path; what is called answers to a request's body. Others get 404."""

    def __init__(self) -> None:
        self.given: dict[str, bytes | Callable[[bytes], bytes]] = {}
        self.url = ""

    async def __aenter__(self) -> Pages:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (begin := await reader.read(1)) == b"\x16":  # a ClientHello: this is no TLS
            writer.close()
            return
        head = begin.decode("latin-1") + (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        given = self.given.get(head.split()[1])
        content = given(body) if callable(given) else given
        status = "404 Not Found" if content is None else "200 OK"
        answer = content or b""
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode() + answer
        )
        writer.close()


def write(folder: Path, file: str, *parts: bytes, mode: int = 0o600) -> Path:
    """A file with these contents."""
    path = folder / file
    path.write_bytes(b"".join(parts))
    path.chmod(mode)
    return path


def shown(folder: Path, *chain: Made, file: str = "server.pem") -> Path:
    """A file of a server: its key, and what it shows."""
    return write(folder, file, chain[0].key_pem, pem(*chain))
