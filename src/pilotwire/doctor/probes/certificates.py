"""The probes of the doctor's first step: the certificates of both sides."""

from __future__ import annotations

from pilotwire.doctor.examination import Probe
from pilotwire.doctor.probes.client_chain import ClientChain, ClientTrial
from pilotwire.doctor.probes.revoked import RevokedChain
from pilotwire.doctor.probes.server_chain import ServerChain
from pilotwire.doctor.probes.stapled import Stapled


def certificate_probes() -> tuple[Probe, ...]:
    """All of them: the station's files, the backend's chain, its word on the station's certificate, and revocation.

    In an examination they stand behind the probes of TLS: what these have told of a refused client certificate is not told twice.
    """
    return (ClientChain(), ServerChain(), ClientTrial(), RevokedChain(), Stapled())
