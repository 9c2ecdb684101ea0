"""Who may charge (functional block C): decided here, once, for every protocol version."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pilotwire.domain.certificates import CertificateHash
from pilotwire.domain.identity import DIRECT_PAYMENT, NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict, changed
from pilotwire.domain.tariff.tariffs import Tariff
from pilotwire.domain.token_rules import ANYWHERE, Place, TokenRules


class AuthorizationStatus(StrEnum):
    """As in 2.x AuthorizationStatusEnumType."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


class CertificateStatus(StrEnum):
    """What is said of a contract certificate, as in AuthorizeCertificateStatusEnumType."""

    ACCEPTED = "Accepted"
    SIGNATURE_ERROR = "SignatureError"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_REVOKED = "CertificateRevoked"
    NO_CERTIFICATE_AVAILABLE = "NoCertificateAvailable"
    CERT_CHAIN_ERROR = "CertChainError"
    CONTRACT_CANCELLED = "ContractCancelled"


class ContractCertificate(Value):
    """A certificate of a contract's chain, and the responder that knows whether it is revoked (OCSPRequestDataType)."""

    certificate: CertificateHash
    responder_url: str


class AuthorizationAsked(Fact):
    """A station asks whether an id token may charge (C01).

    `certificate` is the PEM chain of a contract, which the station sends if it cannot check it itself (C07.FR.06); `certificates` are the
    hashes of the chain's certificates (C07.FR.02).
    """

    id_token: IdToken
    certificate: str | None = None
    certificates: tuple[ContractCertificate, ...] = ()

    @property
    def by_contract(self) -> bool:
        """Whether a contract certificate is to be judged too."""
        return self.certificate is not None or bool(self.certificates)


class AuthorizationVerdict(Verdict):
    """What a station is told of an id token (2.x IdTokenInfoType).

    `expires_at` is when the station's cached entry ends, `group` the token's group (1.6: parentIdTag), `priority` the charging
    priority from -9 to 9, `evses` the EVSEs the token may use (none: all). `certificate_status` is there if the question came with a
    contract certificate (C07). `tariff` is what the token's holder pays by (I08); 2.1 alone can tell it, in the answer to Authorize.
    """

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group: IdToken | None = None
    priority: int | None = None
    language: str | None = None
    language2: str | None = None
    message: str | None = None
    evses: tuple[int, ...] = ()
    certificate_status: CertificateStatus | None = None
    tariff: Tariff | None = None

    @property
    def accepted(self) -> bool:
        """Whether charging may go on."""
        return self.status is AuthorizationStatus.ACCEPTED


class Token(Value):
    """What the operator has on record for an id token.

    `status` ACCEPTED is "in good order"; a passed `expires_at` overrides it. `max_transactions` is how many transactions may be open
    with it at one time (None: as many as wanted). `rules` say where and when it is good. A `master_pass` ends transactions of others and
    starts none (C16.FR.03).
    """

    id_token: IdToken
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    expires_at: datetime | None = None
    group: IdToken | None = None
    priority: int | None = None
    language: str | None = None
    message: str | None = None
    max_transactions: int | None = 1
    rules: TokenRules = TokenRules()
    master_pass: bool = False


class TokenGroup(Value):
    """What the operator has on record for a group of tokens: it counts for all its members, beside what is on record for each.

    `max_transactions` is how many may be open at one time with all its members together (None: as many as wanted).
    """

    group: str
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    max_transactions: int | None = None
    master_pass: bool = False
    note: str = ""


class Balance(Value):
    """What is left on a prepaid token. Nothing left: NoCredit."""

    amount: Decimal
    currency: str


class TransactionLimit(Value):
    """What one transaction may use up (E16; TransactionLimitType): cost in the tariff's currency, Wh, seconds, percent."""

    max_cost: Decimal | None = None
    max_energy: Decimal | None = None
    max_time: int | None = None
    max_soc: int | None = None


NO_LIMIT = TransactionLimit()


class AuthorizationFallback(StrEnum):
    """What is done where nobody answers who is to decide: judge by what is on record here, accept, or reject."""

    LOCAL = "local"
    ACCEPT = "accept"
    REJECT = "reject"


class Purpose(StrEnum):
    """What a token is shown for. `AUTHORIZE`: a station asks, and it may be to begin or to end."""

    AUTHORIZE = "authorize"
    START = "start"
    REMOTE = "remote"
    STOP = "stop"
    LIST = "list"

    @property
    def begins(self) -> bool:
        """Whether a transaction begins, by the driver's hand or by a remote start."""
        return self in (Purpose.START, Purpose.REMOTE)


class Standing(Value):
    """All that counts for a token besides its own record.

    `open_in_group` counts transactions open with any member of its group, not the one in question. `balance` None: it is not prepaid.
    """

    purpose: Purpose = Purpose.AUTHORIZE
    place: Place = ANYWHERE
    group: TokenGroup | None = None
    open_in_group: int = 0
    balance: Balance | None = None


ALONE = Standing()
"""Nothing but the token's own record counts."""


