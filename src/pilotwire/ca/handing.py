"""Handing out: certificates and keys as files."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, NoEncryption, pkcs12

from pilotwire.ca.files import file_name, make_folder, write_whole
from pilotwire.ca.office import Office
from pilotwire.ca.records import Issued
from pilotwire.pki import pem_of
from pilotwire.pki.keys import SigningKey, write_key

_PUBLIC = 0o644
_CERTIFICATES = "certificates"


def write_bundle(office: Office, issued: Issued, key: SigningKey, folder: Path, password: bytes | None) -> list[Path]:
    """A certificate with its key: the key (PKCS #8), the chain without the root, the root, and all of it as PKCS #12.

    `password` None: neither file is encrypted; they are 0600 all the same. Raises StoreError.
    """
    make_folder(folder)
    name = file_name(issued.name)
    chain = office.chain_of(issued)
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    whole = pkcs12.serialize_key_and_certificates(issued.name.encode(), key, chain[0], list(chain[1:]), lock)
    private = {f"{name}-key.pem": write_key(key, password), f"{name}.p12": whole}
    public = {f"{name}.pem": office.handed_out(issued), f"{name}-root.pem": pem_of(chain[-1])}
    for each, content in private.items():
        write_whole(folder / each, content)
    for each, text in public.items():
        write_whole(folder / each, text.encode(), mode=_PUBLIC)
    return [folder / each for each in (*private, *public)]


def write_authorities(office: Office) -> Path:
    """The certificates of all CAs, one file each, in a folder of the office: what others are to trust. Returns the folder."""
    folder = office.folder / _CERTIFICATES
    make_folder(folder)
    for each in office.book.authorities():
        write_whole(folder / f"{each.name}.pem", pem_of(office.chain(each.name)[0]).encode(), mode=_PUBLIC)
    return folder
