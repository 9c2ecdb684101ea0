"""What is wrong with a certificate of a PKI kit, by its files alone: path validation (RFC 5280), CRLs, OCPP's rules for names."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

ROOTS = (
    "csms-root",
    "csms-root-rsa",
    "new-csms-root",
    "station-root",
    "manufacturer-root",
    "v2g-root",
    "mo-root",
    "oem-root",
)
REASONS = {
    "basicConstraints.cA must be asserted": "issuer is no CA",
    "signature does not match": "broken signature",
    "required EKU not found": "wrong extended usage",
}
DOMAINS = {"secc": "CPO", "contract": "MO", "oem": "OEM"}


class Judge:
    """Judges the certificates in a folder; `host` is what stations call the CSMS, `serial` what the CSMS calls the station."""

    def __init__(self, folder: Path, host: str, serial: str) -> None:
        self.folder, self.host, self.serial = folder, host, serial
        self.manifest: dict[str, Any] = json.loads((folder / "kit.json").read_text())
        self.listed = {one["name"]: one for one in self.manifest["certificates"]}
        self.at = datetime.fromisoformat(f"{self.manifest['day']}T12:00+00:00")

    def chain(self, name: str) -> list[x509.Certificate]:
        """The certificate and the sub-CAs above it, as they lie there."""
        return x509.load_pem_x509_certificates((self.folder / "pem" / f"{name}.pem").read_bytes())

    def key(self, name: str) -> Any:
        """Its key; that it fits is for who asks, that its primes are primes would take long."""
        pem = (self.folder / "pem" / f"{name}-key.pem").read_bytes()
        return load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)

    def faults(self, name: str) -> set[str]:
        """All that is wrong with it, in words."""
        leaf, *above = self.chain(name)
        return {
            *self._of_path(leaf, above),
            *self._of_key(leaf, name),
            *self._of_names(leaf, name),
            *self._of_crl(name),
        }

    # --- the path --------------------------------------------------------------------------------------------------------------

    def verify(
        self,
        leaf: x509.Certificate,
        above: list[x509.Certificate],
        roots: tuple[str, ...] = ROOTS,
        at: datetime | None = None,
    ) -> None:
        """Raise VerificationError unless a path leads from the certificate to one of the roots; names are not looked at."""
        names = ExtensionPolicy.webpki_defaults_ee().may_be_present(
            x509.SubjectAlternativeName, Criticality.AGNOSTIC, None
        )
        policy = PolicyBuilder().store(Store([self.chain(root)[0] for root in roots])).time(at or self.at)
        policy = policy.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=names)
        policy.build_client_verifier().verify(leaf, above)

    def _of_path(self, leaf: x509.Certificate, above: list[x509.Certificate]) -> set[str]:
        kind = x509.ExtendedKeyUsage
        eku = [one.value for one in leaf.extensions if isinstance(one.value, kind)]
        try:
            self.verify(leaf, above)
        except VerificationError as error:
            return {self._why(str(error), leaf)}
        return {f"an extendedKeyUsage {each}" for each in eku}

    def _why(self, error: str, leaf: x509.Certificate) -> str:
        if "not valid at validation time" in error:
            return "expired" if leaf.not_valid_after_utc < self.at else "not yet valid"
        found = next((fault for text, fault in REASONS.items() if text in error), "")
        if found or "all candidates exhausted with no interior errors" not in error:
            return found or error
        if leaf.issuer == leaf.subject:
            leaf.verify_directly_issued_by(leaf)
            return "self-signed"
        if self._verifies(leaf, list(self._sub_cas), ROOTS):
            return "missing intermediate"
        assert self._verifies(leaf, [], ("unknown-root", "unknown-root-rsa")), "mended by its root it would be good"
        return "unknown issuer"

    @cached_property
    def _sub_cas(self) -> list[x509.Certificate]:
        return [self.chain(name)[0] for name in self.listed if "-sub-ca" in name]

    def _verifies(self, leaf: x509.Certificate, above: list[x509.Certificate], roots: tuple[str, ...]) -> bool:
        try:
            self.verify(leaf, above, roots)
        except VerificationError:
            return False
        return True

    # --- OCPP's rules ----------------------------------------------------------------------------------------------------------

    def _of_key(self, leaf: x509.Certificate, name: str) -> set[str]:
        """A00.FR.502, A00.FR.503, A00.FR.512; P-256 for ISO 15118-2."""
        key, found = leaf.public_key(), set()
        if isinstance(key, rsa.RSAPublicKey):
            found |= {"weak"} if key.key_size < 2048 else set()
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            found |= {"weak"} if key.key_size < 224 else set()
            found |= {"wrong curve"} if self._domain(name) and key.curve.name != "secp256r1" else set()
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        return found if usage.digital_signature else found | {"wrong usage"}

    def _of_names(self, leaf: x509.Certificate, name: str) -> set[str]:
        """A00.FR.404, A00.FR.405, A00.FR.510, A00.FR.511."""
        found = set()
        if name.startswith("server"):
            found |= self._of_server(leaf)
        if name.startswith("station-"):
            owner = self.manifest["maker" if name.endswith("-factory") else "owner"]
            found |= {"wrong owner"} if _of(leaf, NameOID.ORGANIZATION_NAME) != owner else set()
            found |= {"wrong name"} if _of(leaf, NameOID.COMMON_NAME) != self.serial else set()
            found |= {"a subjectAltName"} if _alternatives(leaf) else set()
        domain = self._domain(name)
        return found | ({"wrong domain"} if domain and _of(leaf, NameOID.DOMAIN_COMPONENT) != domain else set())

    def _of_server(self, leaf: x509.Certificate) -> set[str]:
        name, alternatives = _of(leaf, NameOID.COMMON_NAME), _alternatives(leaf)
        if name.startswith("*."):
            return {"wildcard"}
        return set() if name == self.host and (not alternatives or self.host in alternatives) else {"wrong name"}

    def _domain(self, name: str) -> str:
        return next((domain for start, domain in DOMAINS.items() if name.startswith(start)), "")

    def _of_crl(self, name: str) -> set[str]:
        issuer = self.listed[name]["issuer"]
        path = self.folder / "crl" / f"{issuer}.crl"
        if not path.exists():
            return set()
        crl = x509.load_der_x509_crl(path.read_bytes())
        signer: Any = self.chain(issuer)[0].public_key()
        assert crl.is_signature_valid(signer)
        assert crl.next_update_utc is not None
        assert crl.last_update_utc < self.at < crl.next_update_utc - timedelta(days=30)
        gone = crl.get_revoked_certificate_by_serial_number(self.chain(name)[0].serial_number)
        return {"revoked"} if gone is not None else set()


def _of(leaf: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    (found,) = leaf.subject.get_attributes_for_oid(oid)
    return str(found.value)


def _alternatives(leaf: x509.Certificate) -> list[str]:
    try:
        return [str(one.value) for one in leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]
    except x509.ExtensionNotFound:
        return []
