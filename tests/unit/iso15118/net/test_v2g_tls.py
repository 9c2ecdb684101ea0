"""TLS of ISO 15118-2 and -20 over real sockets: what is agreed, and in what words each wrong certificate is refused, on both sides."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1

from pilotwire.clock import ManualClock
from pilotwire.iso15118.net.client import connect
from pilotwire.iso15118.net.connection import V2gConnection
from pilotwire.iso15118.net.credentials import LAB, Credentials
from pilotwire.iso15118.net.ending import ConnectionEnded, Ending
from pilotwire.iso15118.net.hello import TLS12, TLS13, ClientHello
from pilotwire.iso15118.net.server import V2gServer
from pilotwire.iso15118.net.tls import StationContexts, StationTls, VehicleTls
from pilotwire.iso15118.v2gtp import PayloadType, frame
from tests.support.pki_forge import NOW
from tests.support.pki_houses import chain, key
from tests.support.v2g_papers import P521, papers, root
from tests.support.v2g_stage import (
    PATIENCE,
    both,
    charged,
    der,
    not_charged,
    said_in,
    station,
    vehicle2,
    vehicle20,
)

# --- what is agreed --------------------------------------------------------------------------------------------------------------


async def test_a_vehicle_of_iso_15118_2_gets_tls_12_and_shows_no_certificate() -> None:
    async with station(both()) as there:
        seen, met = await charged(there, vehicle2())
    assert (seen.tls, seen.suite, seen.curve) == ("TLSv1.2", "ECDHE-ECDSA-AES128-SHA256", "secp256r1")
    assert seen.chain == der(papers("secc"))
    assert (met.tls, met.chain) == ("TLSv1.2", ())
    assert met.hello is not None
    assert met.hello.versions == (TLS12,)


async def test_a_vehicle_of_iso_15118_20_gets_tls_13_on_the_same_port_and_shows_its_certificate() -> None:
    async with station(both()) as there:
        seen, met = await charged(there, vehicle20())
    assert (seen.tls, seen.suite, seen.curve) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384", "secp521r1")
    assert seen.chain == der(papers("secc", P521))
    assert (met.tls, met.chain) == ("TLSv1.3", der(papers("vehicle", P521)))
    assert str(met).endswith("by TLSv1.3")


async def test_a_vehicle_with_both_meets_a_station_of_iso_15118_2() -> None:
    async with station(both(iso20=None)) as there:
        seen, _ = await charged(there, vehicle20())
    assert seen.tls == "TLSv1.2"


async def test_test_benches_use_secp256r1_for_iso_15118_20_too() -> None:
    lab = both(iso20=papers("secc"), vehicle_roots=[root("oem-root")], curves=LAB)
    async with station(lab) as there:
        seen, met = await charged(there, vehicle20(vehicle=papers("vehicle"), iso2=False, curves=LAB))
    assert seen.tls == "TLSv1.3"
    assert met.chain == der(papers("vehicle"))


async def test_test_benches_may_leave_the_vehicles_certificate_out() -> None:
    async with station(both(needs_vehicle_certificate=False)) as there:
        seen, met = await charged(there, vehicle2(iso2=False, without_certificate=True))
    assert (seen.tls, met.chain) == ("TLSv1.3", ())


async def test_further_suites_of_tls_12() -> None:
    gcm = "ECDHE-ECDSA-AES128-GCM-SHA256"
    async with station(both(more_suites=gcm)) as there:
        seen, _ = await charged(there, vehicle2())
        assert seen.suite == "ECDHE-ECDSA-AES128-SHA256"
    async with station(both()) as there:
        seen, _ = await charged(there, vehicle2(more_suites=gcm))
        assert seen.suite == "ECDHE-ECDSA-AES128-SHA256"


@pytest.mark.parametrize(
    ("hello", "version", "kind"),
    [
        (ClientHello((TLS12,)), TLS12, "first"),
        (ClientHello((TLS12,), trusted_roots=(bytes(20), b"second")), TLS12, "second"),
        (ClientHello((TLS13, TLS12), trusted_roots=(b"second",)), TLS13, "second"),
        (ClientHello((TLS13,), authorities=(b"name",)), TLS13, "second"),
        (ClientHello((0x0301,)), None, ""),
        (ClientHello(()), None, ""),
    ],
)
def test_of_several_chains_that_is_shown_whose_root_the_vehicle_has(
    hello: ClientHello, version: int | None, kind: str
) -> None:
    first, second = papers("secc"), papers("secc", P521)
    assert second.root is not None
    marks = {b"second": second.root.fingerprint(SHA1()), b"name": second.root.subject.public_bytes()}
    told = replace(
        hello,
        trusted_roots=tuple(marks.get(each, each) for each in hello.trusted_roots),
        authorities=tuple(marks.get(each, each) for each in hello.authorities),
    )
    if hello.authorities:  # the names of both roots are alike in this house: only the second is offered under it
        first = papers("station")
    offer = StationContexts(both(iso2=(first, second), iso20=(first, second))).choose(told)
    assert (offer.version if offer else None) == version
    assert offer is None or offer.own is {"first": first, "second": second}[kind]


# --- wrong certificates of a station -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tls", "wrong", "said", "alert"),
    [
        pytest.param(
            both(),
            vehicle2(v2g_roots=[root("oem-root")]),
            "The station is refused, its certificate 'DC=V2G,CN=CPO sub-CA 1,.*' is not signed by any certificate",
            "unknown ca",
            id="another root",
        ),
        pytest.param(
            both(),
            vehicle2(clock=ManualClock(NOW + timedelta(days=61))),
            "The station is refused, its certificate .*DC=CPO,.* has expired",
            "certificate expired",
            id="expired",
        ),
        pytest.param(
            both(),
            vehicle2(clock=ManualClock(NOW - timedelta(days=1))),
            "The station is refused, its certificate .* is not yet valid",
            "certificate expired|bad certificate",
            id="not yet valid",
        ),
        pytest.param(
            both(iso2=Credentials(chain("secc")[:1], key("secc"))),
            vehicle2(),
            "The station is refused, its certificate .*DC=CPO,.* is not signed by any .* all sub-CAs are sent",
            "unknown ca",
            id="without sub-CAs",
        ),
        pytest.param(
            both(iso20=Credentials(chain("secc", P521)[:1], key("secc", P521))),
            vehicle20(),
            "The station is refused, its certificate .*DC=CPO,.* is not signed by any",
            "unknown ca",
            id="without sub-CAs in TLS 1.3",
        ),
    ],
)
async def test_a_vehicle_refuses_a_wrong_certificate_and_the_station_learns_why(
    tls: StationTls, wrong: VehicleTls, said: str, alert: str
) -> None:
    async with station(tls) as there:
        end = await not_charged(there, wrong)
        assert end.ending is Ending.REFUSED
        assert said_in(said, str(end))
        why = await there.refused.get()
        assert why.ending is Ending.REFUSED
        assert said_in(alert, why.alert)
        assert str(why).startswith(f"The vehicle refused the station (TLS alert {why.alert!r}: our certificate ")


@pytest.mark.parametrize(
    ("tls", "wrong", "said"),
    [
        pytest.param(
            both(iso2=papers("cps")),
            vehicle2(),
            "The domainComponent of its subject must be 'CPO', and is 'CPS'.",
            id="not of a CPO",
        ),
        pytest.param(
            both(iso20=papers("secc")),
            vehicle20(),
            "Its key is EC P-256, and ed448 or secp521r1 is wanted.",
            id="another curve",
        ),
    ],
)
async def test_a_vehicle_looks_further_than_openssl(tls: StationTls, wrong: VehicleTls, said: str) -> None:
    async with station(tls) as there:
        end = await not_charged(there, wrong)
    assert end.ending is Ending.REFUSED
    assert str(end).startswith("The station's certificate ")
    assert str(end).endswith(f" is not taken. {said}")


async def test_the_domain_of_a_station_can_be_left_unchecked() -> None:
    async with station(both(iso2=papers("cps"))) as there:
        await charged(there, vehicle2(domain=""))


# --- wrong certificates of a vehicle -----------------------------------------------------------------------------------------------


async def test_a_vehicle_of_iso_15118_20_without_a_certificate() -> None:
    async with station(both()) as there:
        end = await not_charged(there, vehicle2(iso2=False, without_certificate=True))
        assert end.alert == "certificate required"
        assert "it wants a certificate of ours, and none was sent" in str(end)
        why = await there.refused.get()
        assert (
            str(why) == "The vehicle is refused: it showed no certificate, and ISO 15118-20 wants one of the vehicle."
        )


@pytest.mark.parametrize(
    ("wrong", "said", "alert"),
    [
        (papers("secc", P521), "is not signed by any certificate that was sent or is trusted here", "unknown ca"),
        (Credentials(chain("vehicle", P521)[:1], key("vehicle", P521)), "DC=OEM,.* is not signed by any", "unknown ca"),
    ],
    ids=["another root", "without sub-CAs"],
)
async def test_a_station_refuses_a_wrong_certificate_and_the_vehicle_learns_why(
    wrong: Credentials, said: str, alert: str
) -> None:
    async with station(both()) as there:
        end = await not_charged(there, vehicle20(vehicle=wrong))
        assert (end.ending, end.alert) == (Ending.REFUSED, alert)
        why = await there.refused.get()
        assert said_in(f"The vehicle is refused, its certificate .*{said}", str(why))


async def test_a_vehicles_certificate_that_has_expired() -> None:
    late = ManualClock(NOW + timedelta(days=11 * 365))
    async with station(both(clock=late)) as there:
        end = await not_charged(there, vehicle20())
        assert end.alert == "certificate expired"
        assert "has expired" in str(await there.refused.get())


async def test_a_vehicles_certificate_on_another_curve() -> None:
    async with station(both(vehicle_roots=[root("oem-root")])) as there:
        end = await not_charged(there, vehicle20(vehicle=papers("vehicle")))
        assert end.ending is Ending.CLOSED
        why = await there.refused.get()
        assert str(why).endswith("Its key is EC P-256, and ed448 or secp521r1 is wanted.")


# --- nothing in common, no TLS, too slow ---------------------------------------------------------------------------------------------


async def test_no_version_in_common() -> None:
    async with station(both(iso2=None)) as there:
        end = await not_charged(there, vehicle2())
        assert end.alert == "protocol version"
        assert "no version of TLS in common" in str(end)
        why = await there.refused.get()
        assert str(why) == "The vehicle speaks no version of TLS that is spoken here: TLSv1.3, not 0x0303."


async def test_no_curve_in_common() -> None:
    async with station(both(curves=replace(both().curves, iso20=both().curves.iso2))) as there:
        end = await not_charged(there, vehicle20(iso2=False))
        assert end.alert == "handshake failure"
        assert "offers no curve that is taken here" in str(await there.refused.get())


async def test_a_vehicle_without_tls_on_a_port_with() -> None:
    async with station(both()) as there:
        async with await connect("::1", there.server.port) as vehicle:
            await vehicle.send(PayloadType.EXI, b"")
            with pytest.raises(ConnectionEnded):
                await vehicle.receive()
        assert "speaks V2GTP without TLS" in str(await there.refused.get())


async def test_a_vehicle_with_tls_on_a_port_without() -> None:
    async with station(None) as there:
        end = await not_charged(there, vehicle2())
    assert end.ending is Ending.DROPPED


async def test_a_station_that_answers_no_tls() -> None:
    async def answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(PayloadType.EXI, bytes(40)))

    async with asyncio.timeout(PATIENCE), await asyncio.start_server(answers, "::1") as server:
        with pytest.raises(ConnectionEnded, match="its answer is no TLS: the port may be one without"):
            await connect("::1", server.sockets[0].getsockname()[1], tls=vehicle2())


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "half a ClientHello"])
async def test_a_vehicle_that_does_not_get_on_with_tls(sent: bytes) -> None:
    async with station(both(), handshake_patience=0.1) as there:
        with socket.socket(socket.AF_INET6) as line:
            line.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(line, ("::1", there.server.port))
            await loop.sock_sendall(line, sent)
            why = await there.refused.get()
    assert (why.ending, str(why)) == (
        Ending.DROPPED,
        "The vehicle did not finish the TLS handshake within 0.1 s.",
    )


async def test_a_station_that_does_not_get_on_with_tls() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with asyncio.timeout(PATIENCE), await asyncio.start_server(silent, "::1") as server:
        with pytest.raises(ConnectionEnded, match=r"did not finish TCP and TLS within 0\.1 s"):
            await connect("::1", server.sockets[0].getsockname()[1], tls=vehicle2(), patience=0.1)


@pytest.mark.parametrize(
    ("sent", "ending", "said"),
    [
        (b"", Ending.DROPPED, "The connection was cut without TLS being closed (no close_notify)."),
        (b"\x17\x03\x03\x00\x20" + bytes(32), Ending.GARBAGE, "What the peer sent is no good TLS: "),
    ],
    ids=["cut without close_notify", "garbage after the handshake"],
)
@pytest.mark.parametrize("tls", [vehicle2(), vehicle20()], ids=["TLS 1.2", "TLS 1.3"])
async def test_tls_that_breaks(tls: VehicleTls, sent: bytes, ending: Ending, said: str) -> None:
    ends: asyncio.Queue[ConnectionEnded] = asyncio.Queue()

    async def waits(connection: V2gConnection) -> None:
        with pytest.raises(ConnectionEnded) as told:
            await connection.receive()
        ends.put_nowait(told.value)

    async with asyncio.timeout(PATIENCE), V2gServer(waits, host="::1", tls=both(), close_patience=0.1) as server:
        vehicle = await connect("::1", server.port, tls=tls)
        line = vehicle._channel._writer  # type: ignore[attr-defined]
        line.write(sent)
        line.write_eof()
        end = await ends.get()
        vehicle.abort()
    assert end.ending is ending
    assert str(end).startswith(said)


async def test_tls_that_is_closed_in_order() -> None:
    async def one(connection: V2gConnection) -> None:
        await connection.receive()

    async with asyncio.timeout(PATIENCE), V2gServer(one, host="::1", tls=both()) as server:
        vehicle = await connect("::1", server.port, tls=vehicle20())
        await vehicle.send(PayloadType.EXI, b"")
        with pytest.raises(ConnectionEnded) as told:
            await vehicle.receive()
        assert told.value.ending is Ending.CLOSED
        await vehicle.close()
