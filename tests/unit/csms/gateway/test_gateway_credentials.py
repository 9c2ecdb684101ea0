"""Passwords changed over OCPP: which answer counts, and what is kept of it."""

from __future__ import annotations

import pytest

from pilotwire.clock import ManualClock
from pilotwire.csms.gateway.credentials import CredentialKeeper, password_taken
from pilotwire.csms.gateway.passwords import verify_password
from pilotwire.csms.registers.credentials import CREDENTIALS
from pilotwire.csms.store.memory import MemoryJournal, MemoryStore
from pilotwire.csms.store.ports import RegisterStation
from pilotwire.domain.device_model import (
    AttributeType,
    SetVariableResult,
    SetVariables,
    SetVariablesOutcome,
    SetVariableStatus,
    VariableName,
    VariableSetting,
)
from pilotwire.domain.provisioning import RegistrationStatus, ResetOutcome, ResetStatus
from pilotwire.errors import StoreError
from tests.support.csms_facts import FailingJournal

PASSWORD = VariableName(component="SecurityCtrlr", variable="BasicAuthPassword")
KEY = VariableName(component="", variable="AuthorizationKey")
OTHER = VariableName(component="OCPPCommCtrlr", variable="HeartbeatInterval")
SECRET = "a-long-enough-password"


def _setting(name: VariableName, value: str = SECRET, **more: AttributeType) -> SetVariables:
    return SetVariables(
        settings=(VariableSetting(name=OTHER, value="1"), VariableSetting(name=name, value=value, **more))
    )


def _answer(name: VariableName, status: SetVariableStatus) -> SetVariablesOutcome:
    other = SetVariableResult(name=OTHER, status=SetVariableStatus.ACCEPTED)
    return SetVariablesOutcome(results=(SetVariableResult(name=name, status=status), other))


@pytest.mark.req("A01.FR.03")
@pytest.mark.parametrize("name", [PASSWORD, KEY, VariableName(component="SECURITYCTRLR", variable="basicauthpassword")])
def test_an_accepted_password_is_taken(name: VariableName) -> None:
    """In the words of 2.x and of 1.6; the answers may be in any order."""
    assert password_taken(_setting(name), _answer(name, SetVariableStatus.ACCEPTED)) == SECRET


@pytest.mark.req("A01.FR.04")
@pytest.mark.parametrize("status", [status for status in SetVariableStatus if status is not SetVariableStatus.ACCEPTED])
def test_any_other_answer_takes_none(status: SetVariableStatus) -> None:
    """The old one goes on counting."""
    assert password_taken(_setting(PASSWORD), _answer(PASSWORD, status)) is None


def test_what_is_no_password_changes_none() -> None:
    """Another variable, another attribute, another command."""
    accepted = SetVariableStatus.ACCEPTED
    assert password_taken(_setting(OTHER), _answer(OTHER, accepted)) is None
    assert password_taken(_setting(PASSWORD, attribute=AttributeType.TARGET), _answer(PASSWORD, accepted)) is None
    assert password_taken(_setting(PASSWORD), ResetOutcome(status=ResetStatus.ACCEPTED)) is None


@pytest.mark.req("A01.FR.08")
async def test_only_a_hash_is_kept_and_the_registration_stays() -> None:
    """What is on record besides stays as it is; before the answer the new password is one that is also right."""
    store, clock = MemoryStore(), ManualClock()
    journal = MemoryJournal(store)
    before = RegisterStation(
        station="CS001", registration=RegistrationStatus.PENDING, at=clock.now(), note="at the gate"
    )
    await journal.append(before)
    keeper = CredentialKeeper(journal, store, clock)
    hashed = await keeper.before("CS001", _setting(PASSWORD))
    kept = await store.record(CREDENTIALS, "CS001", "")
    assert kept is not None
    assert [hashed] == list(kept.candidates)
    await keeper.answered("CS001", hashed, _setting(PASSWORD), _answer(PASSWORD, SetVariableStatus.ACCEPTED))
    record = await store.station("CS001")
    assert record is not None
    assert (record.registration, record.note) == (RegistrationStatus.PENDING, "at the gate")
    assert record.password_hash is not None
    assert SECRET not in record.password_hash
    assert verify_password(SECRET, record.password_hash)
    assert await _candidates(store) == ()


async def _candidates(store: MemoryStore) -> tuple[str, ...]:
    kept = await store.record(CREDENTIALS, "CS001", "")
    return () if kept is None else kept.candidates


@pytest.mark.req("A01.FR.04")
@pytest.mark.parametrize(
    ("status", "both"), [(SetVariableStatus.REJECTED, False), (SetVariableStatus.REBOOT_REQUIRED, True)]
)
async def test_a_password_not_accepted_counts_only_if_a_restart_may_bring_it(
    status: SetVariableStatus, both: bool
) -> None:
    """Rejected: forgotten. To restart first: the old one or the new one, until one is used."""
    store, clock = MemoryStore(), ManualClock()
    keeper = CredentialKeeper(MemoryJournal(store), store, clock)
    hashed = await keeper.before("CS001", _setting(PASSWORD))
    await keeper.answered("CS001", hashed, _setting(PASSWORD), _answer(PASSWORD, status))
    assert bool(await _candidates(store)) is both
    assert await store.station("CS001") is None


async def test_a_password_that_cannot_be_kept_is_not_sent() -> None:
    """Nobody could tell afterwards with which one the station comes."""
    store, clock = MemoryStore(), ManualClock()
    journal = FailingJournal(store)
    journal.is_full = True
    with pytest.raises(StoreError):
        await CredentialKeeper(journal, store, clock).before("CS001", _setting(PASSWORD))
