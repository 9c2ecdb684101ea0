"""The certificates of a PKI kit as a table: whose each is, who signs it, what is wrong with it and which test cases use it.

What is broken differs from the good one beside it in one thing only: it has the same key and the same names, unless these are at fault.
The names are those the bench looks for in a folder of certificates (`pilotwire.conformance.wire.authority`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pilotwire.conformance.certify.pki_kit_words import REASONS, Asked, Entry, Fault, Group, Key


def entries_of(asked: Asked) -> tuple[Entry, ...]:
    """All certificates of a kit, each after the one that signs it."""
    table = _Table(asked)
    made = [*table.authorities(), *table.servers(), *table.stations(), *table.firmware()]
    return tuple([*made, *table.plug_and_charge()] if asked.plug_and_charge else made)


_EARLIER: Final = -1
"""What is valid is so from the day before: the clocks of a lab do not agree."""
_OVER: Final = (-60, -30)
_YEAR: Final = 365
_OTHER_HOST: Final = "other.example"
_OTHER_OWNER: Final = "Somebody else"

_TLS = ("TC_A_04_CS", "TC_A_06_CS", "TC_A_19_CS", "TC_086_CS")
_CLIENT = ("TC_A_07_CS", "TC_A_07_CSMS", "TC_A_08_CSMS", "TC_A_19_CS", "TC_087_CS", "TC_087_CSMS")
_ROOT = (
    "TC_M_01_CS",
    "TC_M_01_CSMS",
    "TC_M_12_CS",
    "TC_M_17_CS",
    "TC_M_18_CS",
    "TC_075_2_CS",
    "TC_075_2_CSMS",
    "TC_076_CS",
)
_SIGNS = ("TC_A_11_CS", "TC_A_11_CSMS", "TC_074_CS", "TC_074_CSMS")
_BAD_SERVER = ("TC_A_05_CS", "TC_078_CS")
_BAD_CLIENT = ("TC_A_08_CSMS",)
_FIRMWARE = (
    "TC_L_01_CS",
    "TC_L_02_CS",
    "TC_L_03_CS",
    "TC_L_06_CS",
    "TC_L_08_CS",
    "TC_L_01_CSMS",
    "TC_080_CS",
    "TC_080_CSMS",
)
_CONTRACT = ("TC_C_50_CS", "TC_C_52_CS", "TC_C_54_CS", "TC_C_55_CS", "TC_C_50_CSMS", "TC_C_52_CSMS")
_PROVISIONING = ("TC_M_26_CS", "TC_M_28_CS", "TC_M_26_CSMS", "TC_M_28_CSMS")
_SECC = ("TC_A_12_CS", "TC_A_13_CS", "TC_A_12_CSMS", "TC_M_15_CS", "TC_M_24_CS", "TC_M_24_CSMS")


@dataclass(frozen=True, slots=True)
class _Kind:
    """The ECDSA or the RSA half of the kit."""

    key: Key
    weak: Key
    end: str
    said: str


_KINDS: Final = (_Kind(Key.EC, Key.EC_WEAK, "", "ECDSA"), _Kind(Key.RSA, Key.RSA_WEAK, "-rsa", "RSA"))


class _Table:
    """The table for what is asked."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._spoils: Mapping[Fault, Callable[[Entry], Entry]] = {
            Fault.EXPIRED: lambda one: replace(one, since=_OVER[0], until=_OVER[1]),
            Fault.NOT_YET_VALID: lambda one: replace(one, since=asked.days, until=asked.days + _YEAR),
            Fault.REVOKED: lambda one: one,
            Fault.WRONG_NAME: lambda one: _renamed(one, _OTHER_HOST if one.hosts else f"{one.common_name}-OTHER"),
            Fault.WILDCARD: lambda one: _renamed(one, f"*.{asked.hosts[0].partition('.')[2] or asked.hosts[0]}"),
            Fault.WRONG_OWNER: lambda one: replace(one, owner=_OTHER_OWNER),
            Fault.WRONG_DOMAIN: lambda one: replace(one, domain="OEM"),
            Fault.UNKNOWN_ISSUER: lambda one: replace(one, by=f"unknown-root{_end(one)}"),
            Fault.SELF_SIGNED: lambda one: replace(one, by=""),
            Fault.MISSING_INTERMEDIATE: lambda one: one,
            Fault.ISSUER_IS_NO_CA: lambda one: replace(one, by=f"no-ca{_end(one)}"),
            Fault.BROKEN_SIGNATURE: lambda one: one,
            Fault.WRONG_USAGE: lambda one: one,
            Fault.WRONG_EXTENDED_USAGE: lambda one: one,
            Fault.WEAK: lambda one: replace(one, key_of="", key=_weak(one)),
            Fault.WRONG_CURVE: lambda one: replace(one, key_of="", key=Key.EC_P384),
        }

    # --- CAs of the CSO, and roots ---------------------------------------------------------------------------------------------

    def authorities(self) -> Iterator[Entry]:
        asked = self._asked
        for kind in _KINDS:
            yield self._root(
                f"csms-root{kind.end}",
                f"CSMS root, {kind.said}: installed at the station (CSMSRootCertificate), trusted by the CSMS for clients",
                (*_TLS, *_ROOT),
                "CSMS root",
                key=kind.key,
                depth=None,
            )
            yield self._sub(
                f"csms-sub-ca{kind.end}",
                f"csms-root{kind.end}",
                f"sub-CA under it: signs servers and stations, {kind.said}",
                _SIGNS,
                "CSMS sub-CA",
                key=kind.key,
                depth=0,
            )
        more = Group.OTHER_ROOTS
        yield replace(
            self._root(
                "new-csms-root",
                "CSMS root that follows csms-root, signed by it (M05.FR.10)",
                ("TC_M_30_CS", "TC_M_31_CS", "TC_B_47_CS", "TC_B_50_CS"),
                "new CSMS root",
            ),
            by="csms-root",
            group=more,
        )
        second = "another CSMS root, not signed by the first: refused where AdditionalRootCertificateCheck is true, else a second one"
        cases = ("TC_M_09_CS", "TC_M_20_CS", "TC_076_CS")
        yield replace(self._root("second-csms-root", second, cases, "second CSMS root"), group=more)
        expired = replace(
            self._root(
                "expired-root",
                "CSMS root to be refused when it is installed (M05.FR.07)",
                ("TC_M_07_CS",),
                "expired root",
            ),
            since=-10 * _YEAR,
            until=_OVER[1],
            group=more,
        )
        yield replace(expired, fault=Fault.EXPIRED)
        for kind in _KINDS:
            what = f"root that nobody is given, {kind.said}: what it signs is to be refused"
            foreign = ("TC_A_05_CS", "TC_A_08_CSMS", "TC_A_14_CS", "TC_M_22_CS", "TC_077_CS")
            yield replace(
                self._root(f"unknown-root{kind.end}", what, foreign, "unknown root", key=kind.key), group=more
            )
            yield Entry(
                f"no-ca{kind.end}",
                more,
                f"signs others and may not, {kind.said}",
                (*_BAD_SERVER, *_BAD_CLIENT),
                f"Pilotwire lab no CA{kind.end}",
                asked.owner,
                -_YEAR,
                asked.days + 2 * _YEAR,
                by=f"csms-sub-ca{kind.end}",
                key=kind.key,
            )
        factory = (
            "root of what stations are delivered with (A00.FR.804); trusted by the CSMS until they have one of the CSO"
        )
        yield replace(
            self._root("station-root", factory, _CLIENT, "factory root"), owner=asked.maker, group=Group.STATIONS
        )

    # --- servers ---------------------------------------------------------------------------------------------------------------

    def servers(self) -> Iterator[Entry]:
        faults = (
            Fault.EXPIRED,
            Fault.NOT_YET_VALID,
            Fault.WRONG_NAME,
            Fault.UNKNOWN_ISSUER,
            Fault.WILDCARD,
            Fault.SELF_SIGNED,
            Fault.REVOKED,
            Fault.MISSING_INTERMEDIATE,
            Fault.ISSUER_IS_NO_CA,
            Fault.BROKEN_SIGNATURE,
            Fault.WRONG_USAGE,
            Fault.WRONG_EXTENDED_USAGE,
            Fault.WEAK,
        )
        for kind in _KINDS:
            good = self._server(kind)
            yield good
            yield from self._spoiled(good, faults, Group.SERVERS_REFUSED, _BAD_SERVER)
        first = self._server(_KINDS[0])
        what = "server certificate under new-csms-root"
        cases = ("TC_M_30_CS", "TC_B_47_CS", "TC_B_50_CS")
        yield replace(first, name="server-new-root", by="new-csms-root", key_of="server", what=what, cases=cases)
        what = "server certificate without subjectAltName, the name in the commonName alone (A00.FR.510, A00.FR.511)"
        yield replace(first, name="server-common-name-only", hosts=(), key_of="server", what=what)

    def _server(self, kind: _Kind) -> Entry:
        asked = self._asked
        what = f"server certificate of the CSMS, {kind.said}; a CSMS shows both kinds (A00.FR.318, A00.FR.421)"
        return Entry(
            f"server{kind.end}",
            Group.CSMS,
            what,
            _TLS,
            asked.hosts[0],
            asked.owner,
            _EARLIER,
            asked.days,
            by=f"csms-sub-ca{kind.end}",
            key=kind.key,
            hosts=asked.hosts,
        )

    # --- stations --------------------------------------------------------------------------------------------------------------

    def stations(self) -> Iterator[Entry]:
        faults = (
            Fault.EXPIRED,
            Fault.NOT_YET_VALID,
            Fault.WRONG_NAME,
            Fault.WRONG_OWNER,
            Fault.UNKNOWN_ISSUER,
            Fault.SELF_SIGNED,
            Fault.REVOKED,
            Fault.MISSING_INTERMEDIATE,
            Fault.ISSUER_IS_NO_CA,
            Fault.BROKEN_SIGNATURE,
            Fault.WRONG_USAGE,
            Fault.WRONG_EXTENDED_USAGE,
            Fault.WEAK,
        )
        for number, serial in enumerate(self._asked.stations):
            for kind in _KINDS:
                good = self._station(serial, kind)
                yield good
                if number == 0:
                    yield from self._spoiled(good, faults, Group.STATIONS_REFUSED, _BAD_CLIENT)
            what = f"what the station {serial} is delivered with, signed by its manufacturer (A00.FR.804)"
            factory = replace(
                self._station(serial, _KINDS[0]), name=f"station-{serial}-factory", by="station-root", what=what
            )
            yield replace(factory, owner=self._asked.maker)

    def _station(self, serial: str, kind: _Kind) -> Entry:
        asked = self._asked
        return Entry(
            f"station-{serial}{kind.end}",
            Group.STATIONS,
            f"client certificate of the station {serial}, {kind.said}: its serial number in the commonName (A00.FR.511)",
            _CLIENT,
            serial,
            asked.owner,
            _EARLIER,
            asked.days,
            by=f"csms-sub-ca{kind.end}",
            key=kind.key,
        )

    # --- firmware --------------------------------------------------------------------------------------------------------------

    def firmware(self) -> Iterator[Entry]:
        asked = self._asked
        root = "manufacturer's root: installed at the station (ManufacturerRootCertificate)"
        cases = ("TC_M_02_CS", "TC_M_02_CSMS", "TC_M_13_CS", "TC_M_17_CS", "TC_075_1_CS", "TC_075_1_CSMS", *_FIRMWARE)
        yield replace(
            self._root("manufacturer-root", root, cases, "manufacturer root"), owner=asked.maker, group=Group.FIRMWARE
        )
        signs = "signs firmware by RSA-PSS with SHA-256 (L01.FR.04); goes into UpdateFirmwareRequest (L01.FR.11)"
        good = Entry(
            "firmware-signer",
            Group.FIRMWARE,
            signs,
            _FIRMWARE,
            "Firmware signing",
            asked.maker,
            _EARLIER,
            asked.days,
            by="manufacturer-root",
            key=Key.RSA,
        )
        yield good
        what = "the same with an ECDSA key"
        yield replace(good, name="firmware-signer-ecdsa", key=Key.EC, what=what)
        faults = (Fault.EXPIRED, Fault.NOT_YET_VALID, Fault.UNKNOWN_ISSUER, Fault.SELF_SIGNED, Fault.REVOKED)
        for one in self._spoiled(good, faults, Group.FIRMWARE, ("TC_L_05_CS", "TC_L_05_CSMS")):
            yield replace(one, cases=("TC_L_04_CSMS",)) if one.fault is Fault.REVOKED else one

    # --- Plug & Charge ---------------------------------------------------------------------------------------------------------

    def plug_and_charge(self) -> Iterator[Entry]:
        asked = self._asked
        yield from self._hierarchy(
            "v2g", "V2G", ("TC_M_03_CS", "TC_M_03_CSMS", "TC_M_14_CS", "TC_A_12_CS"), _SECC, "CPO"
        )
        secc = self._of_vehicles(
            "secc", "v2g-sub-ca-2", "CPO", asked.secc, asked.owner, _SECC, "the station as SECC, to the vehicle"
        )
        yield secc
        yield from self._subs("cps", "v2g-root", "CPS", "provisioning service", _PROVISIONING)
        what = "the provisioning service: signs what is put into a vehicle (CertificateInstallationRes)"
        yield self._of_vehicles("cps", "cps-sub-ca-2", "CPS", "Provisioning", "Pilotwire lab CPS", _PROVISIONING, what)
        yield from self._hierarchy(
            "mo", "MO", ("TC_M_04_CS", "TC_M_04_CSMS", "TC_M_16_CS", *_CONTRACT), _CONTRACT, "MO"
        )
        what = "the driver's contract with the eMSP: the eMAID in the commonName"
        emsp = "Pilotwire lab eMSP"
        contract = self._of_vehicles(f"contract-{asked.emaid}", "mo-sub-ca-2", "MO", asked.emaid, emsp, _CONTRACT, what)
        yield contract
        yield from self._hierarchy("oem", "OEM", _PROVISIONING, _PROVISIONING, "OEM")
        what = "what a vehicle leaves its maker with: the PCID in the commonName"
        provisioning = self._of_vehicles(
            f"oem-{asked.pcid}", "oem-sub-ca-2", "OEM", asked.pcid, "Pilotwire lab OEM", _PROVISIONING, what
        )
        yield provisioning
        for good, faults, cases in (
            (secc, (*_USUAL, Fault.WRONG_DOMAIN, Fault.WRONG_CURVE), ("TC_A_14_CS",)),
            (contract, (*_USUAL, Fault.WRONG_DOMAIN, Fault.WRONG_CURVE), ("TC_C_53_CS", "TC_C_51_CSMS")),
            (provisioning, (Fault.EXPIRED, Fault.REVOKED, Fault.UNKNOWN_ISSUER), ("TC_M_27_CS", "TC_M_29_CS")),
        ):
            yield from self._spoiled(good, faults, Group.PNC_REFUSED, cases)

    def _hierarchy(
        self, name: str, said: str, for_root: tuple[str, ...], below: tuple[str, ...], domain: str
    ) -> Iterator[Entry]:
        root = self._root(f"{name}-root", f"{said} root", for_root, f"{said} root")
        yield replace(root, group=Group.PNC, owner="Pilotwire lab PKI", domain=said)
        yield from self._subs(name, f"{name}-root", domain, said if said == domain else f"{domain} under {said}", below)

    def _subs(self, name: str, root: str, domain: str, said: str, cases: tuple[str, ...]) -> Iterator[Entry]:
        by = root
        for number in (1, 2):
            made = self._sub(
                f"{name}-sub-ca-{number}", by, f"sub-CA {number} of {said}", cases, f"{domain} sub-CA {number}"
            )
            yield replace(made, depth=2 - number, group=Group.PNC, owner="Pilotwire lab PKI", domain=domain)
            by = made.name

    def _of_vehicles(
        self, name: str, by: str, domain: str, common_name: str, owner: str, cases: tuple[str, ...], what: str
    ) -> Entry:
        return Entry(name, Group.PNC, what, cases, common_name, owner, _EARLIER, self._asked.days, by=by, domain=domain)

    # --- words -----------------------------------------------------------------------------------------------------------------

    def _root(
        self,
        name: str,
        what: str,
        cases: tuple[str, ...],
        common_name: str,
        *,
        key: Key = Key.EC,
        depth: int | None = None,
    ) -> Entry:
        made = self._sub(name, "", what, cases, common_name, key=key, depth=depth)
        return replace(made, since=-2 * _YEAR, until=self._asked.days + 10 * _YEAR, anchor=True)

    def _sub(
        self,
        name: str,
        by: str,
        what: str,
        cases: tuple[str, ...],
        common_name: str,
        *,
        key: Key = Key.EC,
        depth: int | None = None,
    ) -> Entry:
        end = " RSA" if key is Key.RSA else ""
        return Entry(
            name,
            Group.CSMS,
            what,
            cases,
            f"Pilotwire lab {common_name}{end}",
            self._asked.owner,
            -_YEAR,
            self._asked.days + 2 * _YEAR,
            by=by,
            key=key,
            ca=True,
            depth=depth,
        )

    def _spoiled(self, good: Entry, faults: tuple[Fault, ...], group: Group, cases: tuple[str, ...]) -> Iterator[Entry]:
        stem = good.name.removesuffix("-rsa")
        end = good.name.removeprefix(stem)
        for fault in faults:
            one = replace(good, group=group, cases=cases, fault=fault, key_of=good.name)
            name = f"{stem}-{fault.value.lower().replace(' ', '-')}{end}"
            yield replace(self._spoils[fault](one), name=name, what=REASONS[fault])


_USUAL: Final = (Fault.EXPIRED, Fault.REVOKED, Fault.UNKNOWN_ISSUER, Fault.MISSING_INTERMEDIATE)


def _renamed(one: Entry, name: str) -> Entry:
    return replace(one, common_name=name, hosts=(name,) if one.hosts else ())


def _end(one: Entry) -> str:
    return "-rsa" if one.name.endswith("-rsa") else ""


def _weak(one: Entry) -> Key:
    return Key.RSA_WEAK if one.key is Key.RSA else Key.EC_WEAK
