"""Certificates for tests of TLS: a lab's CA and servers, and client certificates good and bad."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from pilotwire.clock import SystemClock
from pilotwire.csms.gateway.lab_certificates import (
    Authority,
    make_lab,
    new_authority,
    new_certificate,
    pem_of,
    pem_of_key,
)

HOSTS = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Pki:
    """The files of a lab in a folder."""

    folder: Path
    stranger: Authority

    @classmethod
    def made_in(cls, folder: Path, *stations: str) -> Pki:
        """Make a lab with client certificates of these stations."""
        make_lab(folder, HOSTS, stations, SystemClock().now())
        return cls(folder, new_authority("Somebody else's CA", SystemClock().now()))

    def settings(self, **more: Any) -> dict[str, Any]:
        """Settings of a CSMS that uses both servers' certificates and asks for client certificates."""
        kinds = ("ecdsa", "rsa")
        return {
            "tls_port": 0,
            "tls_certificate": tuple(str(self.folder / f"server-{kind}.pem") for kind in kinds),
            "tls_key": tuple(str(self.folder / f"server-{kind}-key.pem") for kind in kinds),
            "tls_client_ca": str(self.folder / "ca.pem"),
        } | more

    def client(self, certificate: str | None = None, **how: Any) -> ssl.SSLContext:
        """A station's context: trusts the lab's CA, shows a client certificate of the folder; attributes as given."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if certificate is not None:
            context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}-key.pem")
        ciphers = how.pop("ciphers", None)
        if ciphers:
            context.set_ciphers(ciphers)
        for name, value in how.items():
            setattr(context, name, value)
        return context

    def bad(self, kind: str, station: str) -> ssl.SSLContext:
        """A station's context with an expired certificate, or one of another CA."""
        now = SystemClock().now()
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.stranger if kind == "foreign" else self._authority()
        when = now - timedelta(days=30) if kind == "expired" else now
        made = new_certificate(issuer, station, key, when, days=1)
        (self.folder / f"{kind}.pem").write_bytes(pem_of(made))
        (self.folder / f"{kind}-key.pem").write_bytes(pem_of_key(key))
        return self.client(kind)

    def _authority(self) -> Authority:
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key: Any = load_pem_private_key((self.folder / "ca-key.pem").read_bytes(), None)
        return Authority(x509.load_pem_x509_certificate((self.folder / "ca.pem").read_bytes()), key)
