"""A certificate as a peer sends it: bytes that may be anything."""

from __future__ import annotations

from cryptography import x509

from pilotwire.pki import Certificate


def read_peer(der: bytes) -> Certificate | str:
    """The certificate (DER), or why it is none that a session can work with: its subject and its key must be readable.

    The library reads both only when they are asked for.
    """
    try:
        found = x509.load_der_x509_certificate(der)
        found.subject  # noqa: B018
        found.public_key()
    except Exception as error:  # the library raises many kinds for bytes that are no certificate
        return str(error) or type(error).__name__
    return found
