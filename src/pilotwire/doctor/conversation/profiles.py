"""Charging profiles: whether only stack level 0 is taken."""

from __future__ import annotations

from pilotwire.doctor.conversation.context import Context, Group
from pilotwire.doctor.conversation.said import Answered, Json, inside, number_of, objects_at, text_at, whole_at
from pilotwire.doctor.rules import protocol as rules

_TAKEN, _REFUSED = "Accepted", "Rejected"


class ChargingProfiles(Group):
    """The charging profiles of one station."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._zero_taken = False
        self._refused: Answered | None = None

    def answered(self, answer: Answered) -> None:
        """A charging profile was taken or not; or the highest level is told."""
        if answer.call.sender != "csms":
            return
        if answer.call.action == "SetChargingProfile":
            self._set(answer)
        elif answer.call.action == "GetConfiguration":
            for key in objects_at(answer.payload, "configurationKey"):
                if text_at(key, "key") == "ChargeProfileMaxStackLevel":
                    self._most(answer, number_of(key.get("value")))

    def _set(self, answer: Answered) -> None:
        profile = _profile(answer.call.payload)
        level = whole_at(profile, "stackLevel")
        refused = answer.status == _REFUSED or answer.code == "PropertyConstraintViolation"
        if level is None:
            return
        if level == 0 and answer.status == _TAKEN:
            self._zero_taken = True
            if self._refused is not None:
                self._only_zero(self._refused)
        elif level > 0 and answer.status == _TAKEN:
            self._refused = None
        elif level > 0 and refused:
            self._refused = answer
            demanded = self.profile.protocol.stack_levels
            if 0 < level <= demanded:
                what = f"The station rejects a charging profile of stack level {level}"
                self._found(
                    answer, f"{what}; the profile {self.profile.name} demands 0 to {demanded}.", self.profile.source
                )
            elif self._zero_taken:
                self._only_zero(answer)

    def _only_zero(self, answer: Answered) -> None:
        level = whole_at(_profile(answer.call.payload), "stackLevel")
        what = f"The station rejects a charging profile of stack level {level} but takes level 0: only level 0 is implemented."
        self._found(answer, what)

    def _most(self, answer: Answered, most: object) -> None:
        level = number_of(most)
        demanded = self.profile.protocol.stack_levels
        if level is None or demanded < 0 or level >= demanded:
            return
        what = f"ChargeProfileMaxStackLevel of the station is {level}; the profile {self.profile.name} demands levels 0 to {demanded}."
        self._found(answer, what, self.profile.source)

    def _found(self, answer: Answered, what: str, source: str = "") -> None:
        self.notes.found(rules.STACK_LEVEL, what, answer.call.text, answer.text, at=answer, source=source)


def _profile(payload: Json) -> Json:
    found = inside(payload, "csChargingProfiles") or inside(payload, "chargingProfile")
    return found if isinstance(found, dict) else {}
