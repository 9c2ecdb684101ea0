"""The pool of contracts: made for vehicles, renewed with new keys, ended; their certificates are the authority's.

Who asks for a contract always gets its newest certificate, and one that ends soon is renewed first (`Pool.current`): the driver does not
notice. A certificate that the authority has revoked is given to nobody; `Pool.renew` makes another one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pilotwire.ca import Issued, Office
from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.revoking import current_crl, revoke
from pilotwire.errors import ConfigError
from pilotwire.iso15118.contracts import check_contract, check_provisioning
from pilotwire.iso15118.emaid import check_digit, is_pcid, normalised, read_emaid
from pilotwire.iso15118.provisioning import Holder
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.mobility.notices import Notices
from pilotwire.mobility.register import Contract, Holding, Register, Vehicle
from pilotwire.pki import Certificate, KeyKind, PkiFault, Revocation, due, is_self_signed, pem_of, read_certificates
from pilotwire.pki.certificates import common_name
from pilotwire.pki.naming import extension_of, fingerprint, short_name
from pilotwire.pki.profiles import PROFILES, Hierarchy
from pilotwire.pki.revocation import Reason, read_crl

KEYS: Final = {Edition.ISO2: KeyKind.EC_P256, Edition.ISO20: KeyKind.EC_P521}
"""Of contracts and of the provisioning service, by the edition the vehicle speaks."""
SCHEMAS: Final = {
    Edition.ISO2: "urn:iso:15118:2:2013:MsgDef",
    Edition.ISO20: "urn:iso:std:iso:15118:-20:CommonMessages",
}
"""The iso15118SchemaVersion of OCPP, which is the xsdMsgDefNamespace of OPCP."""
RENEWAL: Final = "the provisioning service"
"""Who asks for certificates that are renewed because a vehicle wants one."""
_CURVES: Final = {Edition.ISO2: "secp256r1", Edition.ISO20: "secp521r1"}
"""What OPCP calls the signatureAlgorithm of a contract."""
_NEEDED: Final = ("contract", "cps")
_OF_VEHICLES: Final = (Hierarchy.OEM, Hierarchy.V2G)
_OF_CONTRACTS: Final = (Hierarchy.MO, Hierarchy.V2G)


@dataclass(frozen=True, slots=True)
class Current:
    """The certificate of a contract that is in use; `issued` is what the authority knows of it."""

    contract: Contract
    issued: Issued
    key: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """Roots that are trusted, and sub-CAs that are known."""

    roots: list[Certificate]
    subs: list[Certificate]


def can_serve(office: Office) -> bool:
    """Whether an authority has the CAs that contracts and a provisioning service need."""
    return not _missing(office)


class Pool:
    """See the module. Raises ConfigError if the authority lacks a CA it needs. Safe to use from several threads."""

    def __init__(self, office: Office) -> None:
        missing = _missing(office)
        if missing:
            raise ConfigError(
                f"The authority in {office.folder} has no CA for contracts: {' and '.join(missing)} cannot be signed.",
                f"Add one: pilotwire pki init {office.folder} --hierarchy v2g,mo.",
            )
        self.office = office
        self.register = Register(office.folder)
        self.notices = Notices(self.register)
        self._lock = RLock()

    def close(self) -> None:
        """Close the register."""
        self.register.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- contracts ---------------------------------------------------------------------------------------------------------------

    def add(self, emaid: str, pcids: Sequence[str], asked_by: str, days: int = 0) -> Current:
        """A contract for vehicles, with its certificate; one that is there gets more vehicles.

        Vehicles whose certificate is not known may be named (-2 or -20 then by the authority's edition). Raises PkiFault for an eMAID or
        PCID that is none, ConfigError if there is nothing to add.
        """
        name = read_emaid(emaid)
        if not name.check_digit_is_right:
            right = check_digit(name.contract)
            what = f"The check digit of the eMAID {emaid} is wrong: it is {right}."
            raise PkiFault(what, f"See whether it was mistyped, or leave it out: {name.contract}.")
        wanted = tuple(dict.fromkeys(_pcid(each) for each in pcids))
        if not wanted:
            raise ConfigError(f"The contract {name} belongs to no vehicle.", "Give --vehicle or --pcid.")
        there = self.register.contract(name.contract)
        if there is not None and there.ended_at is None:
            return self._more_vehicles(name.contract, there, wanted)
        kind = self._kind(wanted)
        issued, key = self._issued(str(name), kind, asked_by, days)
        now = self.office.clock.now()
        with self.register.change():
            self.register.begin(name.contract, str(name), now)
            self.register.belong_to_none(name.contract)
            self.register.belong(name.contract, wanted)
            self.register.hold(name.contract, Holding(issued.serial, key, now))
            self._tell("oem.contract.created", str(name), wanted, issued)
        return Current(self.contract(str(name)), issued, key)

    def contract(self, emaid: str) -> Contract:
        """A contract, whether it has ended or not. Raises PkiFault."""
        found = self.register.contract(read_emaid(emaid).contract)
        if found is None:
            raise PkiFault(f"There is no contract {emaid} here.", "`pilotwire pki contract list` shows all.")
        return found

    def contracts_of(self, pcid: str) -> list[Contract]:
        """The contracts of a vehicle that have not ended."""
        return [each for each in self.register.contracts_of(normalised(pcid)) if each.ended_at is None]

    def newest(self, contract: Contract) -> Current:
        """The newest certificate of a contract, whatever has become of it. One renewed by the authority (same key) counts."""
        held = self.register.holdings(read_emaid(contract.emaid).contract)[-1]
        issued = self.office.issued(held.serial)
        while issued.replaced_by:
            issued = self.office.issued(issued.replaced_by)
        return Current(contract, issued, held.key)

    def current(self, contract: Contract) -> Current:
        """The certificate a vehicle is given: the newest; one that ends soon, or has ended, is renewed first, with a new key.

        Raises PkiFault if the contract has ended, or its certificate is revoked.
        """
        with self._lock:
            newest = self.newest(contract)
            if contract.ended_at is not None or newest.issued.revoked_at is not None:
                what = "has ended" if contract.ended_at is not None else "has a revoked certificate"
                raise PkiFault(f"The contract {contract.emaid} {what}.", "pilotwire pki contract renew makes another.")
            now = self.office.clock.now()
            if not due(newest.issued.certificate, now):
                return newest
            try:
                return self.renew(contract, RENEWAL)
            except PkiFault:
                if newest.issued.until <= now:
                    raise
                return newest  # better than none, until the CA is renewed

    def renew(self, contract: Contract, asked_by: str, days: int = 0) -> Current:
        """Another certificate with a new key, as long as the last one if `days` does not say. Raises PkiFault if nothing would be won."""
        if contract.ended_at is not None:
            what = f"The contract {contract.emaid} has ended on {contract.ended_at:%Y-%m-%d}."
            raise PkiFault(what, "Add it again: pilotwire pki contract add.")
        with self._lock:
            old = self.newest(contract)
            kind = _kind_of(old.issued.certificate)
            lived = (old.issued.until - old.issued.since).days
            days = days or min(max(1, lived), PROFILES["contract"].most_days)
            if self._last_day() <= old.issued.until and old.issued.revoked_at is None:
                by = old.issued.authority
                raise PkiFault(
                    f"The contract {contract.emaid} cannot be renewed: its CA {by} ends no later than it.",
                    f"Renew the CA first: pilotwire pki renew {by}.",
                )
            issued, key = self._issued(contract.emaid, kind, asked_by, days)
            name = read_emaid(contract.emaid).contract
            with self.register.change():
                self.register.hold(name, Holding(issued.serial, key, self.office.clock.now()))
                self._tell("oem.contract.updated", contract.emaid, contract.vehicles, issued)
            if old.issued.revoked_at is None:
                self.office.book.replace(old.issued.serial, issued.serial)
            return Current(contract, issued, key)

    def due(self, days: int) -> list[Contract]:
        """The contracts whose certificate ends within so many days, or has ended."""
        found = (self.newest(each) for each in self.register.contracts() if each.ended_at is None)
        last = self.office.clock.now() + timedelta(days=days)
        return [each.contract for each in found if each.issued.until <= last]

    def end(self, emaid: str, reason: Reason, *, skip_revocation: bool = False) -> Contract:
        """A contract ends: every certificate of it that is still good is revoked, and no vehicle gets one. Raises PkiFault.

        `skip_revocation`: nothing is revoked; vehicles that have the contract already go on with it.
        """
        contract = self.contract(emaid)
        if contract.ended_at is not None:
            what = f"The contract {contract.emaid} has ended already, on {contract.ended_at:%Y-%m-%d %H:%M} UTC."
            raise PkiFault(what)
        name, now = read_emaid(contract.emaid).contract, self.office.clock.now()
        with self.register.change():
            self.register.end(name, now)  # first: from now on nobody gets it, whatever happens below
            self._tell("oem.contract.deleted", contract.emaid, contract.vehicles, self.newest(contract).issued)
        for issued in () if skip_revocation else self._all_issued(name):
            if issued.revoked_at is None and issued.until > now:
                revoke(self.office, issued.serial, reason)
        return self.contract(emaid)

    def leave(self, emaid: str, pcid: str, reason: Reason) -> Contract:
        """A contract is for a vehicle no more; one that was for no other ends. Raises PkiFault."""
        contract, pcid = self.contract(emaid), normalised(pcid)
        if pcid not in contract.vehicles:
            raise PkiFault(f"The contract {contract.emaid} does not belong to the vehicle {pcid}.")
        if contract.vehicles == (pcid,):
            return self.end(emaid, reason)
        with self.register.change():
            self.register.leave(read_emaid(contract.emaid).contract, pcid)
            self._tell("oem.contract.deleted", contract.emaid, (pcid,), self.newest(contract).issued)
        return self.contract(emaid)

    def forget(self, pcid: str, reason: Reason) -> list[Contract]:
        """A vehicle is known no more, and its contracts are for it no more: those. Raises PkiFault for one that is not known."""
        pcid = normalised(pcid)
        if not self.vehicle(pcid):
            raise PkiFault(f"The certificate of the vehicle {pcid} is not known.")
        left = self.contracts_of(pcid)
        with self.register.change():
            self.register.know(Vehicle(pcid, ""), self.office.clock.now())  # also one that was issued here
            self._tell_of_vehicle("mo.prov.cert.deleted", pcid, left)
        for each in left:
            self.leave(each.emaid, pcid, reason)
        return left

    def holder(self, current: Current) -> Holder:
        """A contract's certificate with its chain and its key."""
        chain = self.office.chain_of(current.issued)
        return Holder(chain[0], chain[1:-1], self.office.safe.open(current.key))

    # --- the provisioning service ------------------------------------------------------------------------------------------------

    def service(self, edition: Edition) -> Holder:
        """The certificate the service signs with, and its key: made when it is first needed, and again before it ends."""
        with self._lock:
            serial, key = self.register.service(edition.value)
            issued = self.office.book.get(serial) if serial else None
            if issued is None or issued.revoked_at is not None or due(issued.certificate, self.office.clock.now()):
                wanted = Wanted("cps", f"{self.office.organization[:40]} provisioning", key=KEYS[edition])
                issued, made = issue_with_key(self.office, wanted, RENEWAL)
                key = self.office.safe.keep("cps", made)
                self.register.serve_with(edition.value, issued.serial, key)
            chain = self.office.chain_of(issued)
            return Holder(chain[0], chain[1:-1], self.office.safe.open(key))

    # --- vehicles, and whom they are trusted by ----------------------------------------------------------------------------------

    def know(self, certificates: Sequence[Certificate]) -> str:
        """Keep the certificate of a vehicle, with its sub-CAs; its PCID. Raises PkiFault if no trusted CA vouches for it."""
        leaf = next((each for each in certificates if is_pcid(common_name(each.subject))), None)
        if leaf is None:
            what = "There is no provisioning certificate: no common name is a PCID (17 letters and digits, and a check digit)."
            raise PkiFault(what, "Give the OEM provisioning certificate of the vehicle, with its sub-CAs.")
        subs = [each for each in certificates if each != leaf and not is_self_signed(each)]
        makers = self.makers()
        sent = [each.public_bytes(Encoding.DER) for each in (leaf, *subs)]
        edition = edition_of(leaf)
        found = check_provisioning(
            sent, makers.roots, self.office.clock.now(), edition, pool=makers.subs, revocation=self.revocation()
        )
        if not found.good:
            what = f"The certificate of the vehicle {found.name} is not good: {found.words}"
            raise PkiFault(what, "If its root is missing: pilotwire pki contract trust FILE.")
        with self.register.change():
            self.register.know(Vehicle(found.name, pem_of(leaf, *subs)), self.office.clock.now())
            self._tell_of_vehicle("mo.prov.cert.updated", found.name, self.contracts_of(found.name))
        return found.name

    def vehicle(self, pcid: str) -> tuple[Certificate, ...]:
        """The certificate of a vehicle, and its sub-CAs; () if it is not known. One that was issued here is."""
        known = self.register.vehicle(normalised(pcid))
        if known is not None:
            return tuple(read_certificates(known.chain)) if known.chain else ()
        here = [each for each in self.office.book.named(normalised(pcid)) if each.profile == "oem-provisioning"]
        good = [each for each in here if each.revoked_at is None]
        return self.office.chain_of(good[-1])[:-1] if good else ()

    def known_by(self, der: bytes) -> tuple[Certificate, ...]:
        """The vehicle of a certificate, with its sub-CAs, if that is known; else (). Whether it is good is not judged."""
        try:
            name = common_name(x509.load_der_x509_certificate(der).subject)
        except Exception:  # the library raises many kinds for bytes that are no certificate
            return ()
        return self.vehicle(name) if is_pcid(name) else ()

    def trust(self, certificates: Sequence[Certificate]) -> list[Certificate]:
        """Trust CAs of others: roots, and sub-CAs that lead to them. Those that are new. Raises PkiFault for what is no CA."""
        known = set(self._anchors())
        for each in certificates:
            if not _is_ca(each):
                what = f"{short_name(each)} is no certificate authority."
                raise PkiFault(what, "Give the certificates of the vehicle maker's root and sub-CAs.")
        now = self.office.clock.now()
        with self.register.change():
            for each in certificates:
                self.register.trust(fingerprint(each), pem_of(each), now)
        return [each for each in certificates if each not in known]

    def makers(self) -> Trusted:
        """Who may vouch for vehicles: the CAs of vehicle makers and of V2G here, and those of others that are trusted."""
        return _split([*self._here(_OF_VEHICLES), *self._anchors()])

    def operators(self) -> Trusted:
        """Who may vouch for contracts that are to be updated here: the CAs of mobility operators and of V2G of this authority."""
        return _split(self._here(_OF_CONTRACTS))

    def revocation(self) -> Revocation:
        """What is known of revoked certificates: the CRLs of the CAs here."""
        names = self._names({*_OF_VEHICLES, *_OF_CONTRACTS})
        return Revocation(crls=[read_crl(current_crl(self.office, name)) for name in names])

    # --- inside ------------------------------------------------------------------------------------------------------------------

    def _tell(self, type_: str, emaid: str, pcids: Sequence[str], issued: Issued) -> None:
        """What has become of a contract, for each of its vehicles."""
        edition = edition_of(issued.certificate)
        for pcid in pcids:
            self.notices.happened(
                type_,
                str(read_emaid(emaid)),
                pcid,
                SCHEMAS[edition],
                self.office.clock.now(),
                contractCert=b64encode(issued.certificate.public_bytes(Encoding.DER)).decode("ascii"),
                signatureAlgorithm=_CURVES[edition],
            )

    def _tell_of_vehicle(self, type_: str, pcid: str, contracts: Sequence[Contract]) -> None:
        """What has become of a vehicle's certificate, for each of its contracts."""
        for each in contracts:
            schema = SCHEMAS[edition_of(self.newest(each).issued.certificate)]
            self.notices.happened(type_, str(read_emaid(each.emaid)), pcid, schema, self.office.clock.now())

    def _more_vehicles(self, name: str, there: Contract, wanted: Sequence[str]) -> Current:
        new = [each for each in wanted if each not in there.vehicles]
        if not new:
            what = f"The contract {there.emaid} is there already, and belongs to {', '.join(there.vehicles)}."
            raise ConfigError(what, "A new certificate for it: pilotwire pki contract renew.")
        current = self.newest(there)
        for each in new:
            own = self.vehicle(each)
            if own and _kind_of(own[0]) is not _kind_of(current.issued.certificate):
                what = f"The vehicle {each} has another kind of key than the contract {there.emaid}."
                raise ConfigError(what, "Give it a contract of its own.")
        with self.register.change():
            self.register.belong(name, new)
            self._tell("oem.contract.created", there.emaid, new, current.issued)
        return Current(self.contract(there.emaid), current.issued, current.key)

    def _kind(self, pcids: Sequence[str]) -> KeyKind | None:
        """The kind of key the contract of these vehicles has; None: as is usual here."""
        kinds = {_kind_of(own[0]) for own in map(self.vehicle, pcids) if own}
        if len(kinds) > 1:
            what = f"The vehicles {', '.join(pcids)} have keys of different kinds: one contract cannot be for all."
            raise ConfigError(what, "Give them contracts of their own.")
        return next(iter(kinds), None)

    def _issued(self, emaid: str, kind: KeyKind | None, asked_by: str, days: int) -> tuple[Issued, str]:
        """A certificate, and where its key is. Raises PkiFault if vehicles and stations would not take it."""
        issued, key = issue_with_key(self.office, Wanted("contract", emaid, days=days, key=kind), asked_by)
        chain = self.office.chain_of(issued)
        sent = [each.public_bytes(Encoding.DER) for each in chain[:-1]]
        found = check_contract(sent, chain[-1:], self.office.clock.now(), edition_of(chain[0]))
        if not found.good:
            revoke(self.office, issued.serial, Reason.CESSATION_OF_OPERATION)
            raise PkiFault(f"The contract certificate would not be taken: {found.words}", "See to the CAs first.")
        return issued, self.office.safe.keep("contract", key)

    def _last_day(self) -> datetime:
        """Until when a contract can be good: the end of the CA that signs it."""
        by = self.office.signer_of(PROFILES["contract"])
        return self.office.chain(by)[0].not_valid_after_utc

    def _all_issued(self, name: str) -> Iterator[Issued]:
        for held in self.register.holdings(name):
            issued: Issued | None = self.office.issued(held.serial)
            while issued is not None:
                yield issued
                issued = self.office.book.get(issued.replaced_by) if issued.replaced_by else None

    def _names(self, hierarchies: Collection[Hierarchy]) -> list[str]:
        there = self.office.book.authorities()
        return [each.name for each in there if PROFILES[each.profile].hierarchy in hierarchies]

    def _here(self, hierarchies: Collection[Hierarchy]) -> list[Certificate]:
        return [self.office.chain(name)[0] for name in self._names(hierarchies)]

    def _anchors(self) -> list[Certificate]:
        return [each for pem in self.register.anchors() for each in read_certificates(pem)]


def edition_of(certificate: Certificate) -> Edition:
    """The edition somebody with this certificate speaks: -2 has P-256, -20 the others."""
    key = certificate.public_key()
    on_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return Edition.ISO2 if on_p256 else Edition.ISO20


def _kind_of(certificate: Certificate) -> KeyKind:
    return KEYS[edition_of(certificate)]


def _split(certificates: Sequence[Certificate]) -> Trusted:
    known = list(dict.fromkeys(certificates))
    return Trusted(
        [each for each in known if is_self_signed(each)], [each for each in known if not is_self_signed(each)]
    )


def _pcid(text: str) -> str:
    if not is_pcid(text):
        what = f"{text!r} is no PCID: it has 17 letters and digits, and mostly a check digit."
        raise PkiFault(what, "Take the common name of the vehicle's provisioning certificate.")
    return normalised(text)


def _is_ca(certificate: Certificate) -> bool:
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _missing(office: Office) -> list[str]:
    """The kinds of certificates that no CA here signs."""
    kinds = {each.profile for each in office.book.authorities()}
    return [each for each in _NEEDED if not kinds & set(PROFILES[each].issuers)]
