"""Who and where: id tokens, and the address of an EVSE or connector within a station."""

from __future__ import annotations

from pilotwire.domain.kinds import Value


class AdditionalInfo(Value):
    """A further identifier that comes with an id token (2.x AdditionalInfoType)."""

    value: str
    type: str


class IdToken(Value):
    """What a driver identifies with.

    `type` is one of the 2.x IdTokenEnumType values (`ISO14443`, `eMAID`, `Central`, ...), or None where the protocol does not tell
    (1.6 has only an idTag). `value` is compared without regard to case: it is a CiString in 1.6 and an identifierString in 2.x.
    """

    value: str
    type: str | None = None
    additional: tuple[AdditionalInfo, ...] = ()

    @property
    def key(self) -> str:
        """What two tokens are compared by, whatever the protocol each came through."""
        return self.value.casefold()


NO_AUTHORIZATION = "NoAuthorization"
"""Token type of a start that needs no authorization (C02): a start button, free charging."""


DIRECT_PAYMENT = "DirectPayment"
"""Token type of an ad hoc payment (2.1: C18, C24, C25): its value is the reference of the payment service provider."""


def same_token(one: IdToken | None, other: IdToken | None) -> bool:
    """Whether both are the same identifier; a type that one side does not tell does not separate them."""
    if one is None or other is None or one.key != other.key:
        return False
    return one.type is None or other.type is None or one.type == other.type


class EvseAddress(Value):
    """An EVSE of a station (1, 2, ...), or one of its connectors; `evse` 0 is the station as a whole.

    1.6 knows only connectors, numbered through the station: connector n is read as connector 1 of EVSE n, connector 0 as the
    station (the reading the OCA recommends for one connector an EVSE).
    """

    evse: int
    connector: int | None = None

    @property
    def is_station(self) -> bool:
        """Whether the station as a whole is meant."""
        return self.evse == 0


STATION = EvseAddress(evse=0)


class StationIdentity(Value):
    """What a station says of itself when it boots (2.x ChargingStationType and 1.6 BootNotification.req)."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    box_serial_number: str | None = None
