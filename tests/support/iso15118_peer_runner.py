# mypy: disable-error-code="import-not-found, misc, no-any-unimported"
"""The program of the other side: the SECC or the EVCC of the PyPI package `iso15118`, run by the Python it is installed in.

`python iso15118_peer_runner.py secc|evcc SETTINGS`; SETTINGS is JSON, `vehicle` in it the package's EVCC configuration. Everything else
is in the package's environment variables. What it does is printed as lines that begin with "@@ ", a JSON object each; the package's own
log is among them. The vehicle begins when it is told a line. Both end with their input.

Only public interfaces of the package are used: the codec, the controllers of car and station. Its simulated controllers carry no real
charging session (a station that gives 1 V when 400 V are asked for, a car that has 20 kV); here both behave as hardware does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import sys
import threading
from typing import Any

from iso15118.evcc import Config as EvccSettings
from iso15118.evcc import EVCCHandler
from iso15118.evcc.controller.simulator import SimEVController
from iso15118.evcc.evcc_config import EVCCConfig
from iso15118.secc import SECCHandler
from iso15118.secc.controller.interface import ServiceStatus
from iso15118.secc.controller.simulator import SimEVSEController
from iso15118.secc.secc_settings import Config as SeccSettings
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.iso15118_20.common_types import RationalNumber

VOLTS = 400
"""What the car asks for."""


def tell(what: str, **more: Any) -> None:
    """Print an event."""
    print("@@ " + json.dumps({"is": what, **more}), flush=True)


def named(content: str) -> tuple[str, Any]:
    """The name of a message in the codec's JSON, and what is in it."""
    ((name, inside),) = json.loads(content).items()
    if name != "V2G_Message":
        return name, inside
    ((name, body),) = inside["Body"].items()
    return name, body


class TellingCodec(ExificientEXICodec):
    """The package's codec; it tells what it has read and written."""

    def encode(self, message: str, namespace: str) -> bytes:
        """JSON to EXI, of messages and of the parts that are signed."""
        name, content = named(message)
        tell("wrote", message=name, content=content)
        stream: bytes = super().encode(message, namespace)
        return stream

    def decode(self, stream: bytes, namespace: str) -> str:
        """EXI to JSON."""
        try:
            message: str = super().decode(stream, namespace)
        except Exception as error:
            tell("unread", namespace=str(namespace), exi=bytes(stream).hex(), why=str(error))
            raise
        name, content = named(message)
        tell("read", message=name, content=content)
        return message


class EndOfSession(logging.Handler):
    """Tells the end of a session at once; the package then holds the connection open for five seconds more."""

    def emit(self, record: logging.LogRecord) -> None:
        """A line of the package's log."""
        before, found, reason = record.getMessage().partition("Reason: ")
        if found and not before:
            tell("ended", reason=reason)


class Car(SimEVController):
    """A car that is precharged as soon as it has the voltage, and measures its own battery."""

    def __init__(self, config: EVCCConfig) -> None:
        super().__init__(config)
        self.welding_detection_cycles = 2  # of 3

    async def is_precharged(self, present_voltage_evse: Any) -> bool:
        """When the station has come near the battery's voltage."""
        return abs(float(present_voltage_evse.get_decimal_value()) - VOLTS) < 20

    async def get_present_voltage(self) -> RationalNumber:
        """Of the battery."""
        return RationalNumber(exponent=0, value=VOLTS)

    async def get_target_voltage(self) -> RationalNumber:
        """The same."""
        return RationalNumber(exponent=0, value=VOLTS)

    async def get_ac_charge_loop_params_v20(self, control_mode: Any, selected_service: Any) -> Any:
        """It takes what it has planned: 10 kW."""
        found = await super().get_ac_charge_loop_params_v20(control_mode, selected_service)
        found.ev_present_active_power = RationalNumber(exponent=3, value=10)
        return found

    async def get_dc_charge_params(self) -> Any:
        """The limits of the package's car, at our voltage."""
        limits = await super().get_dc_charge_params()
        limits.dc_target_voltage.multiplier, limits.dc_target_voltage.value = 0, VOLTS
        return limits


class Rectifier(SimEVSEController):
    """A station whose output follows what the car asks for, and is gone when it stops."""

    async def set_status(self, status: ServiceStatus) -> None:
        """The package's servers are up."""
        await super().set_status(status)
        if status is ServiceStatus.READY:
            tell("ready")

    async def send_charging_command(
        self,
        ev_target_voltage: float | None,
        ev_target_current: float | None,
        is_precharge: bool = False,
        is_session_bpt: bool = False,
    ) -> None:
        """Precharge drives no current to speak of."""
        if ev_target_voltage is not None:
            self.evse_data_context.present_voltage = int(ev_target_voltage)
        if ev_target_current is not None:
            self.evse_data_context.present_current = 1 if is_precharge else int(ev_target_current)

    async def set_hlc_charging(self, is_ongoing: bool) -> None:
        """The end of charging takes the voltage away."""
        if not is_ongoing:
            self.evse_data_context.present_voltage = 1
            self.evse_data_context.present_current = 1

    async def get_dc_charge_parameters(self) -> Any:
        """A 500 V, 200 A, 100 kW station."""
        found = await super().get_dc_charge_parameters()
        for limit, multiplier, value in (
            (found.evse_maximum_voltage_limit, 0, 500),
            (found.evse_minimum_voltage_limit, 0, 150),
            (found.evse_maximum_current_limit, 0, 200),
            (found.evse_minimum_current_limit, 0, 1),
            (found.evse_maximum_power_limit, 1, 10000),
            (found.evse_peak_current_ripple, 0, 1),
        ):
            limit.multiplier, limit.value = multiplier, value
        return found

    async def get_sa_schedule_list_dinspec(self, max_schedule_entries: int | None, departure_time: int = 0) -> Any:
        """20 kW, not 200 W."""
        found = await super().get_sa_schedule_list_dinspec(max_schedule_entries, departure_time)
        for schedule in found or ():
            for entry in schedule.p_max_schedule.entry_details:
                entry.p_max = 20_000
        return found


async def secc() -> None:
    """Answer vehicles, one after another."""
    settings = SeccSettings()
    settings.load_envs()
    await SECCHandler(exi_codec=TellingCodec(), evse_controller=Rectifier(), config=settings).start(settings.iface)


async def evcc(vehicle: dict[str, Any]) -> None:
    """Charge once."""
    settings = EvccSettings()
    settings.load_envs()
    config = EVCCConfig(**vehicle)
    config.load_raw_values()
    codec = TellingCodec()
    tell("ready")
    await asyncio.to_thread(TOLD.wait)
    await EVCCHandler(evcc_config=config, iface=settings.iface, exi_codec=codec, ev_controller=Car(config)).start()


TOLD = threading.Event()


def listen() -> None:
    """Hear the word to begin, and the end of the input: whoever started this is gone."""
    for _ in sys.stdin:
        TOLD.set()
    os._exit(0)


def main(side: str, settings: dict[str, Any]) -> None:
    """Run one side until it ends, or is ended."""
    threading.Thread(target=listen, daemon=True).start()
    random.seed(settings.get("seed", 1))  # with it the simulated car decides how often it is "not ready yet"
    logging.getLogger("iso15118.shared.comm_session").addHandler(EndOfSession())
    asyncio.run(evcc(settings["vehicle"]) if side == "evcc" else secc())


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
