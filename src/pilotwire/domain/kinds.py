"""The four kinds of things that are said between a station and its backend, in neutral words."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of something said: compared by content, never changed."""


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True, tag_field="fact"):
    """Something a station states. The tag lets facts be kept on disk and read back (the station's outbox)."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the backend answers to a fact."""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True, tag_field="command"):
    """Something the backend wants of a station."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a station answers to a command."""


class Noted(Verdict):
    """The verdict on a fact that needs no answer but that it has been stored."""
