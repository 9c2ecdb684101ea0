"""`pilotwire start`, `stop`, `reset`, `unlock`, `trigger`, `availability`, `reserve`: the commands people give most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from pilotwire.cli.api import DEFAULT_URL, Api, Key, Url, segment
from pilotwire.errors import ConfigError

Station = Annotated[str, typer.Argument(help="The identity of the station.", metavar="STATION")]
Token = Annotated[str, typer.Argument(help="The value of the token, for example the UID of a card.", metavar="TOKEN")]
Type = Annotated[str, typer.Option("--type", help="ISO14443, eMAID, Central, ...")]
Evse = Annotated[int | None, typer.Option(min=0, help="The EVSE (1.6: the connector).")]
Connector = Annotated[int | None, typer.Option(min=0, help="The connector of the EVSE (2.x).")]
Choice = Annotated[
    int | None, typer.Option(min=1, help="The EVSE (1.6: the connector); without one the station chooses.")
]
_REFUSED = 1
_GOOD = frozenset({"Accepted", "Scheduled", "Unlocked"})


def _place(evse: int | None, connector: int | None) -> dict[str, Any]:
    if evse is None:
        if connector is not None:
            raise ConfigError("--connector without --evse: a connector is one of an EVSE.", "Name the EVSE too.")
        return {}
    return {"evse": {"id": evse} | ({} if connector is None else {"connectorId": connector})}


def _given(url: str, key: str, station: str, command: str, body: dict[str, Any]) -> dict[str, Any]:
    with Api(url, key) as api:
        answer: dict[str, Any] = api.send("POST", f"/stations/{segment(station)}/commands/{command}", body=body).json()
    return answer


def _tell(station: str, answer: dict[str, Any], more: str = "") -> None:
    """Say what the station answered; the exit code tells whether it will do it."""
    typer.echo(f"{station} answered {answer['status']}{more}.")
    if answer["status"] not in _GOOD:
        raise typer.Exit(_REFUSED)


def start(
    station: Station, token: Token, type_: Type = "ISO14443", evse: Choice = None, url: Url = DEFAULT_URL, key: Key = ""
) -> None:
    """Ask a station to start a transaction for a token."""
    body = {"idToken": {"idToken": token, "type": type_}} | ({} if evse is None else {"evseId": evse})
    answer = _given(url, key, station, "request-start", body)
    running = answer["transactionId"]
    _tell(station, answer, f" (transaction {running})" if running else "")


def stop(
    station: Station,
    transaction: Annotated[str, typer.Argument(help="The id of the transaction.", metavar="TRANSACTION")],
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Ask a station to end a transaction."""
    _tell(station, _given(url, key, station, "request-stop", {"transactionId": transaction}))


def reset(
    station: Station,
    now: Annotated[bool, typer.Option("--now", help="At once (1.6: hard), not when it is idle.")] = False,
    evse: Evse = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Restart a station, or one EVSE of it (2.x)."""
    body = {"type": "Immediate" if now else "OnIdle"} | ({} if evse is None else {"evseId": evse})
    _tell(station, _given(url, key, station, "reset", body))


def unlock(
    station: Station,
    evse: Annotated[int, typer.Option(min=1, help="The EVSE (1.6: the connector).")] = 1,
    connector: Annotated[int, typer.Option(min=1, help="The connector of the EVSE (2.x).")] = 1,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Release a stuck cable."""
    _tell(station, _given(url, key, station, "unlock", {"evseId": evse, "connectorId": connector}))


def trigger(
    station: Station,
    message: Annotated[
        str,
        typer.Argument(help="Heartbeat, StatusNotification, MeterValues, ..., or CustomTrigger.", metavar="MESSAGE"),
    ],
    evse: Evse = None,
    connector: Connector = None,
    custom: Annotated[str | None, typer.Option(help="What a CustomTrigger asks for (2.1).")] = None,
    extended: Annotated[bool, typer.Option("--extended", help="By ExtendedTriggerMessage (1.6).")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Ask a station to send a message now."""
    body = {"requestedMessage": message, "extended": extended, "customTrigger": custom} | _place(evse, connector)
    _tell(station, _given(url, key, station, "trigger-message", body))


def availability(
    station: Station,
    operative: Annotated[bool, typer.Option("--in-use/--out-of-use", help="Which of both it is to be.")] = True,
    evse: Evse = None,
    connector: Connector = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Take a station, an EVSE or a connector in or out of use."""
    body = {"operationalStatus": "Operative" if operative else "Inoperative"} | _place(evse, connector)
    _tell(station, _given(url, key, station, "change-availability", body))


def reserve(
    station: Station,
    token: Token,
    minutes: Annotated[int, typer.Option(min=1, help="For how long.")] = 60,
    type_: Type = "ISO14443",
    evse: Choice = None,
    connector_type: Annotated[str | None, typer.Option(help="cCCS2, sType2, ... (2.x)")] = None,
    url: Url = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Keep an EVSE for a token, from now on."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    said = {"evseId": evse, "connectorType": connector_type}
    body = {"idToken": {"idToken": token, "type": type_}, "expiryDateTime": until.isoformat()}
    answer = _given(
        url, key, station, "reserve-now", body | {name: one for name, one in said.items() if one is not None}
    )
    _tell(station, answer, f" (reservation {answer['reservationId']}, until {until:%Y-%m-%d %H:%M} UTC)")
