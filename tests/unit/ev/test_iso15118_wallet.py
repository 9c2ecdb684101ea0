"""A vehicle's certificates in a folder: found, kept, replaced, and refused in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pilotwire.errors import ConfigError
from pilotwire.ev.iso15118.wallet import EmptyWallet, FolderWallet, WalletOf, emaid_of, write_private
from pilotwire.iso15118.charging import Speaks
from pilotwire.iso15118.evcc.ports import Credential
from pilotwire.iso15118.signed_parts import Edition
from pilotwire.pki import pem_of
from tests.support import v2g_pki
from tests.support.ev_stage import pem, put

EMAIDS = [f"DE8AAC2B3C4D5{letter}" for letter in "ABCDEFG"]


def credential(emaid: str, edition: Edition = Edition.ISO2, **how: object) -> Credential:
    it = v2g_pki.contract(edition, emaid, **how)
    return Credential((it.certificate, *it.subs), it.key)


def certificates(wallet: FolderWallet | WalletOf) -> list[object]:
    """Their own ones; the keys were held against them when they were read."""
    return [one.certificate for one in wallet.contracts()]


def names(wallet: FolderWallet) -> list[str]:
    return [emaid_of(one) for one in wallet.contracts()]


@pytest.fixture
def wallet(tmp_path: Path) -> FolderWallet:
    return FolderWallet(tmp_path)


def test_what_is_in_the_folder_is_found(tmp_path: Path) -> None:
    vehicle, contract = v2g_pki.vehicle(Edition.ISO2), v2g_pki.contract(Edition.ISO2)
    put(tmp_path / "provisioning.pem", pem((vehicle.certificate, *vehicle.subs, vehicle.root), vehicle.key))
    put(tmp_path / "contracts" / "mine.pem", pem_of(contract.certificate, *contract.subs))
    put(tmp_path / "contracts" / "mine.key", pem((), contract.key))
    put(tmp_path / "v2g-roots.pem", pem_of(vehicle.root, contract.root))
    wallet = FolderWallet(tmp_path)
    provisioning = wallet.provisioning()
    assert provisioning is not None
    assert provisioning.chain == (vehicle.certificate, *vehicle.subs)  # the root is not sent
    assert names(wallet) == [v2g_pki.EMAID]
    assert list(wallet.v2g_roots()) == [vehicle.root, contract.root]
    assert (wallet.mo_roots(), wallet.vehicle()) == ((), None)
    assert wallet.provisioning_20() == provisioning


def test_a_new_contract_is_kept_for_its_owner_only_and_used_first(wallet: FolderWallet, tmp_path: Path) -> None:
    for emaid in EMAIDS[:2]:
        wallet.store(credential(emaid))
    assert names(FolderWallet(tmp_path)) == [EMAIDS[1], EMAIDS[0]]
    files = list((tmp_path / "contracts").iterdir())
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    assert FolderWallet(tmp_path).contracts()[0].chain == credential(EMAIDS[1]).chain
    assert wallet.remarks() == []


def test_the_same_emaid_is_replaced_whatever_its_file_was_called(wallet: FolderWallet, tmp_path: Path) -> None:
    old, new = credential(EMAIDS[0]), credential(EMAIDS[0], key_of="newer")
    put(tmp_path / "contracts" / "old.pem", pem(old.chain, old.key))
    wallet.store(new)
    assert certificates(wallet) == [new.certificate]
    wallet.store(old)
    assert certificates(wallet) == [old.certificate]


def test_the_sixth_drops_the_one_used_least_recently(wallet: FolderWallet) -> None:
    for emaid in EMAIDS[:5]:
        wallet.store(credential(emaid))
    wallet.prefer(EMAIDS[0])
    wallet.store(credential(EMAIDS[5]))
    assert names(wallet) == [EMAIDS[5], EMAIDS[0], EMAIDS[4], EMAIDS[3], EMAIDS[2]]


def test_a_contract_of_each_edition_has_its_place(wallet: FolderWallet) -> None:
    """ISO 15118-2 cannot use one on P-521; for -20 its own come first."""
    two, twenty = credential(EMAIDS[0]), credential(EMAIDS[0], Edition.ISO20)
    wallet.store(twenty)
    wallet.store(two)
    assert certificates(WalletOf(wallet, Speaks.ISO2)) == [two.certificate]
    assert certificates(WalletOf(wallet, Speaks.ISO20_AC)) == [twenty.certificate, two.certificate]


def test_a_contract_is_stored_by_a_session_through_its_own_view(wallet: FolderWallet) -> None:
    view = WalletOf(wallet, Speaks.ISO2)
    view.store(credential(EMAIDS[0]))
    assert names(wallet) == [EMAIDS[0]]
    assert (view.provisioning(), list(view.v2g_roots()), list(view.mo_roots())) == (None, [], [])


def test_keys_are_encrypted_where_there_is_a_password(tmp_path: Path) -> None:
    FolderWallet(tmp_path, b"secret").store(credential(EMAIDS[0]))
    (file,) = (tmp_path / "contracts").iterdir()
    assert "ENCRYPTED PRIVATE KEY" in file.read_text()
    assert names(FolderWallet(tmp_path, b"secret")) == [EMAIDS[0]]
    with pytest.raises(ConfigError, match="it is encrypted"):
        FolderWallet(tmp_path).contracts()
    with pytest.raises(ConfigError, match=r"key of .* cannot be read"):
        FolderWallet(tmp_path, b"wrong").contracts()


def test_a_key_in_clear_may_stand_beside_encrypted_ones(tmp_path: Path) -> None:
    FolderWallet(tmp_path).store(credential(EMAIDS[0]))
    assert names(FolderWallet(tmp_path, b"secret")) == [EMAIDS[0]]


def test_a_name_from_outside_steers_no_path(wallet: FolderWallet, tmp_path: Path) -> None:
    wallet.store(credential("../../etc/passwd"))
    (file,) = (tmp_path / "contracts").iterdir()
    assert file.name == "______ETC_PASSWD-secp256r1.pem"


def test_a_contract_is_preferred_by_its_name_with_hyphens_or_without(wallet: FolderWallet) -> None:
    for emaid in EMAIDS[:2]:
        wallet.store(credential(emaid))
    wallet.prefer("de-8aa-c2b3c4d5a")
    assert names(wallet)[0] == EMAIDS[0]
    with pytest.raises(ConfigError, match="There is no contract DE8AAXXXXXXXXX") as told:
        wallet.prefer("DE8AAXXXXXXXXX")
    assert EMAIDS[1] in told.value.remedy


def test_a_key_that_others_may_read_is_told(tmp_path: Path) -> None:
    own = credential(EMAIDS[0])
    put(tmp_path / "provisioning.pem", pem(own.chain, own.key))
    (tmp_path / "provisioning.pem").chmod(0o644)
    (remark,) = FolderWallet(tmp_path).remarks()
    assert "chmod 600" in remark


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("nothing of use", "has no private key"),
        (pem((), credential(EMAIDS[0]).key), "certificate"),
        (pem(credential(EMAIDS[1]).chain, credential(EMAIDS[0]).key), "is not that of its first certificate"),
        (pem((v2g_pki.contract(Edition.ISO2).root,), credential(EMAIDS[0]).key), "has no certificate"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + pem((), credential(EMAIDS[0]).key),
            "certificate",
        ),
    ],
    ids=["nothing", "key alone", "foreign key", "root alone", "no certificate"],
)
def test_what_cannot_be_used_is_told_with_its_file(tmp_path: Path, content: str, what: str) -> None:
    put(tmp_path / "contracts" / "bad.pem", content)
    with pytest.raises(ConfigError, match=what) as told:
        FolderWallet(tmp_path).contracts()
    assert "bad.pem" in told.value.what


def test_files_that_are_no_text_and_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "v2g-roots.pem").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="it is no text"):
        FolderWallet(tmp_path).v2g_roots()
    with pytest.raises(ConfigError, match="is no folder"):
        FolderWallet(tmp_path / "not there")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A rest of an earlier attempt is in nobody's way."""
    path = tmp_path / "it"
    (tmp_path / ".it.new").write_bytes(b"half")
    write_private(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["it"]
    with pytest.raises(ConfigError, match="cannot be written"):
        write_private(tmp_path / "no folder" / "it", b"")


def test_a_vehicle_without_papers() -> None:
    empty = EmptyWallet()
    assert (empty.contracts(), empty.v2g_roots(), empty.mo_roots()) == ((), (), ())
    assert (empty.provisioning(), empty.provisioning_20(), empty.vehicle()) == (None, None, None)
    with pytest.raises(ConfigError, match="cannot keep"):
        empty.store(credential(EMAIDS[0]))
