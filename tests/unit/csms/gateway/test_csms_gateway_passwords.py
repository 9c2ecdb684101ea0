from __future__ import annotations

import pytest

from pilotwire.csms.gateway import passwords
from pilotwire.csms.gateway.passwords import PasswordChecks, hash_password, verify_password
from pilotwire.errors import ConfigError

SECRET = "correct horse battery"
BYTES = SECRET.encode()


def test_a_kept_password_is_no_password() -> None:
    """Its form is documented, its salt is its own, and the password is not in it."""
    one, other = hash_password(SECRET), hash_password(SECRET)
    assert one != other
    assert SECRET not in one
    assert one.split("$")[:4] == ["scrypt", "10", "8", "1"]
    assert len(one.split("$")) == 6


@pytest.mark.req("A00.FR.207")
@pytest.mark.parametrize("password", ["", SECRET, "pässwörd", "x" * 200])
def test_only_the_right_password_is_right(password: str) -> None:
    """Whatever is in it."""
    kept = hash_password(password)
    assert verify_password(password, kept)
    assert not verify_password(password + " ", kept)


@pytest.mark.parametrize("kept", ["", "secret", "scrypt$12$8$1$salt", "md5$1$1$1$YQ$YQ", "scrypt$99$8$1$YQ$YQ"])
def test_a_kept_text_that_cannot_be_read_is_told(kept: str) -> None:
    """Instead of letting everybody or nobody in without a word."""
    with pytest.raises(ConfigError, match="scrypt"):
        verify_password(SECRET, kept)


@pytest.mark.req("J16:6.2.2")
def test_an_authorization_key_may_be_presented_as_text_or_as_bytes() -> None:
    """Set as hexadecimal text; stations present the 20 bytes, or the text in either case."""
    key = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
    kept = hash_password(key)
    for presented in (key, key.lower(), bytes.fromhex(key)):
        assert verify_password(presented, kept)
    assert not verify_password(bytes.fromhex(key)[:-1] + b"\xfe", kept)


async def test_a_right_password_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fleet that comes back after an outage costs nothing; a wrong or changed password is noticed all the same."""
    worked_out: list[bytes] = []

    def noted(given: bytes, kept: str) -> bool:
        worked_out.append(given)
        return verify_password(given, kept)

    monkeypatch.setattr(passwords, "verify_password", noted)
    checks, kept = PasswordChecks(), hash_password(SECRET)
    assert [await checks.check("CS001", BYTES, kept) for _ in range(5)] == [True] * 5
    assert worked_out == [BYTES]
    assert not await checks.check("CS001", b"wrong", kept)
    assert not await checks.check("CS001", BYTES, hash_password("another one"))
    assert await checks.check("CS001", BYTES, kept)
    assert len(worked_out) == 3
    checks.close()
