"""The questions from the name up to the idle line, in the order in which a docking comes to them.

They make some 20 to 40 short connections to the backend; 2 to 9 of them (`upgrade`, `idle_line`) name the station. While these last, the
real station of that identity may lose its connection: ask when it is not charging, or with the identity of a station made for the purpose.
"""

from __future__ import annotations

from pilotwire.doctor.examination import Probe
from pilotwire.doctor.probes.addresses import Addresses, OwnAddress, own_address
from pilotwire.doctor.probes.alpn import Alpn
from pilotwire.doctor.probes.idle_line import IdleLine
from pilotwire.doctor.probes.names import Names, Resolver, system_resolver
from pilotwire.doctor.probes.ports import Ports
from pilotwire.doctor.probes.proxy import Proxy
from pilotwire.doctor.probes.sni import Sni
from pilotwire.doctor.probes.tls_offer import TlsOffer
from pilotwire.doctor.probes.upgrade import Upgrade


def network_probes(resolver: Resolver = system_resolver, own: OwnAddress = own_address) -> tuple[Probe, ...]:
    """All probes of this step. `resolver` and `own` take the place of the machine's, for tests and for other networks."""
    return (Names(resolver), Addresses(own), Ports(), Proxy(), TlsOffer(), Sni(), Alpn(), Upgrade(), IdleLine())
