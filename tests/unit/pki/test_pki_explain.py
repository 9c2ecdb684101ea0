"""Every chain of the table is told its faults, and OpenSSL judges each the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotwire.pki import Explanation, Flaw, Purpose, explain
from tests.support.pki_chains import CA, HOST, LEAF, OTHER, ROOT, SUB, SUB_CA, Chain, chains
from tests.support.pki_forge import NOW, Wish, root
from tests.support.pki_openssl import needs_openssl, resigned, verify

CHAINS = chains()
RSA = root("RSA root", kind="RSA2048")


def _told(chain: Chain) -> Explanation:
    how = {"purpose": chain.purpose, "host": chain.host}
    return explain(chain.sent, chain.pool, chain.roots, chain.now, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_each_chain_is_told_all_its_faults(chain: Chain) -> None:
    found = _told(chain)
    assert {each.kind for each in found.defects if each.fatal} == chain.flaws
    assert {each.kind for each in found.defects if not each.fatal} == chain.hints
    assert found.good is not bool(chain.flaws)
    assert all(each.what.endswith((".", ")")) and each.remedy.endswith(".") for each in found.defects)
    if found.good:
        assert found.root in chain.roots
        assert found.path[-1] == found.root


@needs_openssl
@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_openssl_judges_the_same(chain: Chain, tmp_path: Path) -> None:
    purpose = chain.purpose.value
    good, said = verify(tmp_path, chain.sent, chain.pool, chain.roots, chain.now, purpose=purpose, host=chain.host)
    expected = {"": not chain.flaws, "laxer": True, "stricter": False}[chain.openssl]
    assert good is expected, said
    assert bool(chain.openssl) <= bool(chain.why), "where OpenSSL differs, the table says why"


@pytest.fixture(scope="module")
def weakly_signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, x509.Certificate]:
    """Leaves signed with hashes of old: SHA-1 by a key on a curve, MD5 by RSA."""
    folder = tmp_path_factory.mktemp("weak")
    own = root("weak leaf", ca=False, usage=("digital_signature",), ids=False, until=365).certificate
    return {
        "sha1": resigned(folder, own, SUB_CA, SUB.key, "sha1"),
        "md5": resigned(folder, own, RSA.certificate, RSA.key, "md5"),
    }


@needs_openssl
@pytest.mark.req("A00.FR.504")
def test_a_weak_hash_is_the_only_fault(weakly_signed: dict[str, x509.Certificate], tmp_path: Path) -> None:
    """OpenSSL takes both at its default security level: here it is laxer by design."""
    for digest, above in (("sha1", SUB_CA), ("md5", RSA.certificate)):
        sent = [weakly_signed[digest], above]
        found = explain(sent, (), [CA, RSA.certificate], NOW)
        assert [each.kind for each in found.defects] == [Flaw.WEAK_HASH]
        assert digest.upper() in found.defects[0].what
        good, said = verify(tmp_path, sent, (), [CA, RSA.certificate], NOW)
        assert good, said


@needs_openssl
def test_a_root_signed_weakly_is_as_good_as_its_key(tmp_path: Path) -> None:
    old_root = resigned(tmp_path, CA, CA, ROOT.key, "sha1")
    assert explain([LEAF, SUB_CA], (), [old_root], NOW).defects == ()


def _sentence(kind: Flaw, *sent: x509.Certificate, roots: Sequence[x509.Certificate] = (CA,)) -> tuple[str, str]:
    (found,) = (each for each in explain(sent, (), roots, NOW).defects if each.kind is kind)
    return found.what, found.remedy


def test_a_missing_intermediate_is_told_by_name_key_and_place() -> None:
    place = x509.UniformResourceIdentifier("http://ca.example/sub.crt")
    access = x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)])
    leaf = SUB.leaf(more=((access, False),))
    what, remedy = _sentence(Flaw.MISSING_INTERMEDIATE, leaf)
    key_id = SUB_CA.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert "O=Volta, CN=sub" in what
    assert key_id.hex(":").upper() in what
    assert "http://ca.example/sub.crt" in remedy


def test_expiry_is_told_with_day_and_days() -> None:
    what, _ = _sentence(Flaw.EXPIRED, SUB.leaf(since=-900, until=-2), SUB_CA)
    assert "2026-05-30 12:00 UTC, 2 days ago" in what
    what, _ = _sentence(Flaw.NOT_YET_VALID, SUB.leaf(since=1, until=9), SUB_CA)
    assert "2026-06-02 12:00 UTC, in 1 day." in what


def test_a_root_made_anew_is_told_with_both_keys() -> None:
    what, remedy = _sentence(Flaw.KEY_CHANGED, LEAF, ROOT.signs(Wish("sub", key="sub again")).certificate)
    ids = [
        LEAF.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier,
        x509.SubjectKeyIdentifier.from_public_key(ROOT.signs(Wish("sub", key="sub again")).key.public_key()).digest,
    ]
    assert all(each is not None and each.hex(":").upper() in what for each in ids)
    assert "made anew" in remedy


def test_the_order_that_would_be_right_is_told() -> None:
    _, remedy = _sentence(Flaw.WRONG_ORDER, LEAF, CA, SUB_CA)
    assert "leaf, sub, root" in remedy


def test_cross_signed_ways_that_are_as_good_are_told_too() -> None:
    cross = OTHER.signs(Wish("root")).certificate
    found = explain([LEAF, SUB_CA], [cross], [OTHER.certificate, CA], NOW)
    assert found.good
    assert found.path == (LEAF, SUB_CA, CA)
    assert found.others == ((LEAF, SUB_CA, cross, OTHER.certificate),)


def test_what_came_from_the_pool_is_named() -> None:
    found = explain([LEAF], [SUB_CA], [CA], NOW)
    assert found.from_pool == (SUB_CA,)


def test_no_certificate_is_a_fault() -> None:
    found = explain([], [], [CA], NOW)
    assert [each.kind for each in found.defects] == [Flaw.EMPTY]
    assert not found.good


def test_a_host_is_looked_for_by_whatever_name_of_it() -> None:
    leaf = SUB.leaf(hosts=[x509.DNSName(HOST)])
    for host in (HOST.upper(), HOST + "."):
        assert explain([leaf, SUB_CA], (), [CA], NOW, host=host, purpose=Purpose.SERVER).good


def test_many_namesakes_do_not_make_it_slow() -> None:
    """Each of eight CAs was signed in three ways: thousands of ways up, of which a few are looked at."""
    signers, pool = [ROOT], []
    for place in range(7):
        made = [
            each.signs(Wish(f"level {place}", key=f"key {place}", until=900 + i)) for i, each in enumerate(signers * 3)
        ]
        pool += [each.certificate for each in made[:3]]
        signers = made[:1]
    found = explain([signers[0].leaf()], pool, [CA], NOW)
    assert found.good


_JUNK = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.35"), b"\x30\x03junk")
UNREADABLE = SUB.leaf("unreadable", ids=False, more=((_JUNK, False),))


def test_what_cannot_be_read_is_told_and_the_rest_is_explained() -> None:
    found = explain([UNREADABLE], [UNREADABLE], [UNREADABLE], NOW)
    assert [each.kind for each in found.defects] == [Flaw.UNREADABLE]
    assert "Certificate 1 of the chain cannot be read" in found.defects[0].what
    found = explain([LEAF, UNREADABLE, SUB_CA], [], [CA], NOW)
    assert [each.kind for each in found.defects] == [Flaw.UNREADABLE]
    assert found.path == (LEAF, SUB_CA, CA)


_ALL = [UNREADABLE, *dict.fromkeys(each for chain in CHAINS for each in (*chain.sent, *chain.pool, *chain.roots))]
_SOME = st.lists(st.sampled_from(_ALL), max_size=6)


@settings(max_examples=80)
@given(
    sent=_SOME, pool=_SOME, roots=_SOME, purpose=st.sampled_from(Purpose), host=st.sampled_from(["", HOST, "::1", "*"])
)
def test_whatever_lies_about_is_explained(
    sent: list[x509.Certificate],
    pool: list[x509.Certificate],
    roots: list[x509.Certificate],
    purpose: Purpose,
    host: str,
) -> None:
    found = explain(sent, pool, roots, NOW, purpose=purpose, host=host)
    assert found.good is not any(each.fatal for each in found.defects)
    assert (found.root is None) or found.root in roots
    if found.good:
        assert found.root is not None
    if found.path:
        assert found.path[0] in sent
    assert set(found.from_pool) <= set(pool)
    assert all(each.what and each.remedy for each in found.defects)
