"""Who may charge (functional block C): decided here, once, for every protocol version."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pilotwire.domain.identity import NO_AUTHORIZATION, IdToken, same_token
from pilotwire.domain.kinds import Command, Fact, Outcome, Value, Verdict


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


class AuthorizationAsked(Fact):
    """A station asks whether an id token may charge (C01). `certificate` is the PEM chain of a contract (C07), if sent."""

    id_token: IdToken
    certificate: str | None = None


class AuthorizationVerdict(Verdict):
    """What a station is told of an id token (2.x IdTokenInfoType).

    `expires_at` is when the station's cached entry ends, `group` the token's group (1.6: parentIdTag), `priority` the charging
    priority from -9 to 9, `evses` the EVSEs the token may use (none: all).
    """

    status: AuthorizationStatus
    expires_at: datetime | None = None
    group: IdToken | None = None
    priority: int | None = None
    language: str | None = None
    language2: str | None = None
    message: str | None = None
    evses: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether charging may go on."""
        return self.status is AuthorizationStatus.ACCEPTED


class Token(Value):
    """What the operator has on record for an id token.

    `status` ACCEPTED is "in good order"; a passed `expires_at` overrides it. `max_transactions` is how many transactions may be open
    with it at one time (None: as many as wanted).
    """

    id_token: IdToken
    status: AuthorizationStatus = AuthorizationStatus.ACCEPTED
    expires_at: datetime | None = None
    group: IdToken | None = None
    priority: int | None = None
    language: str | None = None
    message: str | None = None
    max_transactions: int | None = 1


def judge_token(
    asked: IdToken, token: Token | None, now: datetime, *, open_elsewhere: int = 0, unknown_accepted: bool = False
) -> AuthorizationVerdict:
    """Decide on an id token (C01.FR.02 ff., C04, C09).

    `open_elsewhere` counts transactions already open with this token, not the one the question is about. A token nobody has
    recorded is Unknown, unless a lab asked for `unknown_accepted`. A start that needs no authorization is accepted as such
    (C02.FR.02).
    """
    if token is None:
        free = unknown_accepted or asked.type == NO_AUTHORIZATION
        return AuthorizationVerdict(status=AuthorizationStatus.ACCEPTED if free else AuthorizationStatus.UNKNOWN)
    return AuthorizationVerdict(
        status=_status_of(token, now, open_elsewhere),
        expires_at=token.expires_at,
        group=token.group,
        priority=token.priority,
        language=token.language,
        message=token.message,
    )


def _status_of(token: Token, now: datetime, open_elsewhere: int) -> AuthorizationStatus:
    if token.status is not AuthorizationStatus.ACCEPTED:
        return token.status
    if token.expires_at is not None and token.expires_at <= now:
        return AuthorizationStatus.EXPIRED
    if token.max_transactions is not None and open_elsewhere >= token.max_transactions:
        return AuthorizationStatus.CONCURRENT_TX
    return AuthorizationStatus.ACCEPTED


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
