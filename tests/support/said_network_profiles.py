"""Network profiles as each version can say them, for hypothesis."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from pilotwire.domain import network_profiles as net
from pilotwire.domain.kinds import Command, Outcome
from pilotwire.ocpp.version import OcppVersion

Some = st.SearchStrategy
_WORDS = st.text("abcXYZ019-", min_size=1, max_size=20)
_URLS = _WORDS.map(lambda host: f"wss://{host}/ocpp")


@cache
def commands(version: OcppVersion) -> list[Some[Command]]:
    """1.6 has none; 2.0.1 names its version, 2.1 need not."""
    if version is OcppVersion.V16:
        return []
    new = version is OcppVersion.V21
    apn = st.builds(
        net.AccessPoint,
        apn=_WORDS,
        authentication=st.sampled_from(["CHAP", "NONE", "PAP", "AUTO"]),
        user_name=st.none() | _WORDS,
        password=st.none() | _WORDS,
        sim_pin=st.none() | st.integers(0, 9999),
        preferred_network=st.none() | st.just("310260"),
        use_only_preferred_network=st.none() | st.booleans(),
    )
    vpn = st.builds(
        net.PrivateNetwork,
        server=_WORDS,
        user=_WORDS,
        password=_WORDS,
        key=_WORDS,
        type=st.sampled_from(["IKEv2", "IPSec", "L2TP", "PPTP"]),
        group=st.none() | _WORDS,
    )
    versions: Some[Any] = st.sampled_from(["OCPP15", "OCPP16", "OCPP20"])
    profile = st.builds(
        net.NetworkConnectionProfile,
        csms_url=_URLS,
        interface=st.sampled_from(["Wired0", "Wireless3", *(["Any"] if new else [])]),
        message_timeout=st.integers(0, 999),
        security_profile=st.integers(0, 3),
        transport=st.sampled_from(["JSON", "SOAP"]),
        ocpp_version=versions | st.sampled_from([None, "OCPP21"]) if new else versions,
        identity=st.none() | _WORDS if new else st.none(),
        basic_auth_password=st.none() | _WORDS if new else st.none(),
        apn=st.none() | apn,
        vpn=st.none() | vpn,
    )
    return [st.builds(net.SetNetworkProfile, slot=st.integers(0, 99), profile=profile)]


def outcomes() -> Some[Outcome]:
    """Every answer."""
    return st.builds(net.SetNetworkProfileOutcome, status=st.sampled_from(net.SetNetworkProfileStatus))
