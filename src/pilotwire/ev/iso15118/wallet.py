"""The vehicle's certificates in a folder, as PEM files that a person can look at.

    contracts/<eMAID>-<curve>.pem   up to five contracts: chain (own first, sub-CAs, no root) and private key in one file
    provisioning.pem                the OEM provisioning certificate, likewise; provisioning-20.pem that for ISO 15118-20 (P-521)
    vehicle.pem                     the vehicle's TLS certificate of ISO 15118-20
    v2g-roots.pem, mo-roots.pem     what it trusts: stations and provisioning services; mobility operators

A key may stand in a file of its own, `.key` beside the `.pem`, and may be encrypted. New contracts are written with mode 0600, whole or not
at all; which contract was used last, the times of the files tell.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from cryptography.hazmat.primitives import serialization

from pilotwire import pki
from pilotwire.errors import ConfigError
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.contract_keys import PrivateKey
from pilotwire.iso15118.emaid import normalised, read_emaid
from pilotwire.iso15118.evcc.ports import Credential, Wallet
from pilotwire.iso15118.net.credentials import Credentials, curve_of
from pilotwire.pki import PkiFault

MOST_CONTRACTS: Final = 5
_ISO2_CURVE: Final = "secp256r1"
_ISO20_CURVES: Final = ("secp521r1", "ed448", "x448")
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_SECRET: Final = "PRIVATE KEY"


class FolderWallet:
    """A `Wallet` on a folder. `password` opens the keys that are encrypted, and encrypts those of new contracts.

    Raises ConfigError for a folder or a file that cannot be used, when it is first needed.
    """

    def __init__(self, folder: Path, password: bytes | None = None) -> None:
        self.folder = folder
        self._password = password
        self._read: dict[Path, tuple[tuple[int, int], Credential]] = {}
        if not folder.is_dir():
            remedy = "Make the folder; it holds at least v2g-roots.pem, what the vehicle trusts."
            raise ConfigError(f"The wallet {folder} is no folder.", remedy)

    # --- Wallet ------------------------------------------------------------------------------------------------------------------

    def contracts(self) -> Sequence[Credential]:
        """The one used or stored last first."""
        return tuple(self._credential(one) for one in self._files())

    def provisioning(self) -> Credential | None:
        """That of ISO 15118-2."""
        return self._optional("provisioning.pem")

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """Of v2g-roots.pem."""
        return self._roots("v2g-roots.pem")

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """Of mo-roots.pem."""
        return self._roots("mo-roots.pem")

    def store(self, contract: Credential) -> None:
        """Keep a new contract, the one to be used first from now on. On disk before this returns."""
        name = _name_of(contract)
        places = self.folder / "contracts"
        places.mkdir(mode=0o700, exist_ok=True)
        same = [one for one in self._files() if _name_of(self._credential(one)) == name]
        _replace(places / f"{name}.pem", self._pem(contract))
        self._touch(places / f"{name}.pem")
        for old in [one for one in same if one.name != f"{name}.pem"] + self._files()[MOST_CONTRACTS:]:
            _remove(old)

    # --- beside the port ---------------------------------------------------------------------------------------------------------

    def provisioning_20(self) -> Credential | None:
        """That of ISO 15118-20; the one of -2 where there is no other."""
        return self._optional("provisioning-20.pem") or self.provisioning()

    def vehicle(self) -> Credentials | None:
        """Who the vehicle is in TLS 1.3."""
        path = self.folder / "vehicle.pem"
        if not path.exists():
            return None
        certificates, key = self._parts(path)
        try:
            return Credentials.from_pem(certificates, key, self._password)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error.what}", error.remedy) from None

    def has(self, emaid: str) -> bool:
        """Whether this contract is there."""
        return self._file_of(emaid) is not None

    def prefer(self, emaid: str) -> None:
        """Use this contract first from now on. Raises ConfigError if it is not there."""
        path = self._file_of(emaid)
        if path is not None:
            self._touch(path)
            return
        there = ", ".join(emaid_of(one) for one in self.contracts()) or "none"
        raise ConfigError(f"There is no contract {emaid} in {self.folder}.", f"There are: {there}.")

    def remarks(self) -> list[str]:
        """What somebody should mend: keys that others on this machine may read."""
        found = [*sorted(self.folder.glob("*")), *sorted((self.folder / "contracts").glob("*"))]
        open_ = [one for one in found if one.is_file() and _has_secret(one) and _is_open(one)]
        return [f"{one} has a private key that others may read; `chmod 600` it." for one in open_]

    def _file_of(self, emaid: str) -> Path | None:
        wanted = normalised(emaid)
        for path in self._files():
            name = emaid_of(self._credential(path))
            if wanted in (name, _contract(name)):
                return path
        return None

    # --- files -------------------------------------------------------------------------------------------------------------------

    def _files(self) -> list[Path]:
        """Of the contracts, the one used last first."""
        found = [(one.stat().st_mtime_ns, one) for one in sorted((self.folder / "contracts").glob("*.pem"))]
        return [one for _, one in sorted(found, key=lambda each: each[0], reverse=True)]

    def _touch(self, path: Path) -> None:
        """Make it the newest: file systems' own times are too coarse for two in a row."""
        newest = max((one.stat().st_mtime_ns for one in self._files()), default=0)
        at = max(newest + 1, path.stat().st_mtime_ns)
        os.utime(path, ns=(at, at))

    def _optional(self, name: str) -> Credential | None:
        path = self.folder / name
        return self._credential(path) if path.exists() else None

    def _credential(self, path: Path) -> Credential:
        seen = path.stat()
        mark = seen.st_mtime_ns, seen.st_size
        known = self._read.get(path)
        if known is None or known[0] != mark:
            known = self._read[path] = mark, self._load(path)
        return known[1]

    def _load(self, path: Path) -> Credential:
        certificates, key_pem = self._parts(path)
        chain = tuple(one for one in _certificates(path, certificates) if not pki.is_self_signed(one))
        if not chain:
            raise ConfigError(f"{path} has no certificate in it.", "It holds the chain, own first, and the key.")
        key = self._key(path, key_pem)
        if key.public_key() != chain[0].public_key():
            raise ConfigError(f"The key of {path} is not that of its first certificate.", "Own certificate first.")
        return Credential(chain, key)

    def _parts(self, path: Path) -> tuple[str, str]:
        """Certificates and key, from one file or two."""
        text = _text(path)
        blocks = list(_BLOCK.finditer(text))
        certificates = "\n".join(one.group(0) for one in blocks if one.group(1) == "CERTIFICATE")
        keys = [one.group(0) for one in blocks if one.group(1).endswith(_SECRET)]
        beside = path.with_suffix(".key")
        if not keys and beside.exists():
            keys = [_text(beside)]
        if not keys:
            raise ConfigError(f"{path} has no private key.", f"Put it into the same file, or into {beside.name}.")
        return certificates, keys[0]

    def _key(self, path: Path, pem: str) -> PrivateKey:
        try:
            key: Any = serialization.load_pem_private_key(pem.encode(), self._password)
        except TypeError:
            given = "it is not encrypted, and a password was given" if self._password else "it is encrypted"
            if self._password is None:
                raise ConfigError(f"The key of {path} cannot be read: {given}.", "Give its password.") from None
            key = serialization.load_pem_private_key(pem.encode(), None)  # keys in clear may stand beside others
        except Exception:
            raise ConfigError(f"The key of {path} cannot be read.", "See its password, and that it is PEM.") from None
        return cast(PrivateKey, key)

    def _pem(self, contract: Credential) -> bytes:
        protection: Any = serialization.NoEncryption()
        if self._password:
            protection = serialization.BestAvailableEncryption(self._password)
        key = contract.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
        return pki.pem_of(*contract.chain).encode() + key

    def _roots(self, name: str) -> tuple[pki.Certificate, ...]:
        path = self.folder / name
        return _certificates(path, _text(path)) if path.exists() else ()


