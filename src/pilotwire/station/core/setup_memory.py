"""What a station remembers of how it was set up on its page, over what it was started with."""

from __future__ import annotations

from typing import ClassVar

from pilotwire.domain.kinds import Value

Said = str | int | bool | None
"""A value of the setup."""


class KeptSetting(Value):
    """A value that was set, and the one it was set over: it counts as long as the station is started with that one."""

    value: Said
    over: Said


class SetupMemory(Value, tag="setup", tag_field="part"):
    """What was set of `Setup`, by the name of its field; what is not here is as the station was started."""

    name: ClassVar[str] = "setup"
    kept: dict[str, KeptSetting] = {}
