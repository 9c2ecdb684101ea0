"""A CSMS whose TLS files the authority delivers: it shows the renewed certificate from the next handshake on, without a restart."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from cryptography import x509

from pilotwire.ca.enrolling import Wanted, issue_with_key
from pilotwire.ca.handing import write_authorities
from pilotwire.ca.renewing import Renewals, renew
from pilotwire.csms.app import Csms
from tests.support.pki_world import an_office
from tests.support.raw_station import settings


async def shown_by(port: int, roots: Path) -> x509.Certificate:
    """The certificate a station sees, whose chain and host it checks."""
    context = ssl.create_default_context(cafile=str(roots))
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    seen = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(seen)


async def test_a_csms_takes_what_is_renewed_by_itself(tmp_path: Path) -> None:
    deliver = tmp_path / "deliver"
    with an_office(tmp_path / "ca") as office:
        roots = write_authorities(office) / "csms-root.pem"
        first, _ = issue_with_key(office, Wanted("csms-server", "localhost"), "me", keep_as="csms")
        service = Renewals(office, 30, deliver)
        assert service.once() == []
        files = {"tls_certificate": (str(deliver / "csms.pem"),), "tls_key": (str(deliver / "csms-key.pem"),)}
        async with Csms(settings(no_auth=True, tls_port=0, **files)) as csms:
            port = csms.gateway.tls_port
            assert port is not None
            assert await shown_by(port, roots) == first.certificate
            second = renew(office, first, "me", days=500)
            service.deliver_now()
            assert await shown_by(port, roots) == second.certificate
