"""A PKI kit for a certification lab: roots, chains, servers, stations, and the broken ones, in one folder with what tells of each.

Not for the field: the keys of all CAs lie in it.

The folder holds `pem/` (chains without their roots, and keys), `der/` (single certificates), `p12/` (PKCS #12), `crl/`, `passwords.txt`,
`README.md` for people and `kit.json` for programs. The folder `pem/` can be the bench's folder of certificates as it is.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from pilotwire.conformance.certify.pki_kit_entries import entries_of
from pilotwire.conformance.certify.pki_kit_readme import readme_of
from pilotwire.conformance.certify.pki_kit_words import Asked, Entry, Fault, Group, Key
from pilotwire.conformance.wire.pki import (
    PSS,
    Holder,
    PrivateKey,
    Wanted,
    key_text,
    make,
    pem_of,
    read_holder,
    subject,
    write_holder,
)
from pilotwire.errors import ConfigError

OCSP_PATH: Final = "/ocsp"
CRL_PATH: Final = "/crl/"
MANIFEST: Final = "kit.json"
_VERSION: Final = 1
_WEAK_RSA_BITS: Final = 1024
_CURVES: Final[Mapping[Key, ec.EllipticCurve]] = {
    Key.EC: ec.SECP256R1(),
    Key.EC_P384: ec.SECP384R1(),
    Key.EC_WEAK: ec.SECP192R1(),
}
_PASSWORD_BYTES: Final = 24
"""32 characters: A00.FR.205 wants 16 to 40 of a BasicAuthPassword."""
_ROUNDS: Final = 2048


@dataclass(frozen=True, slots=True)
class Made:
    """One certificate of a kit: what was asked for, and what came of it. `issuer` None: it has signed itself."""

    entry: Entry
    holder: Holder
    issuer: Holder | None

    @property
    def revoked(self) -> bool:
        """Whether CRL and responder say it is revoked."""
        return self.entry.fault is Fault.REVOKED


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit: its certificates by name, from the signers down. `url` is where its responder is said to answer."""

    url: str
    day: datetime
    made: Mapping[str, Made]

    @property
    def revoked_at(self) -> datetime:
        """When what is revoked was so: the day before the kit's."""
        return self.day - timedelta(days=1)

    def authorities(self) -> Iterator[Made]:
        """Who has signed others of the kit, and so has a CRL."""
        signers = {one.entry.by for one in self.made.values()}
        return (one for one in self.made.values() if one.entry.name in signers and one.entry.ca)