def judge_token(
    asked: IdToken,
    token: Token | None,
    now: datetime,
    *,
    open_elsewhere: int = 0,
    standing: Standing = ALONE,
    unknown_accepted: bool = False,
) -> AuthorizationVerdict:
    """Decide on an id token (C01.FR.02 ff., C04, C09).

    `open_elsewhere` counts transactions already open with this token, not the one the question is about; `standing` is all else that
    counts. A token nobody has recorded is Unknown, unless a lab asked for `unknown_accepted`. A start that needs no authorization is
    accepted as such (C02.FR.02), and so is an ad hoc payment, which the payment service provider has authorized (C18.FR.03).
    """
    if token is None:
        free = unknown_accepted or asked.type in (NO_AUTHORIZATION, DIRECT_PAYMENT)
        return AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED if free else AuthorizationStatus.UNKNOWN)
    return AuthorizationVerdict(
        status=_status_of(token, now, standing, open_elsewhere),
        expires_at=token.expires_at,
        group=token.group,
        priority=token.priority,
        language=token.language,
        message=token.message,
        evses=token.rules.evses,
    )


def _status_of(token: Token, now: datetime, standing: Standing, open_elsewhere: int) -> AuthorizationStatus:
    """The first reason against it; whoever ends a charge is held up only by what makes the token worthless."""
    group = standing.group
    if token.status is not AuthorizationStatus.ACCEPTED:
        return token.status
    if group is not None and group.status is not AuthorizationStatus.ACCEPTED:
        return group.status
    if token.expires_at is not None and token.expires_at <= now:
        return AuthorizationStatus.EXPIRED
    if standing.purpose is Purpose.STOP:
        return AuthorizationStatus.ACCEPTED
    against = _restriction(token, now, standing) or _limit(token, standing, open_elsewhere)
    return against or AuthorizationStatus.ACCEPTED


def _restriction(token: Token, now: datetime, standing: Standing) -> AuthorizationStatus | None:
    """Where and when it is not good. Time is left out for a list, which is read later."""
    rules, place = token.rules, standing.place
    if standing.purpose is not Purpose.LIST and not rules.allows_time(now):
        return AuthorizationStatus.NOT_AT_THIS_TIME
    if not rules.allows_station(place):
        return AuthorizationStatus.NOT_AT_THIS_LOCATION
    if not rules.allows_evse(place):
        return AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE
    return None


def _limit(token: Token, standing: Standing, open_elsewhere: int) -> AuthorizationStatus | None:
    """What it has used up. Who asks counts open transactions only where one begins: ConcurrentTx is no answer to an Authorize."""
    if standing.balance is not None and standing.balance.amount <= 0:
        return AuthorizationStatus.NO_CREDIT
    if standing.purpose.begins and is_master_pass(token, standing.group):
        return AuthorizationStatus.INVALID
    if token.max_transactions is not None and open_elsewhere >= token.max_transactions:
        return AuthorizationStatus.CONCURRENT_TX
    most = standing.group.max_transactions if standing.group is not None and standing.purpose.begins else None
    return AuthorizationStatus.CONCURRENT_TX if most is not None and standing.open_in_group >= most else None


def is_master_pass(token: Token, group: TokenGroup | None) -> bool:
    """Whether a token ends transactions of others and starts none (C16)."""
    return token.master_pass or (group is not None and group.master_pass)


_OF_THE_CERTIFICATE: dict[CertificateStatus, AuthorizationStatus] = {
    CertificateStatus.CERTIFICATE_EXPIRED: AuthorizationStatus.EXPIRED,  # C07.FR.15
    CertificateStatus.CERTIFICATE_REVOKED: AuthorizationStatus.INVALID,  # C07.FR.16
    CertificateStatus.CERT_CHAIN_ERROR: AuthorizationStatus.INVALID,  # C07.FR.17
}
_CANCELS = frozenset(
    {
        AuthorizationStatus.BLOCKED,
        AuthorizationStatus.EXPIRED,
        AuthorizationStatus.INVALID,
        AuthorizationStatus.UNKNOWN,
    }
)


def with_certificate(verdict: AuthorizationVerdict, found: CertificateStatus) -> AuthorizationVerdict:
    """A verdict on a token that came with a contract certificate of which this was found (C07.FR.13 to C07.FR.17).

    A good certificate of a token that is not good is a cancelled contract; of a bad one the token takes its fault.
    """
    if found is CertificateStatus.ACCEPTED:
        cancelled = verdict.status in _CANCELS
        return changed(verdict, certificate_status=CertificateStatus.CONTRACT_CANCELLED if cancelled else found)
    status = _OF_THE_CERTIFICATE.get(found, AuthorizationStatus.INVALID)
    return changed(verdict, status=status, certificate_status=found)


def may_stop(
    started_by: IdToken | None,
    started_group: IdToken | None,
    presented: IdToken,
    presented_verdict: AuthorizationVerdict | None,
    *,
    master_pass_group: str | None = None,
) -> bool:
    """Whether a presented token ends a running transaction.

    The starting token itself always does (E07.FR.01, E08.FR.01), another one only with a verdict that shows the same group
    (C09.FR.03, E08.FR.02) or the master pass group (C16.FR.01).
    """
    if same_token(started_by, presented):
        return True
    group = presented_verdict.group if presented_verdict is not None and presented_verdict.accepted else None
    if group is None:
        return False
    if master_pass_group is not None and group.key == master_pass_group.casefold():
        return True
    return same_token(started_group, group)


class ClearCache(Command):
    """Forget all cached authorizations (C11)."""


class ClearCacheOutcome(Outcome):
    """Whether the cache was cleared."""

    accepted: bool
