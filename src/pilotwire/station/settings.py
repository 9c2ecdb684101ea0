"""The settings of a station program: command line, environment (`PILOTWIRE_...`), or section `[station]` of the TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import field_validator
from pydantic_settings import NoDecode

from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting
from pilotwire.station.habits import AS_THE_VERSION_HAS_IT, Habits

_URL = r"^(ws|http)s?://[^\s/]+(/\S*)?$"


class StationProgramSettings(Settings):
    """What a person can set of a station. `variables` are first values of the device model, by written name."""

    id: str = setting(..., "an identity of 1 to 48 characters", "the station's identity", min_length=1, max_length=48)
    ocpp: Literal["1.5", "1.6", "2.0.1", "2.1"] = setting(
        "2.0.1", "1.6, 2.0.1 or 2.1, or 1.5 by SOAP", "the version spoken"
    )
    transport: Literal["json", "soap"] = setting(
        "json", "json or soap", "how it is spoken: OCPP-J over WebSocket, or OCPP-S (1.6 and 1.5)"
    )
    csms: str = setting(
        "ws://127.0.0.1:9000",
        "a ws:// or wss:// URL (OCPP-S: http:// or https://)",
        "the CSMS's endpoint; the identity is appended (OCPP-S: it is not)",
        pattern=_URL,
    )
    password: str | None = setting(
        None,
        "16 to 64 characters",
        "the first password for security profile 1; one that the CSMS has set since goes before it",
        min_length=16,
        max_length=64,
    )
    soap_host: str = setting(
        "127.0.0.1", "an address of this machine; 0.0.0.0 for all", "OCPP-S: where the station listens", min_length=1
    )
    soap_port: int = setting(
        0, "a port from 0 to 65535 (0: any free one)", "OCPP-S: the port the CSMS calls", ge=0, le=65535
    )
    soap_url: str | None = setting(
        None,
        "an http:// or https:// URL",
        "OCPP-S: where the CSMS is told to find the station, if not at host and port (behind NAT, for one)",
        pattern=r"^https?://[^\s/]+(/\S*)?$",
    )
    soap_tls: bool = setting(
        False, "true or false", "OCPP-S: listen with TLS, with the station's certificate (--certificate, --key)"
    )
    control_host: str = setting(
        "127.0.0.1", "an address of this machine", "where the control port listens", min_length=1
    )
    control_port: int = setting(
        0,
        "a port from 0 to 65535 (0: any free one)",
        "the control port: what a person does at a station",
        ge=0,
        le=65535,
    )
    control_password: str | None = setting(
        None,
        "8 to 200 characters",
        "the password of the control port and its page; none: anybody who reaches it",
        min_length=8,
        max_length=200,
    )
    control_token: str | None = setting(
        None,
        "16 to 200 visible ASCII characters",
        "the token programs show at the control port; made and shown where none is given and others than this machine reach it",
        pattern=r"^[!-~]{16,200}$",
    )
    control_names: tuple[str, ...] = setting(
        (), "a list of host names", "what else the control port may be called than by its address or localhost"
    )
    layout: str = setting(
        "ac-22-single", "the name of a station layout, or module:name", "EVSEs and connectors", min_length=1
    )
    storage: str | None = setting(
        None, "a file name", "where the station keeps what must survive; by default <id>.station.db"
    )
    vendor: str = setting(
        "Pilotwire", "1 to 20 characters", "the vendor's name in the boot message", min_length=1, max_length=20
    )
    model: str | None = setting(
        None, "1 to 20 characters", "the model in the boot message", min_length=1, max_length=20
    )
    serial_number: str | None = setting(
        None, "up to 25 characters", "the serial number in the boot message", max_length=25
    )
    speed: float = setting(
        1.0, "a factor above 0 and at most 3600", "how much faster than life hardware and vehicles run", gt=0, le=3600
    )
    iccid: str | None = setting(None, "up to 20 characters", "the SIM card's ICCID in the boot message", max_length=20)
    imsi: str | None = setting(None, "up to 20 characters", "the SIM card's IMSI in the boot message", max_length=20)
    older_ocpp: bool = setting(False, "true or false", "with 2.1: offer 2.0.1 as well, and speak what the CSMS chooses")
    security_profile: int | None = setting(
        None, "0, 1, 2 or 3", "the security profile; by default 2 for wss://, else 1 with a password", ge=0, le=3
    )
    csms_root: str | None = setting(None, "a PEM file", "the root certificates a CSMS is trusted by")
    certificate: str | None = setting(
        None, "a PEM file", "the station's certificate and its chain, for security profile 3"
    )
    key: str | None = setting(None, "a PEM file", "the private key of the station's certificate")
    secc: Annotated[tuple[str, ...], NoDecode] = setting(
        (),
        "a network interface or lo, where there are several each with its EVSE: eth1:1 eth2:2",
        "speak ISO 15118 and DIN SPEC 70121 with vehicles on this interface",
    )
    secc_evse: int = setting(
        1, "the number of an EVSE", "the EVSE whose cable the interface belongs to, if that does not say", ge=1
    )
    secc_tls: Literal["off", "on", "only"] = setting(
        "on", "off, on or only", "TLS towards vehicles: none, for those that ask for it, for all"
    )
    secc_port: int = setting(
        0, "a port from 0 to 65535 (0: any free one)", "the TCP port vehicles connect to", ge=0, le=65535
    )
    secc_chain: str | None = setting(
        None, "a PEM file", "the SECC's certificate and its sub-CAs, if the CSMS signs none"
    )
    secc_key: str | None = setting(None, "a PEM file", "the private key of the SECC's certificate")
    secc_chain_20: str | None = setting(None, "a PEM file", "the SECC's certificate for ISO 15118-20")
    secc_key_20: str | None = setting(None, "a PEM file", "its private key")
    secc_vehicle_roots: str | None = setting(
        None, "a PEM file", "the roots that vehicles' certificates lead to (ISO 15118-20)"
    )
    secc_receipts: int = setting(
        0, "a number of messages, 0 for never", "ask a vehicle with a contract for a receipt every so many", ge=0
    )
    secc_plain_20: bool = setting(
        False, "true or false", "ISO 15118-20 without TLS too, which the standard forbids: for test benches"
    )
    secc_prices: Literal["auto", "none", "absolute", "levels"] = setting(
        "auto", "auto, none, absolute or levels", "ISO 15118-20: the kind of price schedules that vehicles are told"
    )
    secc_suites: Literal["standard", "lab"] = setting(
        "standard",
        "standard or lab",
        "ISO 15118-20: the keys that are taken of vehicles, in TLS and in signatures; lab takes P-256 too, for test benches",
    )
    secc_key_log: str | None = setting(
        None, "a file name", "write the secrets of TLS there, so that captures can be read"
    )
    slac: bool = setting(
        False,
        "true or false",
        "match the vehicle at each interface of secc over the power line first (ISO 15118-3); needs pilotwire[slac]",
    )
    key_store: Literal["file", "pkcs11"] = setting(
        "file", "file or pkcs11", "where the station makes and keeps the keys of its own certificates"
    )
    pkcs11_library: str = setting(
        "/usr/lib/softhsm/libsofthsm2.so",
        "a shared library",
        "with key_store pkcs11: the PKCS #11 library of the token",
    )
    pkcs11_token: str = setting("", "a token's label", "with key_store pkcs11: which token")
    pkcs11_pin: str = setting("", "a PIN", "with key_store pkcs11: the PIN of the token's user")
    pkcs11_provider: str = setting(
        "",
        "a shared library",
        "with key_store pkcs11 at security profile 3: OpenSSL's PKCS #11 provider, if not found by itself",
    )
    connection_type: Literal["Ethernet", "Cellular", "Auto", "None"] | None = setting(
        None, "Ethernet, Cellular, Auto or None", "what carries the connection; None: no OCPP traffic at all"
    )
    websocket_proxy: str | None = setting(
        None, "host:port (port 80 if missing)", "an HTTP proxy to connect through", max_length=255
    )
    keep_alive: int | None = setting(None, "seconds from 0 (none)", "seconds between two pings", ge=0)
    connection_strictness: Literal["SecureOnly", "All"] | None = setting(
        None, "SecureOnly or All", "the cipher suites offered in TLS"
    )
    tls_strictness: Literal["Full", "SkipHostName"] | None = setting(
        None, "Full or SkipHostName", "whether the host name in the CSMS's certificate is checked"
    )
    force_heartbeat: bool | None = setting(
        None, "true or false", "send heartbeats even where traffic makes them needless"
    )
    tcp_watchdog_timeout: int | None = setting(
        None, "seconds from 0 (never)", "restart the controller when the CSMS was unreachable so long", ge=0, le=604_800
    )
    connection_timeout: int | None = setting(
        None, "3 to 300 seconds", "how long an attempt to connect may take", ge=3, le=300
    )
    show_disconnect_as_error: bool | None = setting(
        None, "true or false", "say on the display that there is no connection"
    )
    compression: bool = setting(False, "true or false", "offer permessage-deflate")
    variables: dict[str, str] = setting(
        {}, "a table of names in quotes and values", "first values of device model variables"
    )
    meter: dict[str, Any] = setting(
        {}, "a table as in docs/station/metering.md", "a Modbus meter in the place of the simulated one"
    )
    driver: str = setting(
        "simulated",
        "simulated, an installed driver, or module:factory",
        "the driver of the station's hardware",
        min_length=1,
    )
    driver_options: dict[str, Any] = setting({}, "a table", "what the driver wants to be told; the driver says what")
    habits: Habits = setting(
        AS_THE_VERSION_HAS_IT,
        "a table as in docs/station.md",
        "how the station is built, where its maker has the choice",
    )
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on the console")

    @field_validator("ocpp", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """TOML reads 2.1 without quotes as a number."""
        return str(value) if isinstance(value, float) else value

    @field_validator("secc", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        """One as a plain text, in the file and the environment; there, several with spaces or commas between them."""
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("variables", mode="before")
    @classmethod
    def _as_written(cls, value: object) -> object:
        """TOML has booleans of its own; the device model writes them as text."""
        if not isinstance(value, dict):
            return value
        return {name: str(one).lower() if isinstance(one, bool) else one for name, one in value.items()}


_VARIABLES = {
    "connection_type": "InstallerCtrlr.ConnectionType",
    "websocket_proxy": "InstallerCtrlr.WebSocketProxy",
    "keep_alive": "OCPPCommCtrlr.WebSocketPingInterval",
    "connection_strictness": "InstallerCtrlr.ConnectionStrictness",
    "tls_strictness": "InstallerCtrlr.TlsStrictness",
    "force_heartbeat": "InstallerCtrlr.ForceHeartbeat",
    "tcp_watchdog_timeout": "InstallerCtrlr.TcpWatchdogTimeout",
    "connection_timeout": "InstallerCtrlr.ConnectionTimeout",
    "show_disconnect_as_error": "InstallerCtrlr.ShowDisconnectAsError",
}
"""Settings that are first values of variables, so that they can be changed at run time."""


def first_variables(settings: StationProgramSettings) -> dict[str, str]:
    """The first values of variables, from the settings with names of their own and from `variables`, which goes before them."""
    said = {variable: getattr(settings, name) for name, variable in _VARIABLES.items()}
    texts = {
        variable: str(value).lower() if isinstance(value, bool) else str(value)
        for variable, value in said.items()
        if value is not None
    }
    return texts | settings.variables


def load_settings(given: dict[str, Any] | None = None, *, config: Path | str | None = None) -> StationProgramSettings:
    """The settings from all three places; raises ConfigError."""
    settings, _sources = load(StationProgramSettings, "station", given, config=config)
    return settings
