"""Settings of the station's ISO 15118 side: `pilotwire station --secc eth1`, or section `[station.secc]`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilotwire.iso15118.charging import Speaks
from pilotwire.station.settings import StationProgramSettings


@dataclass(frozen=True, slots=True)
class SeccSettings:
    """`interface`: where vehicles are. `evse_id`: of which EVSE the cable is. `speaks`: the protocols, DIN only without TLS.

    `chain`, `key`: PEM files of the SECC's certificate, where the station has none from its CSMS yet (`v2g/iso2-chain.pem`);
    `chain_20`, `key_20` for ISO 15118-20. `vehicle_roots`: PEM of roots of vehicles (-20). `tls`: "off", "on" (a vehicle that asks for none
    is answered without), "only". `port`: of TCP, 0 for any. `receipts`: see `Offer`. `plug_and_charge`, `certificates`: what is offered.
    `plain_20`: ISO 15118-20 without TLS too, which the standard forbids: for test benches.
    `pricing`: what price schedules of -20 a vehicle may choose: 0 none, 1 absolute prices, 2 price levels.
    """

    interface: str
    evse_id: int = 1
    speaks: tuple[Speaks, ...] = (Speaks.ISO20_DC, Speaks.ISO20_AC, Speaks.ISO2, Speaks.DIN)
    chain: Path | None = None
    key: Path | None = None
    chain_20: Path | None = None
    key_20: Path | None = None
    vehicle_roots: Path | None = None
    tls: str = "on"
    port: int = 0
    receipts: int = 0
    plug_and_charge: bool = True
    certificates: bool = True
    key_log: Path | None = None
    sdp_port: int = 15118
    plain_20: bool = False
    pricing: int = 0


_PRICING: Final = {"none": 0, "absolute": 1, "levels": 2}


def secc_settings(program: StationProgramSettings) -> SeccSettings | None:
    """What a person set of the SECC; None: there is to be none."""
    if program.secc is None:
        return None
    return SeccSettings(
        program.secc,
        program.secc_evse,
        chain=_path(program.secc_chain),
        key=_path(program.secc_key),
        chain_20=_path(program.secc_chain_20),
        key_20=_path(program.secc_key_20),
        vehicle_roots=_path(program.secc_vehicle_roots),
        tls=program.secc_tls,
        port=program.secc_port,
        receipts=program.secc_receipts,
        key_log=_path(program.secc_key_log),
        plain_20=program.secc_plain_20,
        pricing=_PRICING[program.secc_prices],
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
