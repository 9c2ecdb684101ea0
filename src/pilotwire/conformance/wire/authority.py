"""The tester's certificates by their names: roots, what they sign, and the TLS it speaks with them.

They are made anew for every case, unless the plan names a folder: what lies there under a name (`csms-root.pem`, `csms-root-key.pem`)
is used, and what has to be known to a station before a run is kept there when it is made.
"""

from __future__ import annotations

import ssl
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from pilotwire.conformance.wire.pki import Holder, Wanted, make, pem_of, read_holder, sign, subject, write_holder
from pilotwire.errors import MisuseError

CSMS_ROOT = "csms root"
"""What the server certificate of the main endpoint is signed by."""
NEW_CSMS_ROOT = "new csms root"
"""Another CSMS root, itself signed by the first (M05.FR.10)."""
UNKNOWN_ROOT = "unknown root"
"""A root that nobody is given."""
SECOND_CSMS_ROOT = "second csms root"
"""Another CSMS root, signed by itself, for a station that may have several."""
EXPIRED_ROOT = "expired root"
"""A root whose time is over."""
STATION_ROOT = "station root"
"""What certificates of stations are signed by, until the CSMS signs them."""
MANUFACTURER_ROOT = "manufacturer root"
V2G_ROOT, V2G_SUB_CA_1, V2G_SUB_CA_2 = "v2g root", "v2g sub-ca 1", "v2g sub-ca 2"
"""What certificates for ISO 15118 are signed by: the SECC's by the second sub-CA."""
MO_ROOT, MO_SUB_CA_1, MO_SUB_CA_2 = "mo root", "mo sub-ca 1", "mo sub-ca 2"
"""What contracts of EV drivers are signed by: by the second sub-CA."""

_ABOVE: Final[Mapping[str, str]] = {
    NEW_CSMS_ROOT: CSMS_ROOT,
    V2G_SUB_CA_1: V2G_ROOT,
    V2G_SUB_CA_2: V2G_SUB_CA_1,
    MO_SUB_CA_1: MO_ROOT,
    MO_SUB_CA_2: MO_SUB_CA_1,
}
_OF_STATIONS: Final = (STATION_ROOT, CSMS_ROOT, V2G_ROOT)
"""What a station's certificate may be under: one for both uses is under the V2G root."""
_DOMAINS: Final = {V2G_ROOT: "V2G", V2G_SUB_CA_1: "V2G", V2G_SUB_CA_2: "V2G", MO_SUB_CA_1: "MO", MO_SUB_CA_2: "MO"}
_RESPONDER: Final = "http://ocsp.bench.example/"
"""The OCSP responder certificates for ISO 15118 name: who asks about one asks the CSMS, and never this."""
_NAMES_RESPONDER: Final = (V2G_SUB_CA_1, V2G_SUB_CA_2, MO_SUB_CA_1, MO_SUB_CA_2)
_EARLIER = timedelta(days=1)
_DAYS = timedelta(days=30)
_YEARS = timedelta(days=3650)
SERVERS: Final = ("valid", "expired", "not yet valid", "unknown issuer", "wrong name", "wildcard")
"""The kinds of server certificates; a station must take the first only."""
_OTHER_HOST = "other.example"
_TIMES: Final = {"expired": (-20, -2), "not yet valid": (2, 20)}
"""From and until when, in days from now; else it is valid."""
_OLD: Final = "ALL:@SECLEVEL=0"
_CIPHERS: Final = "DEFAULT:AES128-GCM-SHA256:AES256-GCM-SHA384"
"""With those of A00.FR.318 and A00.FR.319 that have no forward secrecy."""