def make_kit(folder: Path, asked: Asked) -> Kit:
    """Make a kit in a folder that is empty or not there yet. Raises ConfigError for what cannot be asked, or not be written."""
    _check(asked)
    _check_free(folder)
    kit = _made(asked)
    passwords = {"PKCS #12 files": secrets.token_urlsafe(_PASSWORD_BYTES)} | {
        f"Basic authentication of {one}": secrets.token_urlsafe(_PASSWORD_BYTES) for one in asked.stations
    }
    try:
        _write(folder, kit, passwords)
        told = readme_of(
            asked, [(one.entry, key_text(one.holder.certificate.public_key())) for one in kit.made.values()]
        )
        (folder / "README.md").write_text(told, encoding="utf-8")
        manifest = {
            "kit": _VERSION,
            **_plain(asked),
            "certificates": [_told(folder, kit, one) for one in kit.made.values()],
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from None
    return kit


def read_kit(folder: Path) -> Kit:
    """The kit in a folder, with the keys of those that sign. Raises ConfigError if there is none, or files of it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        asked = _asked(manifest)
        entries = entries_of(asked)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        what = f"There is no kit in {folder}: its {MANIFEST} cannot be read ({why})."
        raise ConfigError(what, f"Make one with `pilotwire certify pki {folder}`.") from None
    found: dict[str, Made] = {}
    signers = {entry.by for entry in entries}
    for entry in entries:
        holder = read_holder(folder / "pem", entry.name, with_key=entry.name in signers)
        if holder is None:
            what = f"The kit in {folder} is not whole: pem/{entry.name}.pem is missing."
            raise ConfigError(what, "Make the kit again, in another folder.")
        issuer = found[entry.by].holder if entry.by else None
        found[entry.name] = Made(entry, replace(holder, anchor=entry.anchor), issuer)
    return Kit(asked.url, _midnight(asked), found)


def crl_of(kit: Kit, authority: Made, since: datetime, until: datetime) -> x509.CertificateRevocationList:
    """What a CA of the kit has revoked (RFC 5280, 5), signed by it, good from `since` to `until`."""
    signer = authority.holder
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(since)
        .next_update(until)
        .add_extension(x509.CRLNumber(int(since.timestamp())), critical=False)
        .add_extension(_authority_key(signer.certificate), critical=False)
    )
    for one in kit.made.values():
        if one.revoked and one.entry.by == authority.entry.name:
            gone = (
                x509.RevokedCertificateBuilder()
                .serial_number(one.holder.certificate.serial_number)
                .revocation_date(kit.revoked_at)
                .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            )
            builder = builder.add_revoked_certificate(gone.build())
    key = signer.signing_key
    return builder.sign(key, hashes.SHA256(), rsa_padding=_padding(signer))


# --- what can be asked -------------------------------------------------------------------------------------------------------------

_SERIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,24}")
_HOST: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_EMAID: Final = re.compile(r"[A-Za-z]{2}[A-Za-z0-9]{3}[A-Za-z0-9]{9,10}")
_YEARS: Final = range(2000, 2201)
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,32}")


def _check(asked: Asked) -> None:
    for serial in asked.stations:
        _check_serial(serial)
    for host in asked.hosts:
        if not _is_address(host) and not _HOST.fullmatch(host):
            what = f"{host!r} is no name of a host."
            raise ConfigError(what, "Give the name or address stations use for the CSMS, without wss:// and port.")
    if not _EMAID.fullmatch(asked.emaid):
        what = f"{asked.emaid!r} is no eMAID."
        raise ConfigError(what, "Write country, provider and number without separators, as NLTNMC0000001X1.")
    for said, name in (("SECC", asked.secc), ("PCID", asked.pcid)):
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no {said} identifier.", "Use letters, digits and -, at most 32.")
    for owner in (asked.owner, asked.maker):
        if not 0 < len(owner) <= 64 or not owner.isprintable():
            raise ConfigError(f"{owner!r} is no organizationName.", "Give one of 1 to 64 characters (RFC 5280, A.1).")
    if asked.day.year not in _YEARS:
        what = f"A kit cannot be of {asked.day}."
        raise ConfigError(what, f"Give a day of the years {_YEARS[0]} to {_YEARS[-1]}.")
    if not _is_place(asked.url):
        what = f"The responder cannot be at {asked.url!r}."
        raise ConfigError(what, "Give an http URL with the host and port it will have, as http://lab.example:8088.")
    names = [one.name for one in entries_of(asked)]
    double = sorted({name for name in names if names.count(name) > 1})
    if double:
        what = f"Two certificates of the kit would be called {double[0]}."
        raise ConfigError(what, "Give each station once, and none the serial number of another with an ending.")


def _check_serial(serial: str) -> None:
    if _is_address(serial) or "://" in serial:
        what = f"The serial number {serial!r} is an address, which no station's certificate may be for (A00.FR.511)."
        raise ConfigError(what, "Give the station's serial number.")
    if not _SERIAL.fullmatch(serial):
        what = f"{serial!r} cannot be the serial number of a station here."
        raise ConfigError(what, "Use letters, digits, - . and _, at most 25.")


def _is_place(url: str) -> bool:
    """Whether a responder can be there: http, a host, a port that is one, nothing behind it but a path."""
    try:
        place = urlsplit(url)
        named = place.hostname and place.port != 0
    except ValueError:
        return False
    return place.scheme == "http" and bool(named) and url.isascii() and not (place.query or place.fragment)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _check_free(folder: Path) -> None:
    try:
        if folder.is_dir() and any(folder.iterdir()):
            what = f"There is something in {folder} already; a kit is never mixed with other files."
            raise ConfigError(what, "Name another folder, or empty this one.")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> ConfigError:
    return ConfigError(f"No kit can be made in {folder}: {error.strerror}.", "Name a folder that can be written to.")


# --- making ------------------------------------------------------------------------------------------------------------------------


def _made(asked: Asked) -> Kit:
    found: dict[str, Made] = {}
    for entry in entries_of(asked):
        issuer = found[entry.by].holder if entry.by else None
        key = found[entry.key_of].holder.key if entry.key_of else _new_key(entry.key, asked.rsa_bits)
        assert key is not None, "a kit has the key of each of its certificates"
        holder = make(_wanted(entry, asked, key, issuer), issuer, key, pss=asked.pss)
        found[entry.name] = Made(entry, _spoiled(replace(holder, anchor=entry.anchor), entry.fault), issuer)
    return Kit(asked.url, _midnight(asked), found)


def _new_key(kind: Key, bits: int) -> PrivateKey:
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind])
    return rsa.generate_private_key(public_exponent=65537, key_size=bits if kind is Key.RSA else _WEAK_RSA_BITS)


def _wanted(entry: Entry, asked: Asked, key: PrivateKey, issuer: Holder | None) -> Wanted:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    more: list[tuple[x509.ExtensionType, bool]] = [(own, False)]
    if issuer is None:
        more.append((x509.AuthorityKeyIdentifier(own.digest, None, None), False))
    else:
        # no caIssuers beside the responder: who fetches a missing sub-CA there would find a broken chain good
        more.append((_authority_key(issuer.certificate), False))
        place = x509.UniformResourceIdentifier(f"{asked.url.rstrip('/')}{CRL_PATH}{entry.by}.crl")
        more.append((x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)]), False))
    if entry.fault is Fault.WRONG_EXTENDED_USAGE:
        more.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False))
    day = _midnight(asked)
    return Wanted(
        subject(entry.common_name, entry.domain, entry.owner),
        day + timedelta(days=entry.since),
        day + timedelta(days=entry.until),
        ca=entry.ca,
        hosts=entry.hosts,
        responder=f"{asked.url.rstrip('/')}{OCSP_PATH}" if issuer is not None else "",
        path_length=entry.depth,
        usage=_usage(entry, key),
        more=tuple(more),
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    named = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(named)


def _usage(entry: Entry, key: PrivateKey) -> x509.KeyUsage | None:
    """What a key may be used for (A00.FR.512): RSA keys also for TLS_RSA suites, EC keys of vehicles to be sent secrets. None: a CA."""
    if entry.ca:
        return None
    good = entry.fault is not Fault.WRONG_USAGE
    return x509.KeyUsage(
        digital_signature=good,
        content_commitment=not good,
        key_encipherment=good and isinstance(key, rsa.RSAPrivateKey) and not entry.name.startswith("firmware"),
        data_encipherment=False,
        key_agreement=good and entry.group in (Group.PNC, Group.PNC_REFUSED),
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _spoiled(holder: Holder, fault: Fault) -> Holder:
    """What can only be broken when it is signed."""
    if fault is Fault.MISSING_INTERMEDIATE:
        return replace(holder, above=())
    if fault is Fault.BROKEN_SIGNATURE:
        der = bytearray(holder.certificate.public_bytes(Encoding.DER))
        der[-1] ^= 1  # the signature is what a certificate ends with
        return replace(holder, certificate=x509.load_der_x509_certificate(bytes(der)))
    return holder


def _padding(signer: Holder) -> padding.PSS | None:
    """RSA-PSS, if that is what the CA signs by."""
    by_pss = isinstance(signer.certificate.signature_algorithm_parameters, padding.PSS)
    return PSS if by_pss and isinstance(signer.key, rsa.RSAPrivateKey) else None


def _midnight(asked: Asked) -> datetime:
    return datetime.combine(asked.day, time(), UTC)


# --- files -------------------------------------------------------------------------------------------------------------------------


def _write(folder: Path, kit: Kit, passwords: Mapping[str, str]) -> None:
    for name in ("der", "p12", "crl"):
        (folder / name).mkdir()
    secret = passwords["PKCS #12 files"].encode("ascii")
    for name, one in kit.made.items():
        write_holder(folder / "pem", name, one.holder)
        (folder / "der" / f"{name}.cer").write_bytes(one.holder.certificate.public_bytes(Encoding.DER))
        _write_secret(folder / "p12" / f"{name}.p12", _p12(name, one.holder, secret))
    last = kit.day + timedelta(days=max(one.entry.until for one in kit.made.values() if not one.entry.ca))
    for one in kit.authorities():
        crl = crl_of(kit, one, kit.revoked_at, last)
        (folder / "crl" / f"{one.entry.name}.crl").write_bytes(crl.public_bytes(Encoding.DER))
        (folder / "crl" / f"{one.entry.name}.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    trusted = [one.holder.certificate for one in kit.made.values() if one.entry.name in CLIENT_ROOTS]
    (folder / "pem" / "trusted-by-the-csms.pem").write_text(pem_of(*trusted), encoding="ascii")
    told = "".join(f"{what}: {password}\n" for what, password in passwords.items())
    _write_secret(folder / "passwords.txt", told.encode("ascii"))


CLIENT_ROOTS: Final = ("csms-root", "csms-root-rsa", "station-root")
"""What a CSMS has to trust for certificates of stations: the bundle `trusted-by-the-csms.pem`."""


def _p12(name: str, holder: Holder, password: bytes) -> bytes:
    how = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password)
    )
    key, above = holder.signing_key, list(holder.above)
    return pkcs12.serialize_key_and_certificates(name.encode("ascii"), key, holder.certificate, above, how)


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


# --- for programs ------------------------------------------------------------------------------------------------------------------


def _plain(asked: Asked) -> dict[str, Any]:
    return asdict(asked) | {"day": asked.day.isoformat()}


def _asked(manifest: Mapping[str, Any]) -> Asked:
    if manifest["kit"] != _VERSION:
        raise ValueError(f"it is of version {manifest['kit']}, and {_VERSION} is known")
    said = {name: manifest[name] for name in Asked.__slots__}
    lists = {name: tuple(said[name]) for name in ("hosts", "stations")}
    return Asked(**said | lists | {"day": date.fromisoformat(said["day"])})


def _told(folder: Path, kit: Kit, one: Made) -> dict[str, Any]:
    certificate, entry = one.holder.certificate, one.entry
    crl = [f"crl/{entry.name}.crl", f"crl/{entry.name}.pem"]
    files = [f"pem/{entry.name}.pem", f"pem/{entry.name}-key.pem", f"der/{entry.name}.cer", f"p12/{entry.name}.p12"]
    return {
        "name": entry.name,
        "group": entry.group.value,
        "what": entry.what,
        "fault": entry.fault.value,
        "cases": list(entry.cases),
        "subject": certificate.subject.rfc4514_string(),
        "issuer": entry.by or entry.name,
        "key": key_text(certificate.public_key()),
        "serial": f"{certificate.serial_number:x}",
        "since": certificate.not_valid_before_utc.isoformat(),
        "until": certificate.not_valid_after_utc.isoformat(),
        "revoked": one.revoked,
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "files": [name for name in files + crl if (folder / name).exists()],
    }
