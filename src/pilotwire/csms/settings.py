"""The settings of a CSMS: command line, environment (`PILOTWIRE_...`), or section `[csms]` of the TOML file."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from pilotwire.domain.alerts import ALERT_SEVERITY
from pilotwire.domain.authorization import AuthorizationFallback
from pilotwire.domain.provisioning import UnknownStations
from pilotwire.domain.smart_charging import ChargingNeedsPolicy
from pilotwire.errors import ConfigError
from pilotwire.logs import LogLevel
from pilotwire.settings import Settings, load, setting

_PORT: Final = "a port from 0 to 65535 (0: any free one)"


class CsmsSettings(Settings):
    """What an operator can set. Times in seconds. Built directly it takes only what it is given; see `load_settings`."""

    host: str = setting("127.0.0.1", "a host name or an address of this machine", "where to listen", min_length=1)
    ocpp_port: int = setting(9000, _PORT, "for stations", ge=0, le=65535)
    plain: bool = setting(True, "true or false", "whether stations may connect without TLS, on ocpp_port")
    tls_port: int | None = setting(
        None, _PORT, "for stations by TLS (profiles 2 and 3); without it off", ge=0, le=65535
    )
    tls_certificate: tuple[str, ...] = setting(
        (), "a list of files", "PEM files: a certificate with its chain; an ECDSA and an RSA one may go together"
    )
    tls_key: tuple[str, ...] = setting((), "a list of files", "the PEM files of their keys, in the same order")
    tls_client_ca: str = setting(
        "", "a file", "PEM bundle of the CAs of stations' client certificates (profile 3); without it none is asked for"
    )
    tls_client_organization: str = setting(
        "",
        "a name",
        "the organization (O) that stations' client certificates must name as their owner; without it any may",
    )
    tls_client_crl: tuple[str, ...] = setting(
        (),
        "a list of files and http(s) URLs",
        "CRLs of the CAs of stations' client certificates; without them what these have revoked is not known",
    )
    tls_client_crl_interval: float = setting(
        3600.0,
        "seconds from 60 to 2592000",
        "how often a CRL is fetched from its URL; at its nextUpdate in any case",
        ge=60,
        le=2_592_000,
    )
    tls_client_unchecked: Literal["accept", "reject"] = setting(
        "accept", "accept or reject", "a client certificate of which no CRL that counts tells whether it is revoked"
    )
    http_port: int = setting(8080, _PORT, "for the HTTP API", ge=0, le=65535)
    database: str = setting("sqlite:///pilotwire.db", "a database URL", "where everything is kept", min_length=1)
    unknown_stations: UnknownStations = setting(
        UnknownStations.PENDING, "accept, pending or reject", "what happens with a station nobody has registered"
    )
    no_auth: bool = setting(
        False, "true or false", "for a lab: no API key, no station password; only on a loopback host"
    )
    quiet: bool = setting(False, "true or false", "send no station anything that nobody asked for")
    alert_severity: int = setting(
        ALERT_SEVERITY, "a severity from 0 to 9", "the least severe event that raises an alert", ge=0, le=9
    )
    plugins_must_load: bool = setting(
        False, "true or false", "do not start if a data transfer plug-in that is installed cannot be used"
    )
    accept_unknown_tokens: bool = setting(False, "true or false", "for a lab: tokens nobody has recorded may charge")
    charging_needs: ChargingNeedsPolicy = setting(
        ChargingNeedsPolicy.NONE,
        "none, accepted, processing, rejected or plan",
        "what a vehicle's charging needs are answered; none: nobody sends a profile for them, plan: this CSMS makes one",
    )
    heartbeat_interval: int = setting(
        300, "seconds from 1 to 86400", "how often an accepted station says that it is alive", ge=1, le=86_400
    )
    retry_interval: int = setting(
        60, "seconds from 1 to 86400", "when a station that is not accepted may boot again", ge=1, le=86_400
    )
    drift_interval: float = setting(
        0.0,
        "seconds from 0 (never) to 2592000",
        "how often the variables of templates are read again",
        ge=0,
        le=2_592_000,
    )
    orphan_after: int = setting(
        86_400,
        "seconds from 0 (never) to 31536000",
        "when an open transaction that nothing was heard of is closed, its station being connected",
        ge=0,
        le=31_536_000,
    )
    orphan_after_offline: int = setting(
        604_800,
        "seconds from 0 (never) to 31536000",
        "when an open transaction that nothing was heard of is closed, its station not being connected",
        ge=0,
        le=31_536_000,
    )
    resume_within: int = setting(
        600,
        "seconds from 0 (any time) to 86400",
        "how long a station that has booted may take to go on with its transactions",
        ge=0,
        le=86_400,
    )
    ask_after: int = setting(
        3600,
        "seconds from 0 (never) to 31536000",
        "when a station is asked about an open transaction that nothing was heard of (2.x)",
        ge=0,
        le=31_536_000,
    )
    ping_interval: float = setting(60.0, "seconds from 0 (off) to 3600", "between pings", ge=0, le=3600)
    compression: bool = setting(
        True, "true or false", "permessage-deflate for stations that offer it; costs memory for each of them"
    )
    max_message_bytes: int = setting(
        1_000_000, "bytes from 4096 to 100000000", "the longest message taken", ge=4096, le=100_000_000
    )
    call_timeout: float = setting(
        30.0, "seconds, more than 0 and at most 600", "how long a station may take to answer", gt=0, le=600
    )
    shutdown_timeout: float = setting(
        10.0, "seconds from 0 to 300", "how long work in hand may take when stopping", ge=0, le=300
    )
    public_url: str = setting(
        "",
        "an http(s) URL",
        "how stations reach the HTTP server here; else as whoever asks reaches it",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    firmware_dir: str = setting("", "a folder", "where firmware images are kept; else beside the database")
    firmware_max_bytes: int = setting(
        2_000_000_000,
        "bytes from 1000 to 100000000000",
        "the largest firmware image taken",
        ge=1_000,
        le=100_000_000_000,
    )
    firmware_signing_key: str = setting("", "a PEM file", "the private key that signs uploaded firmware")
    firmware_signing_certificate: str = setting("", "a PEM file", "the certificate of that key, sent to stations")
    soap_port: int | None = setting(
        None,
        "a port from 0 to 65535 (0: any free one), or none",
        "for stations of OCPP-S (SOAP, 1.5 and 1.6)",
        ge=0,
        le=65535,
    )
    http_tls: bool = setting(
        False, "true or false", "whether the HTTP API, uploads and firmware are served by TLS, with tls_certificate"
    )
    soap_tls: bool = setting(False, "true or false", "whether OCPP-S is spoken by TLS, with tls_certificate")
    soap_station_ca: str = setting(
        "",
        "a file",
        "PEM bundle of CAs of stations' own HTTPS ports of OCPP-S, besides tls_client_ca and the public ones",
    )
    soap_station_names: Literal["address", "identity"] = setting(
        "address", "address or identity", "what the certificate of a station's own HTTPS port must be for"
    )
    tolerances: tuple[str, ...] = setting(
        (), "a list of names", "departures from the standards that every station is allowed"
    )
    keep_messages_days: int = setting(
        0, "days from 0 (for ever) to 36500", "how long frames stay in the message log", ge=0, le=36_500
    )
    keep_messages_mb: int = setting(
        0,
        "megabytes from 0 (no limit)",
        "how large the message log may grow: then the oldest frames go",
        ge=0,
        le=10**9,
    )
    keep_findings_days: int = setting(
        0, "days from 0 (for ever) to 36500", "how long findings and security events are kept", ge=0, le=36_500
    )
    uploads_dir: str = setting("", "a folder", "where uploaded log files are kept; else beside the database")
    max_upload_bytes: int = setting(
        200_000_000, "bytes from 1 to 100000000000", "the longest log file taken", ge=1, le=100_000_000_000
    )
    upload_lifetime: int = setting(
        86_400, "seconds from 1 to 2592000", "how long a station may take to upload a log file", ge=1, le=2_592_000
    )
    ftp_port: int | None = setting(None, _PORT, "for log files by FTP; without one there is none", ge=0, le=65535)
    ftp_passive_ports: str = setting(
        "", "ports like 50000-50100", "for the data of FTP; else any", pattern=r"^(\d{1,5}-\d{1,5})?$"
    )
    ftp_certificate: str = setting("", "a PEM file", "the certificate chain and private key that make FTP FTPS")
    sftp_port: int | None = setting(None, _PORT, "for log files by SFTP; without one there is none", ge=0, le=65535)
    vat_url: str = setting(
        "",
        "an http(s) URL",
        "a service that validates VAT numbers; without one their form decides",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    vat_timeout: float = setting(
        5.0, "seconds, more than 0 and at most 60", "how long that service may take", gt=0, le=60
    )
    signer_url: str = setting(
        "",
        "an http(s) URL",
        "a certificate authority that signs stations' requests; without one people bring the chains",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    signer_timeout: float = setting(
        30.0, "seconds, more than 0 and at most 600", "how long that authority may take", gt=0, le=600
    )
    signer_token: str = setting("", "a token", "the bearer token for that authority", pattern=r"^[!-~]*$")
    signer_patience: int = setting(
        86_400,
        "seconds from 1 to 2592000",
        "how long a request is tried to be signed and handed over",
        ge=1,
        le=2_592_000,
    )
    lab_ca_certificate: str = setting(
        "", "a PEM file", "for a lab: the CA that signs stations' requests, with its chain"
    )
    lab_ca_key: str = setting("", "a PEM file", "the private key of that CA")
    lab_ca_days: int = setting(365, "days from 1 to 3650", "how long certificates of that CA are valid", ge=1, le=3650)
    renew_days: int = setting(
        21,
        "days from 0 (never) to 365",
        "how long before the end of a station's certificate the station is asked to renew it, if it has not by itself",
        ge=0,
        le=365,
    )
    contracts_url: str = setting(
        "",
        "an http(s) URL",
        "a pool of contract certificates for vehicles; without one none are given",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    contracts_timeout: float = setting(
        20.0, "seconds, more than 0 and at most 60", "how long that pool may take", gt=0, le=60
    )
    contracts_token: str = setting("", "a token", "the bearer token for that pool", pattern=r"^[!-~]*$")
    contracts_interface: Literal["pilotwire", "opcp", "embedded"] = setting(
        "pilotwire",
        "pilotwire, opcp or embedded",
        "how that pool is asked: as `pki serve` is, by the Open Plug&Charge Protocol, or inside, in the folder contracts_pki",
    )
    contracts_client_id: str = setting(
        "", "a name", "OPCP: the client that gets tokens; without one contracts_token is used"
    )
    contracts_client_secret: str = setting("", "a secret", "OPCP: the secret of that client", pattern=r"^[!-~]*$")
    contracts_audience: str = setting("", "a text, mostly a URL", "OPCP: for what tokens are wanted", max_length=500)
    contracts_token_url: str = setting(
        "",
        "an http(s) URL",
        "OPCP: who gives tokens, if not /oauth/token at contracts_url",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    contracts_data_path: str = setting(
        "/v1/ccp/signedContractData", "a path", "OPCP: where contracts are", pattern=r"^/[!-~]*$"
    )
    contracts_roots_path: str = setting("/v1/root/rootCerts", "a path", "OPCP: where roots are", pattern=r"^/[!-~]*$")
    contracts_pki: str = setting("", "a folder", "embedded: the folder of the authority (pilotwire pki init)")
    contracts_pki_password: str = setting("", "a password", "embedded: the password of its keys")
    ocsp_timeout: float = setting(
        5.0, "seconds, more than 0 and at most 60", "how long an OCSP responder or a CRL may take", gt=0, le=60
    )
    ocsp_private_addresses: bool = setting(
        False, "true or false", "for a lab: OCSP responders and CRLs may be at addresses that are not public"
    )
    receipt_url: str = setting(
        "",
        "an http(s) URL with {receipt}",
        "where the receipt of a payment is; without one stations are told of none",
        pattern=r"^(https?://\S+\{receipt\}\S*)?$",
        max_length=1900,
    )
    energy_price: str = setting(
        "",
        "a number such as 0.49",
        "what a kWh costs, taxes included: stations are told what a charge costs so far and at its end; without one nothing",
        pattern=r"^(\d{1,9}(\.\d{1,6})?)?$",
    )
    billing_time_zone: str = setting(
        "UTC",
        "a name like Europe/Amsterdam",
        "in which the times of day of tariffs are, where their rule does not say, and of receipts",
        pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
    )
    running_cost_rest: float = setting(
        5.0, "seconds from 0 to 3600", "how long a running cost counts before it is worked out anew", ge=0, le=3600
    )
    cost_updated_interval: float = setting(
        60.0,
        "seconds from 0 (never) to 86400",
        "how often a station that shows costs is told the running cost at most, when it has changed",
        ge=0,
        le=86_400,
    )
    seller: str = setting(
        "", "a name and an address, lines parted by |", "who sells, as it is on receipts", max_length=500
    )
    seller_vat_number: str = setting("", "a VAT number", "of the seller, as it is on receipts", max_length=30)
    receipt_note: str = setting("", "a text", "what every receipt ends with", max_length=500)
    bill_prefix: str = setting(
        "", "letters, digits and dashes", "what the numbers of bills begin with", pattern=r"^[A-Za-z0-9-]{0,12}$"
    )
    ocpi_party: str = setting(
        "", "a country code and a party id like NL-ABC", "whose CDRs these are", pattern=r"^([A-Z]{2}-[A-Z0-9]{3})?$"
    )
    session_lifetime: int = setting(
        43_200, "seconds from 60 to 2592000", "how long a login lasts unless it is refreshed", ge=60, le=2_592_000
    )
    oidc_issuer: str = setting(
        "",
        "an http(s) URL",
        "an OpenID Connect issuer whose tokens are taken; without one none",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    oidc_audience: str = setting("", "a text", "whom those tokens must be for (aud)")
    oidc_role_claim: str = setting("roles", "the name of a claim", "where those tokens say the roles", min_length=1)
    oidc_roles: tuple[Annotated[str, Field(pattern=r"^.+=(viewer|operator|manager|admin)$")], ...] = setting(
        (),
        "a list like fleet-team=operator",
        "which role a role of those tokens is here: viewer, operator, manager or admin",
    )
    oidc_sites_claim: str = setting(
        "", "the name of a claim", "where those tokens say the sites; without it they see all"
    )
    cors_origins: tuple[str, ...] = setting((), "a list of origins", "whose pages may use the API in a browser")
    keep_audit_days: int = setting(
        0, "days from 0 (for ever) to 36500", "how long the audit log is kept", ge=0, le=36_500
    )
    authorization_url: str = setting(
        "",
        "an http(s) URL",
        "who decides elsewhere on tokens; without one it is decided here",
        pattern=r"^(https?://[^\s#]+)?$",
    )
    authorization_secret: str = setting(
        "", "whsec_ and base64", "signs the questions to authorization_url, as webhooks are"
    )
    authorization_timeout: float = setting(
        2.0, "seconds, more than 0 and at most 60", "how long authorization_url may take", gt=0, le=60
    )
    authorization_fallback: AuthorizationFallback = setting(
        AuthorizationFallback.LOCAL, "local, accept or reject", "what is done where authorization_url does not answer"
    )
    prepaid_url: str = setting(
        "",
        "an http(s) URL",
        "who keeps the accounts of prepaid tokens; else the balances here",
        pattern=r"^(https?://[^\s#]+)?$",
    )
    prepaid_timeout: float = setting(
        2.0, "seconds, more than 0 and at most 60", "how long prepaid_url may take", gt=0, le=60
    )
    psp_url: str = setting(
        "",
        "an http(s) URL",
        "a payment service provider that settles ad hoc payments; without one that is not done here",
        pattern=r"^(https?://[^\s#]+)?$",
    )
    psp_timeout: float = setting(
        10.0, "seconds, more than 0 and at most 60", "how long that provider may take", gt=0, le=60
    )
    psp_token: str = setting("", "a token", "the bearer token for that provider", pattern=r"^[!-~]*$")
    psp_page: str = setting(
        "",
        "an http(s) URL with {payment}",
        "where a driver pays who came by the code on a display; without one such codes lead nowhere",
        pattern=r"^(https?://\S+\{payment\}\S*)?$",
        max_length=1900,
    )
    web_payment_seconds: int = setting(
        120,
        "seconds from 0 (not at all) to 3600",
        "how long an EVSE is kept for a driver who pays on that page",
        ge=0,
        le=3600,
    )
    contract_roots: str = setting(
        "", "a PEM file", "the roots of contract certificates (MO), for those a station sends whole"
    )
    contract_roots_of_pool: bool = setting(
        False, "true or false", "whether the MO and V2G roots that the pool of contracts tells are such roots too"
    )
    contract_ocsp_url: str = setting(
        "",
        "an http(s) URL",
        "the OCSP responder for contracts a station sends whole whose certificates name none",
        pattern=r"^(https?://[^\s?#]+)?$",
    )
    accept_unverified_contracts: bool = setting(
        False, "true or false", "for a lab: contracts whose certificate nobody could verify may charge"
    )
    clear_blocked: bool = setting(
        False, "true or false", "clear the caches of stations where a token was used when it is blocked"
    )
    openadr: str = setting(
        "", "a TOML file", "the VTNs whose limits and prices count for sites (OpenADR 3); without one none do"
    )
    log_level: LogLevel = setting("info", "debug, info, warning or error", "how much is told on the console")


def load_settings(given: Mapping[str, Any] | None = None, *, config: Path | str | None = None) -> CsmsSettings:
    """The settings from all three places (see `pilotwire.settings.load`); raises ConfigError."""
    settings, sources = load(CsmsSettings, "csms", given, config=config)
    _check_no_auth(settings, sources.place("no_auth"))
    if settings.oidc_issuer and not settings.oidc_audience:
        raise ConfigError(
            f"{sources.place('oidc_issuer')} needs an audience.", "Set oidc_audience to whom its tokens are for."
        )
    return settings


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _check_no_auth(settings: CsmsSettings, place: str) -> None:
    if settings.no_auth and not is_loopback(settings.host):
        raise ConfigError(
            f"{place} switches off all passwords and keys, but the host {settings.host!r} can be reached from outside.",
            "Listen on 127.0.0.1, or leave authentication on.",
        )
