"""What a plan tells about the system under test: the settings that the documents call <Configured ...>, with their defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pilotwire.errors import ConfigError, MisuseError


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the type of its default is its type. `what` says what it is, with its unit."""

    name: str
    default: Any
    what: str


def _table(*rows: tuple[str, Any, str]) -> dict[str, Setting]:
    return {name: Setting(name, default, what) for name, default, what in rows}


SETTINGS: Final[Mapping[str, Setting]] = _table(
    # --- the system under test
    ("identity", "CS001", "the station's identity: of the station under test, or of the station we play"),
    ("password", "pilotwire-bench-password", "the password of HTTP Basic authentication (A00.FR.204)"),
    ("security_profile", 1, "the security profile of the connection, 0 to 3"),
    ("serial_number", "PW-BENCH-0001", "the station's serial number, which its certificate is for (A00.FR.511)"),
    ("vendor", "Pilotwire", "chargingStation.vendorName"),
    ("model", "Bench", "chargingStation.model"),
    ("message_id", "bench.unused", "a messageId of DataTransfer the station does not know"),
    ("vendor_id", "com.example.bench", "the vendorId of DataTransfer"),
    ("connectors", [1, 1], "how many connectors each EVSE has; the first is EVSE 1"),
    ("evse_id", 1, "the EVSE the cases charge at"),
    ("connector_id", 1, "its connector"),
    ("evse2_id", 2, "a second EVSE, where a case wants one"),
    ("connector2_id", 1, "its connector"),
    ("several_connectors", True, "whether an EVSE has more than one connector, of which one can be used at a time"),
    ("status_form", "StatusNotification", "how the station we play tells states: StatusNotification or NotifyEvent"),
    ("connector_type", "sType2", "the type of the connector (ConnectorEnumType)"),
    # --- tokens
    ("valid_token", "VALID-TOKEN-01", "an idToken the CSMS accepts"),
    ("valid_token_type", "ISO14443", "its type"),
    ("valid_token2", "VALID-TOKEN-02", "a second idToken the CSMS accepts"),
    ("valid_token2_type", "ISO14443", "its type"),
    ("group_id", "GROUP-01", "the groupIdToken of both valid tokens"),
    ("group_id_type", "Central", "its type"),
    ("invalid_token", "INVALID-TOKEN-01", "an idToken the CSMS calls Invalid"),
    ("invalid_token_type", "ISO14443", "its type"),
    ("blocked_token", "BLOCKED-TOKEN-01", "an idToken the CSMS calls Blocked"),
    ("blocked_token_type", "ISO14443", "its type"),
    ("expired_token", "EXPIRED-TOKEN-01", "an idToken the CSMS calls Expired"),
    ("expired_token_type", "ISO14443", "its type"),
    ("unknown_token", "UNKNOWN-TOKEN-01", "an idToken nobody knows"),
    ("unknown_token_type", "ISO14443", "its type"),
    ("master_token", "MASTER-TOKEN-01", "an idToken of the master pass group"),
    ("master_token_type", "ISO14443", "its type"),
    ("master_group_id", "MASTER-GROUP-01", "AuthCtrlr.MasterPassGroupId"),
    ("emaid", "NLTNMC0000001X1", "the eMAID of a valid contract"),
    ("emaid_type", "eMAID", "its type"),
    ("secc_id", "SECC-01", "ISO15118Ctrlr.SeccId, the name of the SECC in certificates"),
    ("authorization", "local", "how transactions are authorized where a case leaves it open: local or remote"),
    ("authorize_remote_start", True, "AuthCtrlr.AuthorizeRemoteStart"),
    # --- transactions
    ("tx_start_points", ["EVConnected", "Authorized"], "TxCtrlr.TxStartPoint"),
    ("tx_stop_points", ["EVConnected"], "TxCtrlr.TxStopPoint"),
    ("has_bay_sensor", True, "whether a sensor tells that a vehicle is in the parking bay"),
    ("transaction_duration", 3.0, "how long energy flows before a case goes on, in s"),
    ("ev_connection_timeout", 5, "TxCtrlr.EVConnectionTimeOut, in s"),
    ("cache_life_time", 3, "AuthCacheCtrlr.LifeTime, in s"),
    (
        "max_energy_on_invalid_id",
        60,
        "TxCtrlr.MaxEnergyOnInvalidId, in Wh; an EV must take longer for it than a case is offline and silent, and not too long",
    ),
    ("reservation_duration", 6, "how long a reservation that nobody comes for lasts, in s"),
    # --- times
    ("message_timeout", 20.0, "how long an answer or a message may take, in s"),
    ("operator_timeout", 300.0, "how long a person may take for something asked of them, in s"),
    ("long_operation_timeout", 60.0, "how long a boot, an upload, a download or a reconnect may take, in s"),
    ("silence", 3.0, "how long nothing must come for it to count as silence, in s"),
    ("time_deviation", 4.0, "how far times may be from what they should be, in s"),
    ("heartbeat_interval", 2, "an interval of BootNotificationResponse and HeartbeatInterval, in s"),
    ("retry_interval", 60, "an interval of a BootNotificationResponse that is not Accepted and must not pass, in s"),
    ("offline_threshold", 3, "OCPPCommCtrlr.OfflineThreshold, in s"),
    ("retry_back_off_wait_minimum", 2, "OCPPCommCtrlr.RetryBackOffWaitMinimum, in s"),
    ("quick_wait", 1, "OCPPCommCtrlr.RetryBackOffWaitMinimum where a case has to wait for many attempts, in s"),
    ("message_attempts", 3, "OCPPCommCtrlr.MessageAttempts for TransactionEvent"),
    ("message_attempt_interval", 1, "OCPPCommCtrlr.MessageAttemptInterval for TransactionEvent, in s"),
    # --- connection
    ("configuration_slot", 1, "the configurationSlot the station is connected by"),
    ("configuration_slot2", 2, "a second configurationSlot; 0: the station has one only"),
    ("downgrade_watch", 4.0, "how long a station must not come back with a lower security profile, in s"),
    ("slot_message_timeout", 30, "connectionData.messageTimeout, in s"),
    ("ocpp_interface", "Wired0", "connectionData.ocppInterface"),
    # --- meter values
    ("sampled_interval", 2, "an interval of sampled meter values, in s"),
    ("aligned_interval", 2, "an interval of clock-aligned meter values, in s; the time of day is divided by it"),
    ("measurands", "Energy.Active.Import.Register,Power.Active.Import", "measurands every list of measurands takes"),
    ("many_samples", 14, "how many sampled meter values of one transaction are more than the station keeps"),
    ("phase_measurands", "Current.Import,Voltage", "measurands the meter of an EVSE tells of each phase"),
    # --- smart charging
    ("charging_rate_unit", "A", "the chargingRateUnit the station takes, A or W"),
    ("number_phases", 3, "the phases the station charges with"),
    ("stack_level", 1, "a stackLevel the station takes"),
    # --- device model, monitoring, display
    (
        "numeric_variable",
        "OCPPCommCtrlr.HeartbeatInterval",
        "a variable (Component.Variable) that can be written and is a number",
    ),
    ("message_priority", "NormalCycle", "a priority of messages the station supports"),
    ("message_format", "UTF8", "a format of messages the station supports"),
    ("message_content", "Welcome to the bench", "a text for the display, in this format"),
    ("message_display", "", "the component a display is (Display, Display@1); empty: messages name none"),
    ("message_priority2", "InFront", "another priority of messages"),
    ("message_state", "Idle", "a state messages can be for"),
    ("message_state2", "Charging", "another state of messages"),
    ("message_start_offset", 4, "how long after now a message begins that does not begin at once, in s"),
    ("message_end_offset", 5, "how long after now a message ends that has an end, in s"),
    ("message_turn", 25.0, "how long until every message that is to be seen had its turn on the display, in s"),
    ("message_said", 10.0, "how long what the station itself says to a driver may push messages aside, in s"),
    ("unsupported_message_priority", "AlwaysFront", "a priority of messages the station does not support"),
    ("unsupported_message_state", "Faulted", "a state of messages the station does not support; empty: it has all"),
    ("unsupported_message_format", "HTML", "a format of messages the station does not support"),
    ("tells_costs", True, "whether the CSMS knows what charging costs, by the energy that was used"),
    (
        "updates_tariffs",
        True,
        "whether the CSMS can be made to tell a driver another tariff while the transaction goes on",
    ),
    ("asks_for_unknown_ids", True, "whether the CSMS can be made to send ids it has not heard of"),
    ("language", "nl", "a language the station can show"),
    ("driver_language", "en", "a language the station's own messages to drivers are in"),
    ("driver_text", "Card not accepted", "part of what the station says in it to a driver whose token is Blocked"),
    (
        "unsupported_criterion",
        "Unsupported",
        "a component criterion of GetReport the station does not support; outside the enumeration if it supports all",
    ),
    # --- certificates
    (
        "certificates",
        "",
        "a folder with certificates in place of those the bench makes for every case, and where it keeps the others: csms-root.pem ...",
    ),
    (
        "exi_response",
        "gA==",
        "the exiResponse of Get15118EVCertificate, Base64; a real EV wants one that answers its request",
    ),
    ("exi_request", "gJgCEFA=", "the exiRequest of Get15118EVCertificate that the station we play passes on, Base64"),
    ("expected_exi_response", "", "the exiResponse the CSMS gives to it, Base64; empty: any that is EXI"),
    ("cert_signing_wait_minimum", 2, "SecurityCtrlr.CertSigningWaitMinimum, in s"),
    (
        "has_certificates_signed",
        True,
        "whether the CSMS has somebody sign what stations ask it for; else its operator sends the chains",
    ),
    ("new_password", "another-bench-password", "a password of HTTP Basic authentication the station is given"),
    # --- servers of the bench
    ("firmware_url", "", "where a good firmware image is; empty: the bench serves one"),
    (
        "firmware_file",
        "",
        "the file of that image, which the bench serves and signs; empty: an image for the hardware Pilotwire's station simulates",
    ),
    ("firmware_signature", "", "the signature of the image at firmware_url, Base64; the bench signs what it serves"),
    ("firmware_certificate", "", "who has signed the image at firmware_url: the certificate, PEM"),
    ("wrong_firmware_signature", "", "a signature by the same certificate of another image, Base64"),
    ("damaged_firmware_url", "", "where an image is that is signed but fails the station's own verification"),
    ("damaged_firmware_file", "", "the file of such an image, which the bench serves and signs"),
    ("damaged_firmware_signature", "", "the signature of the image at damaged_firmware_url, Base64"),
    ("firmware_offset", 4, "how long after now firmware is fetched or installed that is scheduled, in s"),
    ("firmware_download_time", 3.0, "how long the bench lets a download take that another request comes into, in s"),
    ("firmware_install_time", 3.0, "how long the installation may take while somebody charges, in s"),
    ("recovers_from_failed_update", True, "whether the station is in use again after firmware could not be installed"),
    ("reboots_before_installation", False, "whether the station reboots before it installs firmware"),
    ("bootloader_speaks_ocpp", True, "whether it is heard of between that reboot and the next"),
    ("reboots_before_activation", True, "whether the station reboots to run the firmware that was installed"),
    ("log_url", "", "where logs are uploaded to; empty: the bench takes them"),
    ("refusing_log_url", "", "where no log can be uploaded to; empty: the bench refuses them"),
    # --- logs, monitors, customers (block N)
    ("log_type", "DiagnosticsLog", "the logType where a case leaves it open"),
    ("log_retry_interval", 1, "retryInterval of an upload that fails, in s; longer than one attempt takes"),
    (
        "threshold_variable",
        "EVSE@1.Power",
        "a numeric variable that takes thresholds; Power and Current rise by charging",
    ),
    ("upper_threshold", 100.0, "an UpperThreshold of it that is exceeded"),
    ("upper_threshold_quiet", 21999.0, "an UpperThreshold of it that is not exceeded"),
    ("lower_threshold", 10.0, "a LowerThreshold of it that is dropped below"),
    ("limited_variable", "EVSE@1.Power", "a numeric variable with a maxLimit that takes thresholds"),
    ("above_limit", 1000000.0, "a value above its maxLimit"),
    ("delta_variable", "EVSE@1.Power", "a numeric variable that takes a Delta; Power and Current change by charging"),
    ("delta", 100.0, "a Delta of it that is exceeded"),
    (
        "text_variable",
        "EVSE@1.AvailabilityState",
        "a variable that is no number and takes a Delta; a state changes by a cable",
    ),
    ("text_value", "", "what text_variable is changed to, if it is no AvailabilityState"),
    ("monitor_severity", 5, "a severity of monitors, 1 to 8"),
    ("unknown_monitor_id", 123456, "the id of no monitor, where the station has none at all"),
    ("preconfigured_monitor_id", 1, "the id of a preconfigured monitor"),
    (
        "unsupported_monitoring_criterion",
        "Unsupported",
        "a monitoringCriteria of GetMonitoringReport the station does not support",
    ),
    ("unsupported_monitoring_base", "Unsupported", "a monitoringBase the station does not support"),
    ("customer_identifier", "CUSTOMER-01", "a customerIdentifier the station knows something of"),
)
"""All settings, by name."""


def setting_named(name: str) -> Setting:
    """The setting of this name. MisuseError if there is none: a case asks for something nobody can configure."""
    if name not in SETTINGS:
        raise MisuseError(f"There is no setting {name!r}.", "Use a name of conformance.settings, or add it there.")
    return SETTINGS[name]


def read_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with what was given in their place. Raises ConfigError for an unknown name or a wrong type."""
    values = {name: one.default for name, one in SETTINGS.items()}
    for name, value in given.items():
        if name not in SETTINGS:
            raise ConfigError(f"The plan has {name!r}, which is no setting.", f"Known are: {listed(SETTINGS)}.")
        values[name] = _typed(SETTINGS[name], value)
    return values


def _typed(setting: Setting, value: Any) -> Any:
    wanted = type(setting.default)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is list and isinstance(value, list):
        kind = type(setting.default[0])
        if all(type(one) is kind for one in value) and value:
            return value
    elif type(value) is wanted:
        return value
    what = f"The setting {setting.name} is {value!r}, which is not of the type it must have."
    raise ConfigError(what, f"It is {setting.what}; for example {setting.default!r}.")


def listed(names: Iterable[str]) -> str:
    """Names in order, for a sentence."""
    return ", ".join(sorted(names))
