"""A table of chains, good and broken in each way, with the faults we tell and what OpenSSL says of each.

`openssl` is its verdict: "" the same as ours; "laxer" it takes what we refuse, "stricter" it refuses what we take, both by design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from pilotwire.pki import Flaw, Purpose
from tests.support.pki_forge import DAY, NOW, Forger, Wish, altered, root

SERVER, CLIENT = (ExtendedKeyUsageOID.SERVER_AUTH,), (ExtendedKeyUsageOID.CLIENT_AUTH,)
HOST = "csms.example.org"
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


@dataclass(frozen=True)
class Chain:
    """A row: what was sent, what else there is, what is trusted, and what is to be told. `flaws` fatal ones, `hints` the others."""

    name: str
    sent: Sequence[x509.Certificate]
    flaws: frozenset[Flaw] = frozenset()
    hints: frozenset[Flaw] = frozenset()
    pool: Sequence[x509.Certificate] = ()
    roots: Sequence[x509.Certificate] = ()
    purpose: Purpose = Purpose.ANY
    host: str = ""
    now: datetime = NOW
    openssl: str = ""
    why: str = ""


ROOT, OTHER = root("root"), root("other root")
SUB = ROOT.signs(Wish("sub"))
LEAF = SUB.leaf()
CA, SUB_CA = ROOT.certificate, SUB.certificate


def chains() -> list[Chain]:
    """All rows."""
    return [
        *_good(),
        *_hosts(),
        *_paths(),
        *_times(),
        *_authorities(),
        *_usages(),
        *_signatures(),
        *_iso(),
        *_strange(),
    ]


def _row(name: str, *sent: x509.Certificate, flaws: str = "", hints: str = "", **how: object) -> Chain:
    roots = how.pop("roots", [CA])
    told, said = ([Flaw(each) for each in text.split()] for text in (flaws, hints))
    return Chain(name, sent, frozenset(told), frozenset(said), roots=roots, **how)  # type: ignore[arg-type]


def _good() -> list[Chain]:
    deep = SUB.signs(Wish("deep"))
    big = root("big root", kind="P521")
    big_sub = big.signs(Wish("big sub", kind="P521"))
    rsa_leaf = SUB.leaf("rsa", kind="RSA2048", usage=("key_encipherment",))
    return [
        _row("without its root", LEAF, SUB_CA),
        _row("with its root", LEAF, SUB_CA, CA),
        _row("in disorder", LEAF, CA, SUB_CA, hints="wrong-order"),
        _row("completed from the pool", LEAF, hints="incomplete", pool=[CA, OTHER.certificate, SUB_CA]),
        _row("under the root itself", ROOT.leaf("direct")),
        _row("a sub-CA is trusted", LEAF, roots=[SUB_CA]),
        _row("the leaf itself is trusted", LEAF, roots=[LEAF]),
        _row("three CAs", deep.leaf(), deep.certificate, SUB_CA),
        _row("P-521", big_sub.leaf(kind="P521"), big_sub.certificate, roots=[big.certificate]),
        _row("an RSA server that only enciphers", rsa_leaf, SUB_CA, purpose=Purpose.SERVER),
        _row("a client", LEAF, SUB_CA, purpose=Purpose.CLIENT),
        _row("twice the same", LEAF, SUB_CA, SUB_CA, hints="duplicate"),
        _row("a stranger", LEAF, SUB_CA, OTHER.certificate, hints="stranger"),
        _row("longer than its issuer", SUB.leaf(until=1200), SUB_CA, hints="outlives-issuer"),
        _row("no keyUsage", SUB.leaf(usage=None), SUB_CA, hints="key-usage", purpose=Purpose.SERVER),
        _row(
            "no key identifiers",
            ROOT.signs(Wish("bare", ids=False)).leaf(ids=False),
            pool=[_bare()],
            hints="incomplete",
        ),
    ]


def _bare() -> x509.Certificate:
    return ROOT.signs(Wish("bare", ids=False)).certificate


def _hosts() -> list[Chain]:
    def server(name: str, *hosts: str) -> x509.Certificate:
        names = [x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in hosts]
        return SUB.leaf(name, hosts=names)

    def asked(name: str, leaf: x509.Certificate, host: str, **how: object) -> Chain:
        return _row(name, leaf, SUB_CA, host=host, purpose=Purpose.SERVER, **how)

    lone = "OpenSSL does not let a pattern stand for a name of one label's domain, nor do we"
    return [
        asked("a server", server("any", HOST), HOST),
        asked("in other letters", server("any", HOST.upper()), HOST),
        asked("a pattern", server("any", "*.example.org"), HOST),
        asked("a pattern is one label", server("any", "*.example.org"), "a.csms.example.org", flaws="host"),
        asked("a pattern is a label", server("any", "*.example.org"), "example.org", flaws="host"),
        asked("a pattern of everything", server("any", "*.org"), "example.org", flaws="host", why=lone),
        asked("an address", server("any", "192.0.2.7"), "192.0.2.7"),
        asked("another host", server("any", "other.example.org"), HOST, flaws="host"),
        asked("another address", server("any", "192.0.2.8"), "192.0.2.7", flaws="host"),
        asked("an address as a name", server("any", HOST), "192.0.2.7", flaws="host"),
        asked("common name only", server(HOST), HOST, hints="common-name-only"),
        asked("an address as common name only", server("192.0.2.7"), "192.0.2.7", flaws="common-name-only"),
        asked("common name, and another subjectAltName", server(HOST, "other.example.org"), HOST, flaws="host"),
        asked("another common name", server("other.example.org"), HOST, flaws="host"),
    ]


def _paths() -> list[Chain]:
    cross = OTHER.signs(Wish("root")).certificate
    cross_sub = OTHER.signs(Wish("sub")).certificate
    both = [LEAF, SUB_CA, cross]
    one, two = Forger(CA, ROOT.key).signs(Wish("ring")), None
    two = one.signs(Wish("ring two"))
    ring = two.signs(Wish("ring"))
    lost = "OpenSSL takes the first sub-CA it finds and does not go back to the other"
    return [
        _row("cross-signed root, new one trusted", *both, roots=[OTHER.certificate]),
        _row("cross-signed root, old one trusted", *both),
        _row("cross-signed sub-CA, one way is known", LEAF, cross_sub, roots=[OTHER.certificate]),
        _row(
            "cross-signed sub-CA, the other way",
            LEAF,
            SUB_CA,
            cross_sub,
            roots=[OTHER.certificate],
            openssl="stricter",
            why=lost,
        ),
        _row(
            "round in a circle",
            ring.leaf(),
            ring.certificate,
            two.certificate,
            flaws="root-not-trusted",
            roots=[OTHER.certificate],
        ),
        _row("missing sub-CA", LEAF, flaws="missing-intermediate"),
        _row("missing sub-CA, root sent", LEAF, CA, flaws="missing-intermediate", hints="stranger"),
        _row("root not trusted", LEAF, SUB_CA, CA, flaws="root-not-trusted", roots=[OTHER.certificate]),
        _row("no root at all", LEAF, SUB_CA, CA, flaws="root-not-trusted", roots=[]),
        _row("self-signed", root("self", ca=False, usage=("digital_signature",)).certificate, flaws="self-signed"),
        _row("self-signed and trusted", OTHER.certificate, hints="self-signed", roots=[OTHER.certificate]),
        _row("many CAs", *_long(8)),
        _row("too many CAs", *_long(11), flaws="too-long", openssl="laxer", why="OpenSSL climbs 100"),
        _row(
            "the CA first", SUB_CA, LEAF, flaws="wrong-order", openssl="laxer", why="OpenSSL judges the CA as the leaf"
        ),
    ]


def _long(count: int) -> list[x509.Certificate]:
    signer, found = ROOT, []
    for place in range(count):
        signer = signer.signs(Wish(f"long {place}"))
        found.insert(0, signer.certificate)
    return [signer.leaf(), *found]


def _times() -> list[Chain]:
    old, young = {"since": -900.0, "until": -2.0}, {"since": 3.0, "until": 900.0}
    old_root, old_sub, young_sub = (
        root("old", **old),
        ROOT.signs(Wish("sub", since=-900, until=-2)),
        ROOT.signs(Wish("sub", **young)),
    )  # type: ignore[arg-type]
    ends = LEAF.not_valid_after_utc
    return [
        _row("expired", SUB.leaf(**old), SUB_CA, flaws="expired"),
        _row("not yet valid", SUB.leaf(**young), SUB_CA, flaws="not-yet-valid"),
        _row("expired sub-CA", old_sub.leaf(until=-3), old_sub.certificate, flaws="expired expired"),
        _row("not yet valid sub-CA", young_sub.leaf(), young_sub.certificate, flaws="not-yet-valid"),
        _row(
            "expired root",
            old_root.leaf(until=9),
            flaws="expired",
            hints="outlives-issuer",
            roots=[old_root.certificate],
        ),
        _row("in its last second", LEAF, SUB_CA, now=ends - DAY / 86400),
        _row("a second too late", LEAF, SUB_CA, now=ends + DAY / 86400, flaws="expired"),
        _row("renewed sub-CA beside the expired one", LEAF, SUB_CA, old_sub.certificate),
    ]


def _authorities() -> list[Chain]:
    tight = root("tight", path_length=0)
    below = tight.signs(Wish("below"))
    exact = root("exact", path_length=1)
    under = exact.signs(Wish("under", path_length=0))
    rolled = tight.signs(Wish("tight", key="tight new"))
    clerk = ROOT.signs(Wish("clerk", ca=False, usage=("digital_signature",)))
    forged = clerk.leaf("forged")
    mute = ROOT.signs(Wish("mute", usage=("crl_sign",)))
    vague = ROOT.signs(Wish("vague", ca=None, usage=None))
    vague_root = root("vague root", ca=None, usage=None)
    return [
        _row(
            "path length 0, and a CA below",
            below.leaf(),
            below.certificate,
            flaws="path-length",
            roots=[tight.certificate],
        ),
        _row("path length just enough", under.leaf(), under.certificate, roots=[exact.certificate]),
        _row(
            "a CA's new key under its old does not count", rolled.leaf(), rolled.certificate, roots=[tight.certificate]
        ),
        _row("signed by no CA", forged, clerk.certificate, flaws="not-a-ca key-usage"),
        _row("a CA without keyCertSign", mute.leaf(), mute.certificate, flaws="key-usage"),
        _row("a CA that does not say so", vague.leaf(), vague.certificate, flaws="not-a-ca"),
        _row("a root that does not say so", vague_root.leaf(), flaws="not-a-ca", roots=[vague_root.certificate]),
    ]


def _usages() -> list[Chain]:
    narrow = ROOT.signs(Wish("narrow", extended=CLIENT))
    extra = SUB.leaf(more=((UNKNOWN, True),))
    odd = ROOT.signs(Wish("odd", more=((UNKNOWN, True),)))
    any_use = (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)
    names = x509.NameConstraints([x509.DNSName("example.org")], None)
    limited = ROOT.signs(Wish("limited", more=((names, True),)))
    lax = "RFC 5280, 4.2.1.12, takes anyExtendedKeyUsage for all; OpenSSL does not"
    strict = "OpenSSL evaluates name constraints; we refuse what we do not evaluate"
    server = Purpose.SERVER
    return [
        _row("a server's extendedKeyUsage", SUB.leaf(extended=SERVER), SUB_CA, purpose=server),
        _row("a client's as server", SUB.leaf(extended=CLIENT), SUB_CA, purpose=server, flaws="extended-key-usage"),
        _row(
            "a server's as client",
            SUB.leaf(extended=SERVER),
            SUB_CA,
            purpose=Purpose.CLIENT,
            flaws="extended-key-usage",
        ),
        _row("a CA for clients only", narrow.leaf(), narrow.certificate, purpose=server, flaws="extended-key-usage"),
        _row("for any use", SUB.leaf(extended=any_use), SUB_CA, purpose=server, openssl="stricter", why=lax),
        _row(
            "keyUsage of nothing fitting",
            SUB.leaf(usage=("content_commitment",)),
            SUB_CA,
            purpose=server,
            flaws="key-usage",
        ),
        _row(
            "a responder without OCSPSigning",
            LEAF,
            SUB_CA,
            purpose=Purpose.OCSP,
            flaws="extended-key-usage",
            openssl="laxer",
            why="it leaves that to `openssl ocsp`",
        ),
        _row("a critical extension unknown", extra, SUB_CA, flaws="unknown-critical"),
        _row("a CA's critical extension unknown", odd.leaf(), odd.certificate, flaws="unknown-critical"),
        _row("the same, not critical", SUB.leaf(more=((UNKNOWN, False),)), SUB_CA),
        _row(
            "name constraints",
            limited.leaf(hosts=[x509.DNSName(HOST)]),
            limited.certificate,
            flaws="unknown-critical",
            openssl="laxer",
            why=strict,
        ),
    ]


def _signatures() -> list[Chain]:
    new_root = root("root", key="root again")
    new_sub = ROOT.signs(Wish("sub", key="sub again"))
    weak, tiny = SUB.leaf("weak", kind="RSA1024"), SUB.leaf("tiny", kind="P192")
    weakly = "OpenSSL's default security level for `verify` takes every key"
    return [
        _row("root made anew", LEAF, SUB_CA, flaws="key-changed", roots=[new_root.certificate]),
        _row("root made anew, the old one sent", LEAF, SUB_CA, CA, flaws="key-changed", roots=[new_root.certificate]),
        _row("sub-CA made anew", LEAF, new_sub.certificate, flaws="key-changed", hints="stranger"),
        _row("altered", altered(LEAF), SUB_CA, flaws="bad-signature", hints="stranger"),
        _row("altered sub-CA", LEAF, altered(SUB_CA), flaws="bad-signature"),
        _row("RSA of 1024 bits", weak, SUB_CA, flaws="weak-key", openssl="laxer", why=weakly),
        _row("P-192", tiny, SUB_CA, flaws="weak-key", openssl="laxer", why=weakly),
    ]


def _iso() -> list[Chain]:
    unknown = "OpenSSL knows nothing of ISO 15118"
    big = SUB.leaf("secc", domain="CPO", kind="P384")
    return [
        _row("an SECC", SUB.leaf("secc", domain="CPO"), SUB_CA, purpose=Purpose.V2G),
        _row(
            "an SECC of another domain",
            SUB.leaf("secc", domain="MO"),
            SUB_CA,
            purpose=Purpose.V2G,
            flaws="domain",
            openssl="laxer",
            why=unknown,
        ),
        _row(
            "a contract without domain",
            LEAF,
            SUB_CA,
            purpose=Purpose.CONTRACT,
            flaws="domain",
            openssl="laxer",
            why=unknown,
        ),
        _row("an SECC on P-384", big, SUB_CA, purpose=Purpose.V2G, flaws="key-kind", openssl="laxer", why=unknown),
        _row(
            "an OEM certificate that cannot agree",
            SUB.leaf(domain="OEM"),
            SUB_CA,
            purpose=Purpose.PROVISIONING,
            flaws="key-usage",
            openssl="laxer",
            why=unknown,
        ),
    ]


def _strange() -> list[Chain]:
    worst = SUB.leaf(
        "worst", since=-900, until=-2, extended=CLIENT, usage=("content_commitment",), more=((UNKNOWN, True),)
    )
    told = "expired extended-key-usage key-usage unknown-critical host"
    return [
        _row("everything at once", worst, SUB_CA, flaws=told, purpose=Purpose.SERVER, host=HOST),
        _row("a CA as such", SUB_CA, purpose=Purpose.CA),
        _row(
            "no CA as such",
            LEAF,
            SUB_CA,
            purpose=Purpose.CA,
            flaws="not-a-ca key-usage",
            openssl="laxer",
            why="it is not asked",
        ),
    ]
