"""Who may do what: users, their sessions, sites, the use of API keys; and the audit log of what they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from pilotwire.csms.store.ports import Scope
from pilotwire.csms.store.registers import Diary, Register
from pilotwire.domain.kinds import Value


class Role(StrEnum):
    """What a person is here for: look; command stations; change records too; everything (keys, users and sites included)."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


SCOPE_OF: Final = {
    Role.VIEWER: Scope.READ,
    Role.OPERATOR: Scope.COMMAND,
    Role.MANAGER: Scope.WRITE,
    Role.ADMIN: Scope.ADMIN,
}
"""The scope a role stands for; each includes those before it."""


class User(Value):
    """A person. `password_hash` is an encoded hash, never the password; `sites` () is all of them.

    `stamp` changes with the password and when the user is deactivated: a session of another stamp is over.
    `failed_logins` counts those since the last login.
    """

    name: str
    password_hash: str
    role: Role
    stamp: str
    display_name: str = ""
    sites: tuple[str, ...] = ()
    is_active: bool = True
    created_at: datetime | None = None
    last_login_at: datetime | None = None
    failed_logins: int = 0


class Session(Value):
    """A login. It is found by the digest of its token; the token itself is not kept."""

    digest: str
    user: str
    stamp: str
    created_at: datetime
    expires_at: datetime


class Site(Value):
    """A place with stations: these identities, and those that begin with one of these prefixes."""

    name: str
    display_name: str = ""
    stations: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


class KeyUse(Value):
    """When an API key was last used, to the minute."""

    at: datetime


class AuditEntry(Value):
    """What somebody did, or was refused.

    `actor` is `key:NAME`, `user:NAME`, `oidc:SUBJECT`, `lab` (no authentication at all) or "" (nobody known). `operation` is the path of
    the API with the names of its parameters, `path` the one that was asked for. `asked` is the body with its secrets masked.
    `duration` in seconds. `suppressed`: how many refusals of the same address before this one were not written.
    """

    actor: str
    remote: str
    method: str
    operation: str
    path: str
    status: int
    query: str = ""
    asked: str = ""
    reason: str = ""
    duration: float = 0.0
    suppressed: int = 0


USERS: Final = Register("users", User)
"""By name, of no station."""
SESSIONS: Final = Register("sessions", Session)
"""By the digest of the token, of no station."""
SITES: Final = Register("sites", Site)
"""By name, of no station."""
KEY_USES: Final = Register("api-key-uses", KeyUse)
"""By the name of the key, of no station."""
AUDIT: Final = Diary("audit", AuditEntry)
"""By the station that was commanded or changed ("" for none); the key is the actor."""
