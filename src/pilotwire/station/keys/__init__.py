"""Where the private keys of a station are: in files, or in a token that never gives them away (PKCS #11)."""

from pilotwire.station.keys.files import FileKeys
from pilotwire.station.keys.ports import KeyMissing, KeyStore

__all__ = ["FileKeys", "KeyMissing", "KeyStore"]
