"""A whole V2G world of certificates in a folder, valid now, as the PyPI package `iso15118` looks for it.

`iso15118_2/certs` holds each certificate as PEM and DER and the chains that TLS sends, `iso15118_2/private_keys` the keys, with password
files beside them (empty: no password). Made with our own issuing room, all on P-256: the package has the same files for -2 and -20.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.pki import (
    PROFILES,
    Authority,
    Certificate,
    KeyKind,
    Order,
    SigningKey,
    Subject,
    issue,
    new_key,
    pem_of,
    self_signed,
    write_key,
)

EMAID = "DE8ACC12E46L89"
"""Whose contract it is."""

FILES = {
    "v2g-root": ("v2gRootCA", "Volta V2G Root"),
    "cpo-sub1": ("cpoSubCA1", "Volta CPO Sub 1"),
    "cpo-sub2": ("cpoSubCA2", "Volta CPO Sub 2"),
    "secc": ("seccLeaf", "DEVOLE0001"),
    "cps-sub1": ("cpsSubCA1", "Volta CPS Sub 1"),
    "cps-sub2": ("cpsSubCA2", "Volta CPS Sub 2"),
    "cps": ("cpsLeaf", "Volta CPS"),
    "mo-root": ("moRootCA", "Volta MO Root"),
    "mo-sub1": ("moSubCA1", "Volta MO Sub 1"),
    "mo-sub2": ("moSubCA2", "Volta MO Sub 2"),
    "contract": ("contractLeaf", EMAID),
    "oem-root": ("oemRootCA", "Volta OEM Root"),
    "oem-sub1": ("oemSubCA1", "Volta OEM Sub 1"),
    "oem-sub2": ("oemSubCA2", "Volta OEM Sub 2"),
    "oem-provisioning": ("oemLeaf", "WVOLTA00000000017"),
}
"""By the names of our profiles: how the package's files begin, and the common name."""

CHAINS = {"secc": "cpoCertChain.pem", "oem-provisioning": "oemCertChain.pem"}
PASSWORDS = ("seccLeafPassword", "oemLeafPassword", "contractLeafPassword", "cpsLeafPassword", "moSubCA2LeafPassword")


@dataclass
class PeerPki:
    """The world in `folder` (the package's PKI_PATH). Certificates and keys are found by the names of our profiles."""

    folder: Path
    authorities: dict[str, Authority] = field(default_factory=dict)
    chains: dict[str, tuple[Certificate, ...]] = field(default_factory=dict)
    keys: dict[str, SigningKey] = field(default_factory=dict)

    @property
    def certs(self) -> Path:
        """The folder of the certificates."""
        return self.folder / "iso15118_2" / "certs"

    @property
    def private_keys(self) -> Path:
        """The folder of the keys."""
        return self.folder / "iso15118_2" / "private_keys"

    def certificate_file(self, name: str) -> Path:
        """One certificate, as PEM."""
        return self.certs / f"{FILES[name][0]}Cert.pem"

    def key_file(self, name: str) -> Path:
        """Its key, as PEM without a password."""
        return self.private_keys / f"{FILES[name][0]}.key"

    def chain_file(self, name: str) -> Path:
        """A leaf and the CAs under the root, as TLS sends them."""
        return self.certs / CHAINS.get(name, f"{FILES[name][0]}Chain.pem")


def peer_pki(folder: Path, now: datetime | None = None) -> PeerPki:
    """Make the world and write it."""
    made = PeerPki(folder)
    since = (now or datetime.now(UTC)).replace(microsecond=0) - timedelta(hours=1)
    for name in FILES:
        _make(made, name, since)
    _write(made)
    return made


def _make(made: PeerPki, name: str, since: datetime) -> None:
    profile = PROFILES[name]
    key = made.keys[name] = new_key(KeyKind.EC_P256)
    subject = Subject(FILES[name][1], "Volta", "DE", profile.domain).name()
    order = Order(profile, subject, key.public_key(), since, since + timedelta(days=profile.days))
    if profile.is_root:
        made.authorities[name] = Authority(self_signed(order, key), key)
        made.chains[name] = made.authorities[name].chain
        return
    above = made.authorities[profile.issuers[0]]
    made.chains[name] = (issue(above, order), *above.chain)
    if profile.ca:
        made.authorities[name] = Authority(made.chains[name][0], key, above.chain)


def _write(made: PeerPki) -> None:
    made.certs.mkdir(parents=True)
    made.private_keys.mkdir(mode=0o700)
    for name, chain in made.chains.items():
        made.certificate_file(name).write_text(pem_of(chain[0]))
        made.certificate_file(name).with_suffix(".der").write_bytes(chain[0].public_bytes(Encoding.DER))
        made.key_file(name).write_bytes(write_key(made.keys[name]))
        if not PROFILES[name].ca:
            made.chain_file(name).write_text(pem_of(*chain[:-1]))
    for password in PASSWORDS:
        (made.private_keys / f"{password}.txt").write_text("")
