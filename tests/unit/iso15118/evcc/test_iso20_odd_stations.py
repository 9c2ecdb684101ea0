"""A vehicle of ISO 15118-20 at stations that say whatever their schema allows: nothing of it raises, and what follows can be sent."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest

from pilotwire.iso15118.charging import Control, Identification, Transfer
from pilotwire.iso15118.evcc.iso20.table import TABLE, main_stream, response_to
from pilotwire.iso15118.iso20 import ac, dc
from pilotwire.iso15118.iso20 import common_messages as cm
from pilotwire.iso15118.iso20.common_types import V2GResponse
from tests.support.exi_instances import Impossible, Maker
from tests.support.iso15118_ev_fake import FakeWallet
from tests.support.iso15118_station20 import METER, Ev20, Station20, ac_or_dc, notifies, offers, serves
from tests.support.pki_forge import DAY, NOW
from tests.support.v2g_credentials import contract_credential, oem_credential, v2g_root

SEEDS = range(6)
PLACES = [
    (transfer, cls)
    for transfer, own in ((Transfer.AC, ac.AC), (Transfer.DC, dc.DC))
    for cls in TABLE
    if cls.xsd.namespace.uri in (cm.COMMON_MESSAGES.uri, own.uri) and cls is not cm.SessionSetupRes
]
MOST_STEPS = 30
PNC, EIM = Identification.PNC, Identification.EIM


def odd(station: Station20, chance: Random) -> V2GResponse:
    """Some response of the kind that is due; half of the time a good one, so that the session gets on."""
    good = station.good()
    if chance.randrange(2):
        return good
    cls = response_to(type(station.last))
    try:
        made: Any = Maker(main_stream(cls)[0], chance).make(cls)
    except Impossible:
        return good
    code = made.response_code
    kept = code if not code.startswith("FAILED") else good.response_code
    return msgspec.structs.replace(made, header=station.header(), response_code=kept)  # type: ignore[no-any-return]


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_station_says(transfer: Transfer, seed: int) -> None:
    chance = Random(f"{transfer} {seed}")
    ev = Ev20(identification=(PNC, EIM), value_added=(65,), install=bool(seed % 2), loops=3, watts=5_000.0)
    wallet = FakeWallet([contract_credential()], oem_credential(), (v2g_root(),))
    control = Control.DYNAMIC if chance.randrange(2) else Control.SCHEDULED
    station = Station20(transfer, control, ev=ev, wallet=wallet, now=NOW + DAY)
    station.answers[cm.AuthorizationSetupRes] = [offers("PnC", "EIM", certificates=True)]
    station.answers[cm.ServiceDiscoveryRes] = [serves(transfer, added=(65,), renegotiable=True)]
    request = station.starts()
    for _ in range(MOST_STEPS):
        known = response_to(type(request)) in station.answers
        request = station.answer() if known else station.says(odd(station, chance))
        if request is None:
            assert station.session.over is not None
            break
    assert all(each.endswith((".", ")")) for each in (*station.session.findings, *station.session.remarks))


@pytest.mark.parametrize(("transfer", "state"), PLACES)
def test_whatever_a_station_says_first_in_a_state(transfer: Transfer, state: type[V2GResponse]) -> None:
    for seed in SEEDS:
        station = Station20(transfer, ev=Ev20(loops=9, install=True, identification=(EIM,)), now=NOW + DAY)
        if state in (cm.CertificateInstallationRes, cm.MeteringConfirmationRes):
            station.ev.identification = (PNC,)
            station.wallet.own, station.wallet.oem = [contract_credential()], oem_credential()
            station.wallet.v2g = (v2g_root(),) if state is cm.CertificateInstallationRes else ()
            station.answers[cm.AuthorizationSetupRes] = [offers("PnC", certificates=True)]
            station.answers[ac_or_dc(transfer)] = [notifies("MeteringConfirmation")]
        station.until(state)
        made: Any = Maker(main_stream(state)[0], Random(seed), longest=4).make(state)
        station.says(msgspec.structs.replace(made, header=station.header(), response_code="OK"))
        assert station.session.state


@pytest.mark.parametrize("told", [253_402_300_799, 253_402_300_800, 2**63, None])
def test_a_meter_whose_clock_is_wrong(told: int | None) -> None:
    station = Station20()
    station.answers[ac.AC_ChargeLoopRes] = [{"meter_info": msgspec.structs.replace(METER, meter_timestamp=told)}]
    station.until(ac.AC_ChargeLoopRes)
    station.answer()
    meter = station.ev.heard[-1].meter
    assert meter is not None
    latest = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert meter.at == (latest if told == 253_402_300_799 else datetime(1970, 1, 1, tzinfo=UTC))
