"""What a station shows before its first message: its TLS hello, its certificate, its opening request."""

from __future__ import annotations

from typing import Final

from pilotwire.doctor.findings import Chart, Layer, Severity
from pilotwire.doctor.listening.relay import Arrival
from pilotwire.doctor.profiles.profile import PlatformProfile
from pilotwire.doctor.rules import listening as rules
from pilotwire.ocpp.net.handshake import Handshake
from pilotwire.ocpp.version import OcppVersion

_GOOD: Final = ("TLSv1.2", "TLSv1.3")
_NEEDED: Final = (
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
)
"""A station has both of one of these pairs (A00.FR.319, A00.FR.422)."""
_SHORTEST, _LONGEST, _LONGEST_16 = 16, 40, 20


def judge_arrival(chart: Chart, arrival: Arrival, profile: PlatformProfile) -> None:
    """The TLS handshake; also of a station that did not come any further, and so has no name."""
    told = (f"from {arrival.remote}",)
    if arrival.hello is not None:
        _judge_hello(chart, arrival, profile)
    if arrival.trouble:
        if arrival.hello is None:
            what = "What comes to the port for TLS is no TLS."
            chart.find(rules.NO_TLS_ON_TLS, what, *told, arrival.trouble)
        else:
            chart.find(rules.HANDSHAKE, f"The TLS handshake failed: {arrival.trouble}.", *told)
        return
    chart.note(Layer.TLS, "TLS", f"{arrival.version} with {arrival.suite}")
    if not arrival.chain and profile.tls.client_certificate:
        what = "The station shows no client certificate, and the platform demands security profile 3."
        chart.find(rules.NO_CERTIFICATE, what, *told, source=profile.title)


def _judge_hello(chart: Chart, arrival: Arrival, profile: PlatformProfile) -> None:
    hello = arrival.hello
    assert hello is not None
    offered = ", ".join(hello.versions)
    chart.note(Layer.TLS, "TLS versions offered", offered)
    chart.note(Layer.TLS, "cipher suites offered", ", ".join(hello.suites))
    chart.note(Layer.TLS, "server name (SNI)", hello.sni or "none")
    good = [each for each in hello.versions if each in _GOOD]
    if not good:
        what = f"The station offers {offered} only; TLS 1.2 is the oldest that may be used."
        chart.find(rules.VERSIONS, what, f"versions: {offered}")
    elif missing := [each for each in profile.tls.versions if each not in hello.versions]:
        what = f"The station does not offer {' and '.join(missing)}, which the platform asks for."
        chart.find(rules.VERSIONS, what, f"versions: {offered}", source=profile.title)
    old = [each for each in hello.versions if each not in _GOOD]
    if good and old:
        chart.find(rules.OLD_VERSIONS, f"The station still offers {', '.join(old)}.", f"versions: {offered}")
    _judge_suites(chart, hello.suites, "TLSv1.3" in good, profile)
    if not hello.sni:
        what = "The station does not name the server it wants (SNI)."
        chart.find(rules.NO_SNI, what, severity=None if profile.tls.sni else Severity.NOTE)


def _judge_suites(chart: Chart, offered: tuple[str, ...], newest: bool, profile: PlatformProfile) -> None:
    seen = f"suites: {', '.join(offered)}"
    if profile.tls.suites and not set(profile.tls.suites) & set(offered):
        what = f"The station offers none of the cipher suites the platform takes: {', '.join(profile.tls.suites)}."
        chart.find(rules.SUITES, what, seen, source=profile.title)
    elif not any(set(pair) <= set(offered) for pair in _NEEDED):
        what = f"The station offers neither {' and '.join(_NEEDED[0])}, nor {' and '.join(_NEEDED[1])}."
        chart.find(rules.SUITES, what, seen, severity=Severity.NOTE if newest else Severity.BREACH)


def judge_request(chart: Chart, request: Handshake, arrival: Arrival | None, profile: PlatformProfile) -> None:
    """The opening request of a station that came in."""
    seen = f"GET {request.path} from {request.remote if arrival is None else arrival.remote}"
    chart.note(Layer.UPGRADE, "opening request", seen)
    chart.note(Layer.UPGRADE, "subprotocols offered", ", ".join(request.offered) or "none")
    if demanded := profile.protocol.versions:
        wanted = [OcppVersion(each).subprotocol for each in demanded]
        if not set(wanted) & set(request.offered):
            what = f"The station offers {', '.join(request.offered)}, and the platform speaks {', '.join(wanted)}."
            chart.find(rules.VERSION, what, seen, source=profile.title)
    if arrival is None and (profile.tls.versions or profile.tls.client_certificate):
        chart.skip("Is its TLS as the platform demands?", "It came without TLS: listen with --certificate and --key.")
    _judge_credentials(chart, request, arrival, seen)


def _judge_credentials(chart: Chart, request: Handshake, arrival: Arrival | None, seen: str) -> None:
    shown = arrival is not None and bool(arrival.chain)
    if request.password is None:
        if not shown:
            chart.find(rules.NO_CREDENTIALS, "The station shows neither a password nor a certificate.", seen)
        chart.note(Layer.UPGRADE, "security profile", 3 if shown else 0)
        return
    chart.note(Layer.UPGRADE, "security profile", 3 if shown else 2 if arrival is not None else 1)
    if request.username != request.identity:
        what = f"The user name is {request.username!r}, and the identity in the URL {request.identity!r}."
        chart.find(rules.USER_NAME, what, seen)
    longest = _LONGEST_16 if request.version is OcppVersion.V16 else _LONGEST
    length = len(request.password)
    if not _SHORTEST <= length <= longest and not (length == 40 and request.version is OcppVersion.V16):
        what = f"The password has {length} characters; {_SHORTEST} to {longest} are right."
        chart.find(rules.PASSWORD_LENGTH, what, seen)
