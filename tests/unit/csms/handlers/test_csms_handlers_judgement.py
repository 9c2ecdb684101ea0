"""What is said of a token when groups, places, balances, contracts and a partner that decides have their say."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pilotwire.csms.handlers import Handlers, Policy
from pilotwire.csms.partners.ports import (
    AuthorizationAnswer,
    AuthorizationQuestion,
    Credit,
    PartnerFailed,
    PartnerResting,
    Partners,
)
from pilotwire.csms.registers.authorization import (
    AUTHORIZATIONS,
    BALANCES,
    GROUPS,
    LIMITED,
    NEW_TEXTS,
    texts_to_tell,
)
from pilotwire.csms.registers.device_model import VARIABLES
from pilotwire.csms.registers.station_conditions import CONDITIONS, EvseLayout, StationConditions
from pilotwire.domain.authorization import (
    AuthorizationAsked,
    AuthorizationFallback,
    AuthorizationVerdict,
    Balance,
    CertificateStatus,
    ContractCertificate,
    Purpose,
    TokenGroup,
    TransactionLimit,
)
from pilotwire.domain.authorization import AuthorizationStatus as Status
from pilotwire.domain.certificates import CertificateHash, ChainLink, HashAlgorithm, Revocation, RevocationStatus
from pilotwire.domain.device_model import VariableName, key_of
from pilotwire.domain.device_model.known import KnownAttribute, KnownVariable
from pilotwire.domain.identity import EvseAddress, IdToken
from pilotwire.domain.kinds import changed
from pilotwire.domain.local_list import key_of as token_key
from pilotwire.domain.token_rules import TokenRules
from pilotwire.domain.transactions import EventKind, TriggerReason
from tests.support.csms_facts import CARD, Bench, event, later

FLEET = IdToken(value="FLEET", type="Central")
OTHER = IdToken(value="04FFFF", type="ISO14443")
EMAID = IdToken(value="DE8ACC12E46L89", type="eMAID")
ASKED = AuthorizationAsked(id_token=CARD)


def bench(partners: Partners | None = None, **policy: Any) -> Bench:
    """Handlers with partners."""
    made = Bench()
    if partners is not None or policy:
        made.handlers = Handlers(
            made.journal, made.store, made.clock, Policy(**policy), partners=partners or Partners()
        )
    return made


class Decider:
    """A partner that decides as told."""

    def __init__(self, answer: AuthorizationAnswer | PartnerFailed) -> None:
        self.answer = answer
        self.asked: list[AuthorizationQuestion] = []

    async def decide(self, question: AuthorizationQuestion) -> AuthorizationAnswer:
        """Decide."""
        self.asked.append(question)
        if isinstance(self.answer, PartnerFailed):
            raise self.answer
        return self.answer


@pytest.mark.req("C09.FR.09")
async def test_members_of_a_group_share_its_limit() -> None:
    """Two members, one transaction at a time; a start that comes again gets the verdict it had."""
    it = bench()
    t0 = it.clock.now()
    await it.token(group=FLEET)
    await it.token(OTHER, group=IdToken(value="fleet"))
    await it.journal.append(GROUPS.put("", "fleet", TokenGroup(group="FLEET", max_transactions=1)))
    first = event(EventKind.STARTED, t0, seq_no=0, token=CARD)
    assert (await it.say(first)).authorization.accepted
    second = event(EventKind.STARTED, later(t0, 5), transaction_id="tx-2", seq_no=0, token=OTHER)
    assert (await it.say(second, station="CS002")).authorization.status is Status.CONCURRENT_TX
    assert (await it.say(first)).authorization.accepted
    told = await it.say(AuthorizationAsked(id_token=OTHER))
    assert (told.status, told.group) == (Status.ACCEPTED, IdToken(value="fleet"))


async def test_a_blocked_group_blocks_its_members() -> None:
    """Whatever their own records say."""
    it = bench()
    await it.token(group=FLEET)
    await it.journal.append(GROUPS.put("", "fleet", TokenGroup(group="FLEET", status=Status.BLOCKED)))
    assert (await it.say(ASKED)).status is Status.BLOCKED


@pytest.mark.req("C16.FR.03", "C12.FR.09")
async def test_a_master_pass_is_known_but_starts_nothing() -> None:
    """Its group is told so that the station finds it to be one; a transaction it begins is refused, one it ends is not."""
    it = bench()
    t0 = it.clock.now()
    await it.token(group=FLEET, master_pass=True)
    told = await it.say(ASKED)
    assert (told.status, told.group) == (Status.ACCEPTED, FLEET)
    start = await it.say(event(EventKind.STARTED, t0, seq_no=0, token=CARD))
    assert start.authorization.status is Status.INVALID
    end = await it.say(event(EventKind.ENDED, later(t0, 5), seq_no=1, token=CARD))
    assert end.authorization.accepted


async def test_where_a_token_is_shown_counts() -> None:
    """The station at Authorize; the connectors of the EVSE at the start, as the operator or the station tells them."""
    it = bench()
    t0 = it.clock.now()
    await it.token(rules=TokenRules(stations=("CS001",), connector_types=("cCCS2",)))
    assert (await it.say(ASKED, station="CS002")).status is Status.NOT_AT_THIS_LOCATION
    assert (await it.say(ASKED)).accepted
    layout = StationConditions(evses=(EvseLayout(evse=1, connector_types=("sType2", "cCCS2")),))
    await it.journal.append(CONDITIONS.put("CS001", "", layout))
    for connector, status in ((1, Status.NOT_ALLOWED_TYPE_EVSE), (2, Status.ACCEPTED)):
        start = event(EventKind.STARTED, t0, transaction_id=f"tx-{connector}", seq_no=0, token=CARD)
        told = await it.say(changed(start, address=EvseAddress(evse=1, connector=connector)))
        assert told.authorization.status is status
        await it.say(event(EventKind.ENDED, t0, transaction_id=f"tx-{connector}", seq_no=1))
    name = VariableName(component="Connector", variable="ConnectorType", evse=2, connector=1)
    known = KnownVariable(name=name, attributes=(KnownAttribute(at=t0, value="sType1"),))
    await it.journal.append(VARIABLES.put("CS001", key_of(name), known))
    start = event(EventKind.STARTED, t0, transaction_id="tx-9", seq_no=0, token=CARD)
    elsewhere = changed(start, address=EvseAddress(evse=2, connector=1))
    assert (await it.say(elsewhere)).authorization.status is Status.NOT_ALLOWED_TYPE_EVSE


async def _tells(it: Bench, name: VariableName, value: str) -> None:
    known = KnownVariable(name=name, attributes=(KnownAttribute(at=it.clock.now(), value=value),))
    await it.journal.append(VARIABLES.put("CS001", key_of(name), known))


@pytest.mark.req("C01.FR.18")
async def test_a_station_without_the_right_type_of_connector_is_told_at_authorize() -> None:
    """Before an EVSE is chosen the connectors of all count, as far as the station has told of them."""
    it = bench()
    await it.token(rules=TokenRules(connector_types=("cCCS2",)))
    await _tells(it, VariableName(component="Connector", variable="ConnectorType", evse=1, connector=1), "sType2")
    assert (await it.say(ASKED)).status is Status.NOT_ALLOWED_TYPE_EVSE
    await _tells(it, VariableName(component="Connector", variable="ConnectorType", evse=2, connector=1), "cCCS2")
    assert (await it.say(ASKED)).accepted


@pytest.mark.req("I01.FR.02")
async def test_a_tariff_text_is_not_told_to_a_station_that_cannot_show_it() -> None:
    """It has told that it has neither a way to show tariffs nor one for messages; what is not known counts as there."""
    it = bench()
    await it.token(message="0.45 a kWh")
    for component, instance, shown in (("DisplayMessageCtrlr", None, True), ("TariffCostCtrlr", "Tariff", False)):
        assert (await it.say(ASKED)).message == "0.45 a kWh"
        await _tells(it, VariableName(component=component, variable="Available", variable_instance=instance), "false")
        assert ((await it.say(ASKED)).message is not None) is shown


async def _supports(it: Bench, limits: str) -> None:
    name = VariableName(component="TxCtrlr", variable="SupportedLimits")
    known = KnownVariable(name=name, attributes=(KnownAttribute(at=it.clock.now(), value=limits),))
    await it.journal.append(VARIABLES.put("CS001", key_of(name), known))


@pytest.mark.req("E16.FR.02", "E16.FR.12")
async def test_a_balance_limits_the_transaction_where_the_station_can() -> None:
    """A station that said it keeps maxCost is told what is left; one that did not is told nothing."""
    it = bench()
    await it.token(max_transactions=None)
    await it.journal.append(BALANCES.put("", token_key(CARD), Balance(amount=Decimal("7.5"), currency="EUR")))
    start = event(EventKind.STARTED, it.clock.now(), seq_no=0, token=CARD)
    assert (await it.say(start)).limit is None
    await _supports(it, "maxCost, maxSoC")
    again = event(EventKind.STARTED, it.clock.now(), transaction_id="tx-2", seq_no=0, token=CARD)
    assert (await it.say(again)).limit == TransactionLimit(max_cost=Decimal("7.5"))
    await it.journal.append(BALANCES.put("", token_key(CARD), Balance(amount=Decimal(0), currency="EUR")))
    assert (await it.say(ASKED)).status is Status.NO_CREDIT


class Accounts:
    """Prepaid accounts."""

    def __init__(self, credit: Credit | PartnerFailed | None) -> None:
        self.told = credit

    async def credit(self, id_token: IdToken, station: str) -> Credit | None:
        """What is left."""
        if isinstance(self.told, PartnerFailed):
            raise self.told
        return self.told


async def test_a_limit_the_station_does_not_keep_is_kept_here() -> None:
    """Energy and time, for the watch; what the station keeps is not watched too."""
    limit = TransactionLimit(max_cost=Decimal(5), max_energy=Decimal(1000), max_time=60)
    credit = Credit(balance=Balance(amount=Decimal(5), currency="EUR"), limit=limit)
    it = bench(Partners(prepaid=Accounts(credit)))
    await it.token()
    await _supports(it, "maxTime")
    told = await it.say(event(EventKind.STARTED, it.clock.now(), seq_no=0, token=CARD))
    assert told.limit == TransactionLimit(max_time=60)
    kept = await it.store.record(LIMITED, "CS001", "tx-1")
    assert kept is not None
    assert (kept.limit.max_energy, kept.limit.max_time) == (Decimal(1000), None)


async def test_accounts_that_do_not_answer_hold_nobody_up() -> None:
    """The charge goes on, and there is a finding."""
    it = bench(Partners(prepaid=Accounts(PartnerFailed("gone."))))
    await it.token()
    assert (await it.say(ASKED)).accepted
    assert await it.rules() == ["authorization:prepaid-failed"]


async def test_who_decides_elsewhere_decides() -> None:
    """Also on a token nobody has recorded here; it is told where, and what for."""
    verdict = AuthorizationVerdict(status=Status.ACCEPTED, message="Hi", group=FLEET)
    decider = Decider(AuthorizationAnswer(verdict=verdict, limit=TransactionLimit(max_energy=Decimal(10))))
    it = bench(Partners(authorizer=decider))
    t0 = it.clock.now()
    assert await it.say(ASKED) == verdict
    await it.say(event(EventKind.STARTED, t0, seq_no=0, token=CARD))
    remote = event(EventKind.UPDATED, t0, seq_no=1, token=CARD, trigger=TriggerReason.REMOTE_START, remote_start_id=5)
    await it.say(remote)
    await it.say(event(EventKind.ENDED, t0, seq_no=2, token=CARD))
    purposes = [each.purpose for each in decider.asked]
    assert purposes == [Purpose.AUTHORIZE, Purpose.START, Purpose.REMOTE, Purpose.STOP]
    assert decider.asked[1].address == EvseAddress(evse=1, connector=1)
    assert await it.store.record(LIMITED, "CS001", "tx-1") is not None


@pytest.mark.parametrize(
    ("fallback", "status"),
    [
        (AuthorizationFallback.LOCAL, Status.BLOCKED),
        (AuthorizationFallback.ACCEPT, Status.ACCEPTED),
        (AuthorizationFallback.REJECT, Status.INVALID),
    ],
)
async def test_without_a_decision_the_fallback_counts(fallback: AuthorizationFallback, status: Status) -> None:
    """With a finding; while the decider rests there is none for each question."""
    decider = Decider(PartnerFailed("no answer."))
    it = bench(Partners(authorizer=decider), authorization_fallback=fallback)
    await it.token(status=Status.BLOCKED)
    assert (await it.say(ASKED)).status is status
    decider.answer = PartnerResting("it rests.")
    assert (await it.say(ASKED)).status is status
    assert await it.rules() == ["authorization:decider-failed"]


async def test_every_authorize_is_kept() -> None:
    """With its answer."""
    it = bench()
    await it.say(ASKED)
    (entry,) = await it.store.entries(AUTHORIZATIONS, "CS001", key=CARD.key)
    assert (entry.entry.id_token, entry.entry.verdict.status) == (CARD, Status.UNKNOWN)


# --- contracts --------------------------------------------------------------------------------------------------------

_HASH = CertificateHash(
    hash_algorithm=HashAlgorithm.SHA256, issuer_name_hash="aa", issuer_key_hash="bb", serial_number="01"
)
BY_HASHES = AuthorizationAsked(
    id_token=EMAID, certificates=(ContractCertificate(certificate=_HASH, responder_url="http://ocsp.example/"),)
)


class Responders:
    """OCSP responders that say the same of every certificate."""

    def __init__(self, status: RevocationStatus | None, *, proven: bool = True) -> None:
        self.status, self.proven = status, proven
        self.asked: list[ChainLink] = []

    async def revocation(self, link: ChainLink) -> Revocation:
        """Its status."""
        self.asked.append(link)
        if self.status is None:
            raise PartnerFailed("no responder answered.")
        now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        return Revocation(status=self.status, next_update=now, response=b"x", proven=self.proven)


@pytest.mark.req("C07.FR.05", "C07.FR.14", "C07.FR.16", "C07.FR.17")
@pytest.mark.parametrize(
    ("said", "found", "status"),
    [
        (RevocationStatus.GOOD, CertificateStatus.ACCEPTED, Status.ACCEPTED),
        (RevocationStatus.REVOKED, CertificateStatus.CERTIFICATE_REVOKED, Status.INVALID),
        (RevocationStatus.UNKNOWN, CertificateStatus.CERT_CHAIN_ERROR, Status.INVALID),
        (None, CertificateStatus.CERT_CHAIN_ERROR, Status.INVALID),
    ],
)
async def test_a_contract_is_judged_by_its_responders(
    said: RevocationStatus | None, found: CertificateStatus, status: Status
) -> None:
    """Each certificate of the chain is asked about."""
    responders = Responders(said)
    it = bench(Partners(ocsp=responders))
    await it.token(EMAID)
    told = await it.say(BY_HASHES)
    assert (told.certificate_status, told.status) == (found, status)
    assert responders.asked[0].urls == ("http://ocsp.example/",)


async def test_a_lab_may_take_contracts_on_trust() -> None:
    """Only where nothing could be found against them."""
    it = bench(Partners(ocsp=Responders(None)), accept_unverified_contracts=True)
    await it.token(EMAID)
    assert (await it.say(BY_HASHES)).certificate_status is CertificateStatus.ACCEPTED
    revoked = bench(Partners(ocsp=Responders(RevocationStatus.REVOKED)), accept_unverified_contracts=True)
    assert (await revoked.say(BY_HASHES)).certificate_status is CertificateStatus.CERTIFICATE_REVOKED


def _certificate(name: str, now: datetime, *, issuer: tuple[x509.Name, Any] | None = None, days: int = 10) -> Any:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by, signer = issuer or (subject, key)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=20))
        .not_valid_after(now + timedelta(days=days))
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode(), (subject, key)


@pytest.mark.req("C07.FR.15", "C07.FR.17")
async def test_a_chain_that_comes_whole_is_checked_to_its_root() -> None:
    """Good, expired, of another root, and no certificate at all."""
    now = Bench().clock.now()
    root, by_root = _certificate("MO root", now)
    stranger, by_stranger = _certificate("other root", now)
    good, _ = _certificate("DE8ACC12E46L89", now, issuer=by_root)
    old, _ = _certificate("DE8ACC12E46L89", now, issuer=by_root, days=-1)
    foreign, _ = _certificate("DE8ACC12E46L89", now, issuer=by_stranger)
    it = bench(contract_roots=root)
    await it.token(EMAID)
    for pem, found in (
        (good, CertificateStatus.ACCEPTED),
        (old, CertificateStatus.CERTIFICATE_EXPIRED),
        (foreign, CertificateStatus.CERT_CHAIN_ERROR),
        (good + stranger, CertificateStatus.CERT_CHAIN_ERROR),
        ("no certificate", CertificateStatus.CERT_CHAIN_ERROR),
    ):
        told = await it.say(AuthorizationAsked(id_token=EMAID, certificate=pem))
        assert told.certificate_status is found, pem


@pytest.mark.req("I06.FR.01", "I06.FR.02")
async def test_a_text_that_is_new_is_told_once_in_the_course_of_the_transaction() -> None:
    """With the next event, and again if that comes again; a station that cannot show it is not told."""
    it = bench()
    t0 = it.clock.now()
    await it.token(message="0.45 a kWh")
    for name in ("tx-1", "tx-2"):
        await it.say(event(EventKind.STARTED, t0, transaction_id=name, seq_no=0, token=CARD))
    before = await it.store.token(CARD)
    assert before is not None
    for each in await texts_to_tell(it.store, changed(before, message="0.55 a kWh"), before):
        await it.journal.append(each)
    assert await texts_to_tell(it.store, before, before) == []
    told = [await it.say(event(EventKind.UPDATED, later(t0, no), seq_no=no)) for no in (1, 1, 2, 3)]
    assert [one.message for one in told] == ["0.55 a kWh", "0.55 a kWh", None, None]
    for component, instance in (("DisplayMessageCtrlr", None), ("TariffCostCtrlr", "Tariff")):
        await _tells(it, VariableName(component=component, variable="Available", variable_instance=instance), "false")
    unseen = await it.say(event(EventKind.UPDATED, later(t0, 1), transaction_id="tx-2", seq_no=1))
    assert unseen.message is None
    await it.say(event(EventKind.ENDED, later(t0, 2), transaction_id="tx-2", seq_no=2))
    assert await it.store.record(NEW_TEXTS, "CS001", "tx-2") is None