class EmptyWallet:
    """A vehicle without any certificates: it charges by external means, without TLS."""

    def contracts(self) -> Sequence[Credential]:
        """None."""
        return ()

    def provisioning(self) -> Credential | None:
        """None."""
        return None

    def provisioning_20(self) -> Credential | None:
        """None."""
        return None

    def vehicle(self) -> Credentials | None:
        """None."""
        return None

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """None."""
        return ()

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """None."""
        return ()

    def store(self, contract: Credential) -> None:
        """There is nowhere to keep it: without a provisioning certificate nobody hands one out."""
        raise ConfigError("A vehicle without a wallet cannot keep a contract.", "Give it a wallet.")


AnyWallet = FolderWallet | EmptyWallet


@dataclass(frozen=True, slots=True)
class WalletOf:
    """The wallet as the session of one protocol sees it: contracts with keys it can use."""

    wallet: AnyWallet
    speaks: Speaks

    def contracts(self) -> Sequence[Credential]:
        """ISO 15118-2: those on P-256. ISO 15118-20: those on its curves first, others for test benches after them."""
        every = self.wallet.contracts()
        if not self.speaks.is_of_20:
            return tuple(one for one in every if curve_of(one.certificate) == _ISO2_CURVE)
        return tuple(sorted(every, key=lambda one: curve_of(one.certificate) not in _ISO20_CURVES))

    def provisioning(self) -> Credential | None:
        """That of the protocol."""
        return self.wallet.provisioning_20() if self.speaks.is_of_20 else self.wallet.provisioning()

    def v2g_roots(self) -> Sequence[pki.Certificate]:
        """The same for all."""
        return self.wallet.v2g_roots()

    def mo_roots(self) -> Sequence[pki.Certificate]:
        """The same for all."""
        return self.wallet.mo_roots()

    def store(self, contract: Credential) -> None:
        """Into the wallet."""
        self.wallet.store(contract)


_: type[Wallet] = WalletOf


def emaid_of(contract: Credential) -> str:
    """The eMAID of a contract, as its certificate has it, without hyphens."""
    return normalised(pki.common_name(contract.certificate.subject))


def _contract(name: str) -> str:
    """An eMAID without its check digit; any other name as it is."""
    try:
        return read_emaid(name).contract
    except PkiFault:
        return name


def _name_of(contract: Credential) -> str:
    """What its file is called: a name from outside steers no path."""
    safe = "".join(each if each.isascii() and each.isalnum() else "_" for each in _contract(emaid_of(contract)))
    return f"{safe[:40] or 'unnamed'}-{curve_of(contract.certificate) or 'other'}"


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"{path} cannot be read: {why}.", "It is a PEM file.") from None


def _certificates(path: Path, text: str) -> tuple[pki.Certificate, ...]:
    try:
        return pki.read_certificates(text)
    except PkiFault as fault:
        raise ConfigError(f"{path}: {fault.what}", fault.remedy) from None


def _has_secret(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return _SECRET.encode() in path.read_bytes()
    return False


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".key").unlink(missing_ok=True)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, also when power fails; read by nobody else."""
    write_private(path, content)
    path.with_suffix(".key").unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, in place of an old one, in one step. Raises ConfigError."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.", "See the folder and its rights.") from None
