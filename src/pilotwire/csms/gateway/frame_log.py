"""The frame log of one connection: every frame as it was on the wire, with its message id and the action it belongs to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from pilotwire.csms.store.ports import Direction, Journal, LogFrame

_HEAD: Final = re.compile(r'\s*\[\s*([0-9])\s*,\s*"([^"\\]{0,255})"\s*(?:,\s*"([^"\\]{0,64})")?', re.ASCII)
_CALLS: Final = frozenset({"2", "6"})
_REMEMBERED: Final = 64
_SECRETS: Final = ("asicAuthPassword", "AuthorizationKey", "SharedSecret")
_SECRET_VALUE: Final = re.compile(r'("(?:attributeValue|value|basicAuthPassword)"\s*:\s*)"(?:[^"\\]|\\.)*"')
_NETWORKS: Final = ("apnPassword", "simPin", "vpn")
_NETWORK_SECRET: Final = re.compile(r'("(?:apnPassword|simPin|password|key)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|[0-9]+)')
"""Of SetNetworkProfile: those of the mobile network (APNType) and of the VPN (VPNType)."""
_UPLOADS: Final = ("/uploads/", "://log-")
_UPLOAD_SECRET: Final = re.compile(r"(/uploads/|://log-[0-9a-f]{12}:)[0-9a-f]{32}")
_DIRECTIONS: Final = {"in": Direction.IN, "out": Direction.OUT}


class FrameLog:
    """Notes the frames of one station in the journal.

    An answer does not name its action, so it is found by the message id of the call it answers. Passwords and secrets of
    uploads that go out to a station are masked: the log is read by more people than may know them.
    """

    def __init__(self, station: str, journal: Journal) -> None:
        self._station = station
        self._journal = journal
        self._calls: dict[str, dict[str, str]] = {"in": {}, "out": {}}

    def note(self, direction: Literal["in", "out"], data: bytes, at: datetime) -> None:
        """Keep a frame."""
        frame = data.decode("utf-8", "replace")
        head = _HEAD.match(frame)
        if head is None:
            self._keep(direction, frame, at, "", "")
            return
        kind, message_id, action = head.groups("")
        if kind in _CALLS:
            self._remember(self._calls[direction], message_id, action)
        else:
            action = self._calls["out" if direction == "in" else "in"].pop(message_id, "")
        self._keep(direction, frame, at, message_id, action)

    def _remember(self, calls: dict[str, str], message_id: str, action: str) -> None:
        calls[message_id] = action
        if len(calls) > _REMEMBERED:
            del calls[next(iter(calls))]

    def _keep(self, direction: str, frame: str, at: datetime, message_id: str, action: str) -> None:
        if direction == "out" and any(each in frame for each in _SECRETS):
            frame = _SECRET_VALUE.sub(r'\1"***"', frame)
        if direction == "out" and action == "SetNetworkProfile" and any(each in frame for each in _NETWORKS):
            frame = _NETWORK_SECRET.sub(r'\1"***"', frame)
        if direction == "out" and (_UPLOADS[0] in frame or _UPLOADS[1] in frame):
            frame = _UPLOAD_SECRET.sub(r"\1***", frame)
        self._journal.note(
            LogFrame(
                station=self._station,
                at=at,
                direction=_DIRECTIONS[direction],
                message_id=message_id,
                action=action,
                frame=frame,
            )
        )
