"""OpenSSL's way to a PKCS #11 token: with its provider (pkcs11-provider, 0.4 or newer) TLS signs with a key that never leaves the token.

Python's `ssl` takes a client key as PEM only. The provider reads a PEM that holds nothing but the URI of a key (RFC 7512), so that
the context needs no more than that; the provider must only be active in the OpenSSL this Python uses. `activate` does that while the
program runs, by OpenSSL's own configuration: nothing of the system's is changed, and no other process is concerned.
"""

from __future__ import annotations

import ctypes
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from threading import Lock
from typing import Final
from urllib.parse import quote

from pilotwire.errors import ConfigError

PEM_LABEL: Final = "PKCS#11 PROVIDER URI"
_DESCRIPTION: Final = b"PKCS#11 Provider URI v1.0"
_INSTALL: Final = (
    "Install pkcs11-provider 0.4 or newer (Debian 13, Fedora: the package pkcs11-provider; else github.com/latchset/pkcs11-provider), or "
    "name its library: pkcs11_provider = /path/to/pkcs11.so. Without it: key_store = file, or security profile 1 or 2."
)
# Keys are not copied into sessions: SoftHSM loses such copies when another session of the process ends.
_CONFIGURATION: Final = """\
pilotwire_conf = pilotwire_init
[pilotwire_init]
providers = pilotwire_providers
[pilotwire_providers]
default = pilotwire_default
pkcs11 = pilotwire_pkcs11
[pilotwire_default]
activate = 1
[pilotwire_pkcs11]
{module}pkcs11-module-path = {library}
pkcs11-module-token-pin = file:{pin}
pkcs11-module-cache-keys = false
activate = 1
"""


@dataclass(frozen=True)
class ProviderPlace:
    """What the provider is to use: the PKCS #11 library, the user's PIN, and the provider's own file (empty: where OpenSSL looks)."""

    library: str
    pin: str = field(repr=False)
    provider: str = ""


_lock = Lock()
_active: list[ProviderPlace] = []


def activate(place: ProviderPlace) -> None:
    """Let the OpenSSL of this process reach the token, from now until it ends; doing so twice is fine.

    Raises `ConfigError` if there is no provider, if this Python keeps its OpenSSL to itself, or if the process uses another token already.
    """
    with _lock:
        if _active:
            if place != _active[0]:
                what = "One process can use one PKCS #11 library with one PIN for TLS, and it uses another already."
                raise ConfigError(what, "Run stations with different tokens in processes of their own.")
            return
        library = _openssl()
        with TemporaryDirectory(prefix="pilotwire-") as folder:
            loaded = library.CONF_modules_load_file(_written(Path(folder), place), b"pilotwire_conf", 0)
        if loaded != 1 or not library.OSSL_PROVIDER_available(None, b"pkcs11"):
            library.ERR_clear_error()
            raise ConfigError("OpenSSL has no PKCS #11 provider here: TLS cannot use a key in a token.", _INSTALL)
        _active.append(place)


def _written(folder: Path, place: ProviderPlace) -> bytes:
    """The configuration in a file that only its owner can read, for as long as it is read; the PIN in a file of its own."""
    pin, configuration = folder / "pin", folder / "openssl.cnf"
    module = f"module = {place.provider}\n" if place.provider else ""
    for path, text in (
        (pin, f"{place.pin}\n"),
        (configuration, _CONFIGURATION.format(module=module, library=place.library, pin=pin)),
    ):
        path.touch(mode=0o600)
        path.write_text(text)
    return str(configuration).encode()


def pem_of(token: str, label: str) -> bytes:
    """The PEM that stands for the private key with this label in the token with that one. It holds no secret."""
    uri = f"pkcs11:token={quote(token, safe='')};object={quote(label, safe='')};type=private".encode()
    der = _tlv(0x30, _tlv(0x1A, _DESCRIPTION) + _tlv(0x0C, uri))
    lines = wrap(b64encode(der).decode("ascii"), 64)
    return "\n".join([f"-----BEGIN {PEM_LABEL}-----", *lines, f"-----END {PEM_LABEL}-----", ""]).encode("ascii")


def is_in_token(pem: bytes) -> bool:
    """Whether a PEM stands for a key in a token."""
    return f"-----BEGIN {PEM_LABEL}-----".encode("ascii") in pem


def check(pem: bytes) -> None:
    """See that OpenSSL finds the key a PEM stands for; raises `ConfigError`. The provider must be active."""
    library = _openssl()
    source = library.BIO_new_mem_buf(pem, len(pem))
    key = library.PEM_read_bio_PrivateKey(source, None, None, None)
    library.BIO_free(source)
    if not key:
        library.ERR_clear_error()
        what = "OpenSSL's PKCS #11 provider does not find the station's key in the token."
        raise ConfigError(what, "See the token's label and PIN, and that the provider is 0.4 or newer.")
    library.EVP_PKEY_free(key)


def _tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _openssl() -> ctypes.CDLL:
    """The OpenSSL of Python's `ssl`, found through the module that is linked with it."""
    try:
        import _ssl

        library = ctypes.CDLL(_ssl.__file__)
        for name, result, arguments in _FUNCTIONS:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, AttributeError, OSError):
        what = "This Python has an OpenSSL of its own inside, older than 3.0 or out of reach: TLS cannot use a key in a token."
        raise ConfigError(
            what, "Use a Python of the system, or key_store = file, or security profile 1 or 2."
        ) from None
    return library


_FUNCTIONS: Final = (
    ("CONF_modules_load_file", ctypes.c_int, (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong)),
    ("OSSL_PROVIDER_available", ctypes.c_int, (ctypes.c_void_p, ctypes.c_char_p)),
    ("BIO_new_mem_buf", ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)),
    ("PEM_read_bio_PrivateKey", ctypes.c_void_p, (ctypes.c_void_p,) * 4),
    ("BIO_free", ctypes.c_int, (ctypes.c_void_p,)),
    ("EVP_PKEY_free", None, (ctypes.c_void_p,)),
    ("ERR_clear_error", None, ()),
)


__all__ = ["PEM_LABEL", "ProviderPlace", "activate", "check", "is_in_token", "pem_of"]
