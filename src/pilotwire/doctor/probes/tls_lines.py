"""TLS over a line, as a station's library does it, with an ear on what is said in the handshake: alerts, chain, wishes for a certificate.

Nothing is verified: whether the chain is good is judged elsewhere, from `Handshake.answer.certificates`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pilotwire.doctor.findings import Layer
from pilotwire.doctor.patient import Credentials, Patient
from pilotwire.doctor.probes.hello import (
    CERTIFICATE,
    CERTIFICATE_REQUEST,
    SERVER_HELLO,
    Answer,
    Garbled,
    Listener,
    read_message,
)
from pilotwire.doctor.probes.lines import Line, LineFault, reach
from pilotwire.doctor.tls_names import alert_of, alert_words
from pilotwire.errors import ConfigError

_HEARD = (SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST)


@dataclass(slots=True)
class Handshake:
    """What was heard in a handshake: `answer` from the server, and what was agreed, "" without an agreement.

    `overheard`: the TLS library has let us hear it.
    """

    answer: Answer = field(default_factory=Answer)
    version: str = ""
    suite: str = ""
    alpn: str = ""
    overheard: bool = False

    @property
    def leaf(self) -> bytes:
        """The server's own certificate, DER; b"" if none was shown."""
        return self.answer.certificates[0] if self.answer.certificates else b""


class _Ended(LineFault):
    """The other side has ended TLS, or the connection under it."""


class HandshakeFailed(LineFault):
    """No TLS: `heard` is what there was of the handshake."""

    def __init__(self, what: str, heard: Handshake) -> None:
        super().__init__("tls", what)
        self.heard = heard


def client_context(
    credentials: Credentials, *, alpn: Sequence[str] = (), most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
) -> ssl.SSLContext:
    """The TLS of a station, 1.2 and above, with its client certificate. Raises ConfigError if that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, most
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if credentials.certificate:
        try:
            context.load_cert_chain(credentials.certificate, credentials.key or None, password=lambda: "")
        except (OSError, ValueError) as error:
            raise ConfigError(f"The station's certificate and key cannot be used: {_file_trouble(error)}.") from None
    return context


_TROUBLES = {
    "KEY_VALUES_MISMATCH": "the key is not that of the certificate",
    "BAD_DECRYPT": "the key is encrypted",
    "BAD_PASSWORD_READ": "the key is encrypted",
    "NO_START_LINE": "a file has no certificate or no key in PEM",
}


def _file_trouble(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):  # one without a reason is of a file that is no PEM
        return _TROUBLES.get(error.reason or "NO_START_LINE", (error.reason or "").replace("_", " ").lower())
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class TlsLine:
    """A line with TLS on it.

    What is said in the handshake is heard by a hook of the standard library that is not public: there is no other way to hear what TLS 1.3
    encrypts. Without it we make do with what is said in the open, the alert that is named in an error, and the chain the library tells.
    """

    def __init__(self, line: Line, context: ssl.SSLContext, server_name: str | None) -> None:
        self.heard = Handshake()
        self._open = Listener()
        with contextlib.suppress(AttributeError, TypeError):
            context._msg_callback = self._hear  # type: ignore[attr-defined]
        self._line = line
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=server_name)

    def _hear(self, _: Any, direction: str, __: Any, content: Any, kind: Any, data: bytes) -> None:
        answer = self.heard.answer
        self.heard.overheard = True
        if direction != "read":
            return
        if int(content) == 21 and len(data) == 2 and data[1] != 0:
            answer.alert = data[1]
        elif int(content) == 22 and int(kind) in _HEARD:
            with contextlib.suppress(Garbled):  # the library reads it too, and will complain
                read_message(answer, data[0], data[4:])

    async def shake(self, timeout: float) -> Handshake:
        """Do the handshake. Raises HandshakeFailed."""
        try:
            async with asyncio.timeout(timeout):
                await self._through(self._tls.do_handshake)
        except TimeoutError:
            raise HandshakeFailed(f"the handshake does not come to its end within {timeout:g} s", self.heard) from None
        except LineFault as fault:
            self._make_do()
            raise HandshakeFailed(fault.what, self.heard) from None
        cipher = self._tls.cipher()
        self.heard.version = self._tls.version() or ""
        self.heard.suite = cipher[0] if cipher else ""
        self.heard.alpn = self._tls.selected_alpn_protocol() or ""
        self._make_do()
        return self.heard

    def _make_do(self) -> None:
        """Where the hook has told nothing: what else is known."""
        if self.heard.overheard:
            return
        heard, alert = self._open.answer, self.heard.answer.alert
        self.heard.answer = heard
        heard.alert = heard.alert if alert is None else alert
        heard.certain = self.heard.version != "TLSv1.3"
        if self.heard.version and not heard.certificates:
            chain = getattr(self._tls, "get_unverified_chain", None)  # from Python 3.13 on
            leaf = self._tls.getpeercert(True)
            heard.certificates = tuple(chain()) if chain else (leaf,) if leaf else ()

    async def send(self, data: bytes) -> None:
        """Put bytes on the line. Raises LineFault."""
        await self._through(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """What comes next; b"" when the other side has ended. Raises LineFault."""
        try:
            return bytes(await self._through(lambda: self._tls.read(16_384)))
        except _Ended:
            return b""

    async def _through(self, act: Any) -> Any:
        while True:
            try:
                done = act()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError as error:
                with contextlib.suppress(LineFault):
                    await self._flush()
                raise self._fault(error) from None
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if self._out.pending:
            await self._line.send(self._out.read())

    async def _fill(self) -> None:
        data = await self._line.receive()
        if data:
            self._in.write(data)
            if not self.heard.overheard and not self.heard.version:
                with contextlib.suppress(Garbled):
                    self._open.hear(data)
        elif self._in.eof:
            raise LineFault("closed", "the connection was cut in the middle of TLS")
        else:
            self._in.write_eof()

    def _fault(self, error: ssl.SSLError) -> LineFault:
        alert = self.heard.answer.alert
        if alert is None:
            alert = self.heard.answer.alert = alert_of(error.reason)
        if alert is not None:
            return LineFault("tls", f"it answers with the TLS alert {alert_words(alert)}")
        if isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError):
            return _Ended("closed", "it closes the connection without a word of TLS")
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return LineFault("tls", f"the TLS library does not take its answer ({reason})")

    def close(self) -> None:
        """End it, without waiting."""
        with contextlib.suppress(ssl.SSLError, OSError):
            self._tls.unwrap()
        self._line.close()


async def secured(
    patient: Patient,
    server_name: str | None,
    alpn: Sequence[str] = (),
    *,
    most: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> TlsLine:
    """A line with TLS to the backend, by a name (SNI; None for none). Raises LineFault (HandshakeFailed), ConfigError."""
    context = client_context(patient.credentials, alpn=alpn, most=most)
    wire = await reach(patient)
    line = TlsLine(wire, context, server_name)
    try:
        await line.shake(patient.timeout)
    except HandshakeFailed:
        wire.close()
        raise
    return line


async def open_line(patient: Patient) -> Line:
    """The line a station would speak HTTP on. Raises LineFault, ConfigError."""
    return await secured(patient, patient.place.host) if patient.place.secure else await reach(patient)


def is_blocked(patient: Patient) -> bool:
    """Whether TLS, or what is below it, is known to fail."""
    blocked = patient.chart.blocked_at()
    return blocked is not None and blocked <= Layer.TLS
