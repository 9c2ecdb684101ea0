"""Which of several server certificates is shown to whom: by the server name a client asks for (SNI, RFC 6066, 3)."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography import x509

Chains = tuple[int, ...]
"""Places in the list of chains."""


def names_in(certificate: str) -> frozenset[str]:
    """The host names a certificate file is for, in lower case; none where it cannot be read or says none."""
    try:
        leaf = x509.load_pem_x509_certificates(Path(certificate).read_bytes())[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return frozenset()
    return frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName))


def covers(names: frozenset[str], wanted: str) -> bool:
    """Whether a certificate of these names is for a host; `*` stands for the first label alone (RFC 6125, 6.4.3)."""
    wanted = wanted.lower().rstrip(".")
    return wanted in names or f"*.{wanted.partition('.')[2]}" in names


class ByServerName:
    """Chooses the context of a handshake; `make` makes one from places in the list of chains. Names nobody has get all chains."""

    def __init__(self, certificates: Sequence[str], make: Callable[[Chains], ssl.SSLContext]) -> None:
        self._names = [names_in(each) for each in certificates]
        self._make = make
        self._made: dict[Chains, ssl.SSLContext] = {}

    def __call__(self, handshake: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        """What `SSLContext.sni_callback` is called with."""
        fitting = tuple(place for place, names in enumerate(self._names) if name and covers(names, name))
        if fitting and len(fitting) < len(self._names):
            handshake.context = self._for(fitting)

    def _for(self, fitting: Chains) -> ssl.SSLContext:
        if fitting not in self._made:
            self._made[fitting] = self._make(fitting)
        return self._made[fitting]
