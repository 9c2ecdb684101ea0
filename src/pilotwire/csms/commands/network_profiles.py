"""Network profiles of stations: their slots, and the order in which they are tried (B09, B10)."""

from __future__ import annotations

from pilotwire.csms.commands.commander import Commander
from pilotwire.csms.commands.provisioning import get_variables, set_variables
from pilotwire.csms.registers.device_model import VARIABLES, known_value
from pilotwire.csms.registers.station_conditions import CONDITIONS
from pilotwire.csms.store.ports import Store
from pilotwire.domain.device_model import (
    SetVariableStatus,
    VariableName,
    VariableQuery,
    VariableSetting,
    key_of,
)
from pilotwire.domain.kinds import changed
from pilotwire.domain.network_profiles import (
    NetworkConnectionProfile,
    SetNetworkProfile,
    SetNetworkProfileOutcome,
    flaw_of,
    priority_of,
    slots_of,
)
from pilotwire.errors import PilotwireError

PRIORITY = VariableName(component="OCPPCommCtrlr", variable="NetworkConfigurationPriority")
SECURITY_PROFILE = VariableName(component="SecurityCtrlr", variable="SecurityProfile")
_DOWNGRADE = VariableName(component="SecurityCtrlr", variable="AllowSecurityProfileDowngrade")
_NAMES_ITS_VERSION = "2.0.1"
_OCPP_201 = "OCPP20"


async def set_profile(
    commander: Commander, store: Store, station: str, slot: int, profile: NetworkConnectionProfile
) -> SetNetworkProfileOutcome:
    """Put a profile into a slot (B09). Raises PilotwireError for one that the station must refuse, as far as that is known here, and
    what `Commander.ask` raises."""
    version = next((each.version for each in commander.bus.connected() if each.station == station), None)
    if profile.ocpp_version is None and version == _NAMES_ITS_VERSION:
        profile = changed(profile, ocpp_version=_OCPP_201)
    command = SetNetworkProfile(slot=slot, profile=profile)
    flaw = flaw_of(
        command,
        security_profile=await current_profile(store, station),
        slots=await slots(store, station),
        may_go_down=(await known_value(store, station, _DOWNGRADE) or "").casefold() == "true",
    )
    if flaw is not None:
        raise PilotwireError(f"station {station!r} cannot take this network profile: {flaw}.", "Nothing was sent.")
    return await commander.ask(station, command, SetNetworkProfileOutcome)


async def set_priority(commander: Commander, store: Store, station: str, order: tuple[int, ...]) -> SetVariableStatus:
    """Say in which order a station tries its slots (B10): it does so after it has rebooted."""
    setting = VariableSetting(name=PRIORITY, value=priority_of(order))
    outcome = await set_variables(commander, store, station, [setting])
    return outcome.results[0].status if outcome.results else SetVariableStatus.REJECTED


async def current_profile(store: Store, station: str) -> int | None:
    """The security profile a station has: the highest of what it told and what it has connected with; None if that is not known."""
    told = slots_of(await known_value(store, station, SECURITY_PROFILE))
    conditions = await store.record(CONDITIONS, station, "")
    lowest = conditions.security_profile if conditions is not None else None
    known = [each for each in (*told[:1], lowest) if each is not None]
    return max(known) if known else None


async def slots(store: Store, station: str) -> tuple[int, ...]:
    """The slots a station has, as its NetworkConfigurationPriority tells in its list of values (B09.FR.05); () if it has not."""
    known = await store.record(VARIABLES, station, key_of(PRIORITY))
    told = known.characteristics if known is not None else None
    return slots_of(told.values_list) if told is not None else ()


async def read_network(commander: Commander, store: Store, station: str) -> str | None:
    """Ask a 2.x station for its security profile and the order of its slots; gives the order."""
    await get_variables(commander, store, station, [VariableQuery(name=SECURITY_PROFILE), VariableQuery(name=PRIORITY)])
    return await known_value(store, station, PRIORITY)