class Authority:
    """The certificates of a case, made when they are first asked for by their names; `host` is where the tester listens."""

    def __init__(self, host: str, now: datetime, folder: str = "") -> None:
        self.host = host
        self._now = now
        self._folder = Path(folder) if folder else None
        self._kept: dict[str, Holder] = {}

    # --- who signs -------------------------------------------------------------------------------------------------------------

    def root(self, name: str = CSMS_ROOT) -> Holder:
        """The root, or sub-CA, of this name. Raises ConfigError for a file that cannot be used."""
        return self._known(name, lambda: self._authority(name))

    def issuer(self, name: str = CSMS_ROOT) -> Holder:
        """Who has signed the root of this name: itself, or the one above it."""
        return self.root(_ABOVE.get(name, name))

    def top(self, name: str) -> Holder:
        """The root that the root, or sub-CA, of this name is under at last."""
        while name in _ABOVE:
            name = _ABOVE[name]
        return self.root(name)

    def _authority(self, name: str) -> Holder:
        since, until = self._now - _EARLIER, self._now + _YEARS
        if name == EXPIRED_ROOT:
            since, until = self._now - _YEARS, self._now - _EARLIER
        responder = _RESPONDER if name in _NAMES_RESPONDER else ""
        named = subject(f"Pilotwire bench {name}", _DOMAINS.get(name, ""))
        wanted = Wanted(named, since, until, ca=True, responder=responder)
        return make(wanted, self.root(_ABOVE[name]) if name in _ABOVE else None)

    def _known(self, name: str, made: Callable[[], Holder]) -> Holder:
        """What is kept under this name, in the folder if there is one; else it is made."""
        if name not in self._kept:
            found = None if self._folder is None else read_holder(self._folder, _file(name))
            if found is None:
                found = made()
                if self._folder is not None:
                    write_holder(self._folder, _file(name), found)
            self._kept[name] = replace(
                found, anchor=found.certificate.subject == found.certificate.issuer or name == NEW_CSMS_ROOT
            )
        return self._kept[name]

    # --- what is signed --------------------------------------------------------------------------------------------------------

    def server(self, kind: str = "valid", root: str = CSMS_ROOT) -> tuple[Holder, ...]:
        """New server certificates of this kind (see `SERVERS`), with an EC and an RSA key; or the one in the folder. MisuseError."""
        if kind not in SERVERS:
            raise MisuseError(f"There is no server certificate {kind!r}.", f"Kinds are {', '.join(SERVERS)}.")
        if self._folder is not None and root == CSMS_ROOT:
            found = read_holder(self._folder, _file("server" if kind == "valid" else f"server {kind}"))
            if found is not None:
                return (found,)
        first, last = _TIMES.get(kind, (-1, 30))
        name, hosts = self._names(kind)
        wanted = Wanted(subject(name), self._now + timedelta(days=first), self._now + timedelta(days=last), hosts=hosts)
        signer = self.root(UNKNOWN_ROOT if kind == "unknown issuer" else root)
        return make(wanted, signer), make(wanted, signer, _rsa_key())

    def _names(self, kind: str) -> tuple[str, tuple[str, ...]]:
        """The common name, and the names it is for."""
        if kind == "wrong name":
            return _OTHER_HOST, (_OTHER_HOST,)
        if kind == "wildcard":
            wildcard = f"*.{self.host.partition('.')[2] or self.host}"
            return wildcard, (wildcard,)
        return self.host, (self.host, "localhost")

    def station(self, name: str) -> Holder:
        """The certificate of a station with this common name."""
        wanted = Wanted(subject(name), self._now - _EARLIER, self._now + _YEARS)
        return self._known(f"station {name}", lambda: make(wanted, self.root(STATION_ROOT)))

    def firmware_signer(self, kind: str = "valid") -> Holder:
        """Who signs firmware, under the root of the manufacturer, with an RSA key (L01.FR.04); `kind` as in `SERVERS`."""
        first, last = _TIMES.get(kind, (-1, 3650))
        since, until = self._now + timedelta(days=first), self._now + timedelta(days=last)
        wanted = Wanted(subject("Pilotwire bench firmware"), since, until)
        name = "firmware signer" if kind == "valid" else f"firmware signer {kind}"
        return self._known(name, lambda: make(wanted, self.root(MANUFACTURER_ROOT), _rsa_key()))

    def contract(self, emaid: str) -> Holder:
        """The contract of an EV driver, under the second sub-CA of the mobility operator."""
        wanted = Wanted(subject(emaid, "MO"), self._now - _EARLIER, self._now + _DAYS, responder=_RESPONDER)
        return self._known(f"contract {emaid}", lambda: make(wanted, self.root(MO_SUB_CA_2)))

    def sign(self, csr: str, by: str = CSMS_ROOT, kind: str = "valid") -> Holder:
        """A certificate for a request of a station: `valid`, `expired` or `not yet valid`. Raises ValueError for what is no request."""
        first, last = _TIMES.get(kind, (-1, 30))
        responder = _RESPONDER if by in _NAMES_RESPONDER else ""
        return sign(csr, self.root(by), self._now + timedelta(days=first), self._now + timedelta(days=last), responder)

    def foreign(self, common_name: str, by: str = CSMS_ROOT) -> Holder:
        """A certificate as for a station, but for a key it does not have."""
        return make(Wanted(subject(common_name), self._now - _EARLIER, self._now + _DAYS), self.root(by))

    def signers(self) -> list[Holder]:
        """Whoever may have signed a certificate that names a responder."""
        return [self.root(name) for name in (V2G_ROOT, MO_ROOT, *_NAMES_RESPONDER)]

    # --- TLS -------------------------------------------------------------------------------------------------------------------

    def context(
        self,
        root: str = CSMS_ROOT,
        *,
        server: str = "valid",
        asks_certificate: bool = False,
        too_old: bool = False,
        suites: str = "",
    ) -> ssl.SSLContext:
        """The TLS of an endpoint with server certificates of a kind under this root.

        `asks_certificate`: security profile 3. `too_old`: nothing newer than TLS 1.1 is spoken. `suites`: only these cipher suites, in
        OpenSSL's names, which leaves TLS 1.2. No session is resumed, so that every connection shows its certificate.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.set_ciphers(_OLD if too_old else suites or _CIPHERS)
        least, most = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2 if suites else ssl.TLSVersion.MAXIMUM_SUPPORTED
        with warnings.catch_warnings():  # old versions are warned of, and wanted here
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1 if too_old else least
            context.maximum_version = ssl.TLSVersion.TLSv1_1 if too_old else most
        for one in self.server(server, root):
            _load(context, one)
        if asks_certificate:
            roots = pem_of(*(self.root(name).certificate for name in _OF_STATIONS))
            context.load_verify_locations(cadata=roots)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _file(name: str) -> str:
    return name.replace(" ", "-")


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    """The RSA key of all server certificates of a run: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _load(context: ssl.SSLContext, holder: Holder) -> None:
    with tempfile.TemporaryDirectory() as folder:  # the library reads keys from files only
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_text(holder.chain_pem, encoding="ascii")
        key.write_text(holder.key_pem, encoding="ascii")
        context.load_cert_chain(chain, key)
