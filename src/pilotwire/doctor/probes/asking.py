"""Asking a server with a ClientHello made by hand, and hearing what it answers in the open."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from pilotwire.doctor.patient import Patient
from pilotwire.doctor.probes.hello import Answer, Garbled, Listener, Offer, ServerHello, client_hello
from pilotwire.doctor.probes.lines import LineFault, Wire, reach, wire_host
from pilotwire.doctor.tls_names import alert_words


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server answered to a hello; `trouble` says why there is nothing more."""

    answer: Answer
    trouble: str = ""

    @property
    def hello(self) -> ServerHello | None:
        """What it chose."""
        return self.answer.hello

    @property
    def words(self) -> str:
        """Its answer for people, if it was a refusal."""
        alert = self.answer.alert
        return f"TLS alert {alert_words(alert)}" if alert is not None else self.trouble


def server_name_of(host: str) -> str:
    """What is sent as SNI: the name; nothing for an address (RFC 6066, 3)."""
    try:
        ip_address(host)
    except ValueError:
        return wire_host(host)
    return ""


async def ask(patient: Patient, version: int, suites: Sequence[int], *, compression: Sequence[int] = (0,)) -> Heard:
    """One connection, one hello, one answer; then it is cut. Raises LineFault if there is no connection."""
    share = X25519PrivateKey.generate().public_key().public_bytes_raw()
    offer = Offer(version, suites, os.urandom(32), server_name_of(patient.place.host), compression, share=share)
    wire = await reach(patient)
    try:
        return await say(wire, client_hello(offer), patient.timeout)
    finally:
        wire.close()


async def say(wire: Wire, hello: bytes, timeout: float) -> Heard:
    """Send a hello on a connection and hear the answer."""
    listener = Listener()
    trouble = ""
    try:
        async with asyncio.timeout(timeout):
            await wire.send(hello)
            while not listener.answer.done and (data := await wire.receive()):
                listener.hear(data)
    except TimeoutError:
        trouble = f"no answer within {timeout:g} s"
    except (Garbled, LineFault) as error:
        trouble = str(error)
    with contextlib.suppress(LineFault):
        await wire.send(b"\x15\x03\x01\x00\x02\x02\x5a")  # user_canceled: its log need not call this a mystery
    if not listener.answer.done and not trouble:
        trouble = "it closes the connection without a word of TLS"
    return Heard(listener.answer, trouble)
