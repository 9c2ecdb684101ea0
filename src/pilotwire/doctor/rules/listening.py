"""What a station shows of itself when it connects to the doctor: its hello, its request, its configuration, its answers."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Layer, Rule, Severity, Step, catalogue

_N, _P, _C = Step.NETWORK, Step.PROTOCOL, Step.CERTIFICATES
_FATAL, _BREACH, _NOTE = Severity.FATAL, Severity.BREACH, Severity.NOTE

# --- TLS ---------------------------------------------------------------------------------------------------------------------

NO_TLS_ON_TLS: Final = Rule(
    "hello.no-tls", _N, Layer.TLS, _FATAL,
    "Something that is no TLS comes to a port for TLS.",
    "Write wss:// in the station's URL, or let it connect to the port without TLS.",
)  # fmt: skip
VERSIONS: Final = Rule(
    "hello.tls-versions", _N, Layer.TLS, _FATAL,
    "A station offers TLS 1.2 or newer, and each version its platform asks for.",
    "Update the TLS library of the station, or switch the version on.",
    "A00.FR.313, A00.FR.416",
)  # fmt: skip
OLD_VERSIONS: Final = Rule(
    "hello.old-tls", _N, Layer.TLS, _BREACH,
    "A station does not offer TLS older than 1.2.",
    "Switch TLS 1.0, TLS 1.1 and SSL off in the station.",
    "A00.FR.314, A00.FR.417",
)  # fmt: skip
SUITES: Final = Rule(
    "hello.suites", _N, Layer.TLS, _FATAL,
    "A station offers a cipher suite that its backend takes.",
    "Switch the suites on that are named.",
    "A00.FR.319, A00.FR.422",
)  # fmt: skip
NO_SNI: Final = Rule(
    "hello.sni-missing", _N, Layer.TLS, _BREACH,
    "A station names the server it wants (SNI): load balancers route by it.",
    "Set the host name in the TLS library (SSL_set_tlsext_host_name and its like), and write a host name in the URL, not an address.",
    "RFC 6066, 3",
)  # fmt: skip
HANDSHAKE: Final = Rule(
    "hello.handshake", _N, Layer.TLS, _FATAL,
    "The TLS handshake comes to its end.",
    "Look at the alert: unknown_ca means that the station does not have the root of this server; install it.",
    "A00.FR.309",
)  # fmt: skip
NO_CERTIFICATE: Final = Rule(
    "hello.certificate-missing", _C, Layer.CHAIN, _FATAL,
    "Where security profile 3 is demanded, a station shows its certificate.",
    "Give the station its certificate (A02), and set security profile 3.",
    "A00.FR.401",
)  # fmt: skip

# --- the opening request -----------------------------------------------------------------------------------------------------

TURNED_AWAY: Final = Rule(
    "request.turned-away", _P, Layer.UPGRADE, _FATAL,
    "The request that opens the WebSocket is as OCPP-J has it: an identity at the end of the URL, a subprotocol.",
    "Set the URL without the identity and let the station append it; offer ocpp1.6, ocpp2.0.1 or ocpp2.1 as subprotocol.",
    "J16:3.1, J2:3.1",
)  # fmt: skip
VERSION: Final = Rule(
    "request.version", _P, Layer.UPGRADE, _FATAL,
    "A station offers a version of OCPP that its platform speaks.",
    "Switch the version on in the station, or take another platform.",
    "J2:3.1.2",
)  # fmt: skip
NO_CREDENTIALS: Final = Rule(
    "request.no-credentials", _P, Layer.UPGRADE, _BREACH,
    "A station shows who it is: by a password (profiles 1 and 2) or by a certificate (profile 3).",
    "Set a password (BasicAuthPassword; 1.6: AuthorizationKey), and a security profile of 1 or more.",
    "A00.FR.202, A00.FR.302",
)  # fmt: skip
USER_NAME: Final = Rule(
    "request.user-name", _P, Layer.UPGRADE, _BREACH,
    "The user name is the identity of the station.",
    "Send the identity as the user name of HTTP Basic authentication, exactly as it stands in the URL.",
    "A00.FR.204",
)  # fmt: skip
PASSWORD_LENGTH: Final = Rule(
    "request.password-length", _P, Layer.UPGRADE, _BREACH,
    "A password has 16 to 40 characters (1.6: 16 to 20 bytes).",
    "Set a longer, random one.",
    "A00.FR.205",
)  # fmt: skip

# --- answers -----------------------------------------------------------------------------------------------------------------

NO_ANSWER: Final = Rule(
    "asked.no-answer", _P, Layer.CONVERSATION, _BREACH,
    "A station answers what the backend asks.",
    "See in the station's log what it does with the call; behind NAT, see that the line is kept alive by pings.",
    "J2:4.1",
)  # fmt: skip
SLOW: Final = Rule(
    "asked.slow", _P, Layer.LINE, _NOTE,
    "A station answers a call within 3 seconds, or as its platform wants.",
    "Answer first and do the work then; look at the latency of the mobile network.",
)  # fmt: skip
UNKNOWN_ACTION: Final = Rule(
    "asked.unknown-action", _P, Layer.CONVERSATION, _BREACH,
    "An action that a station does not know is answered with the error NotImplemented.",
    "Answer unknown actions with CALLERROR NotImplemented, and go on.",
    "J16:4.2.3, J2:4.3",
)  # fmt: skip
BROKEN_CALL: Final = Rule(
    "asked.broken-call", _P, Layer.CONVERSATION, _BREACH,
    "A call with a value of the wrong type is answered with an error, not obeyed.",
    "Check each message against its schema before acting on it.",
    "FR.04, J16:4.2.3",
)  # fmt: skip
STACK_LEVELS: Final = Rule(
    "asked.stack-levels", _P, Layer.CONVERSATION, _BREACH,
    "Charging profiles are taken at each stack level up to the station's own limit, and stacked.",
    "Implement levels above 0: level 0 alone counts as a missing function. Tell the limit (ChargeProfileMaxStackLevel, ProfileStackLevel).",
    "K01.FR.05, 1.6 section 5.16",
)  # fmt: skip
SETTING: Final = Rule(
    "asked.setting", _P, Layer.CONVERSATION, _BREACH,
    "The station's configuration is as its platform asks.",
    "Set it: ChangeConfiguration (1.6), SetVariables (2.x), or the station's own page.",
)  # fmt: skip
MISSING_KEY: Final = Rule(
    "asked.key-missing", _P, Layer.CONVERSATION, _BREACH,
    "A station has the configuration keys, or variables, that the standard requires.",
    "Add them to the firmware; a certification lab reads each of them.",
    "1.6 section 9, B05",
)  # fmt: skip
NOT_DONE: Final = Rule(
    "asked.not-implemented", _P, Layer.CONVERSATION, _BREACH,
    "A station does what its platform demands.",
    "Implement the action, or take a platform that does without.",
)  # fmt: skip
NEVER_BOOTED: Final = Rule(
    "asked.never-booted", _P, Layer.BOOT, _FATAL,
    "A station sends BootNotification after it has connected for the first time.",
    "Send BootNotification first, before anything else. A station that was connected elsewhere may wait for a restart: restart it.",
    "B01.FR.01, 1.6 section 4.2",
)  # fmt: skip

RULES: Final = catalogue(rule for name, rule in sorted(globals().items()) if isinstance(rule, Rule) and name.isupper())
