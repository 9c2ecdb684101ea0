"""SLAC, the matching of an EVSE with the vehicle at its own cable over the power line (ISO 15118-3), by the package `pyslac`.

The modem (HomePlug Green PHY) is an Ethernet interface of this machine; the frames of SLAC are its own, not IP. The driver says who is at
the cable: matching begins with `CablePlugged` (control pilot B), and with `CableUnplugged` the logical network is left. What comes of it
is told in the log; a DC outlet, where nothing charges without it, has the fault EV_COMMUNICATION_ERROR until the plug is pulled.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self

import structlog

from pilotwire.errors import ConfigError
from pilotwire.station.app import Station
from pilotwire.station.core import inputs as told
from pilotwire.station.ending import end
from pilotwire.station.hardware.ports import CablePlugged, CableUnplugged, ErrorCode, FaultCleared, FaultRaised

MATCHING_TRIES: Final = 3
"""How often a vehicle may begin before the matching has failed; it may go on trying."""
AGAIN_SECONDS: Final = 1.0
"""So long it waits for a modem that is gone."""
INIT_SECONDS: Final = 50.0
"""So long a vehicle that is plugged in has for CM_SLAC_PARM.REQ (TT_EVSE_SLAC_init: 20 to 50 s)."""
MODEM_SECONDS: Final = 15.0
"""Within these a modem takes a new network key; `pyslac` lets it settle for ten of them."""
_KEY_TRIES: Final = 3
_KEY_CONFIRMED: Final = (0x6009).to_bytes(2, "little")
"""CM_SET_KEY.CNF, where a frame has its type."""
_LOGGERS: Final = ("slac_session", "async_linux_socket", "slac_utils", "pyslac.environment")
FAILED: Final = "the vehicle is not matched over the power line (SLAC)"
_log = structlog.get_logger("pilotwire.station.slac")


def pyslac() -> Any:
    """The module `pyslac.session`. Raises ConfigError if it cannot be had.

    It sets up logging for the whole program, and logs network keys: the first is undone, the second kept quiet.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        found = importlib.import_module("pyslac.session")
    except Exception as error:  # an odd version of what it needs fails in its own ways
        raise ConfigError(
            f"SLAC needs the package pyslac, which cannot be had here: {error}.",
            'Install it: pip install "pilotwire[slac]"; on Linux only.',
        ) from error
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return found


class Slac:
    """Matches the vehicles at one EVSE. Use `async with`. Raises ConfigError from `start`: no package, no right, no modem."""

    def __init__(self, station: Station, interface: str, evse_id: int, *, modem_seconds: float = MODEM_SECONDS) -> None:
        self._station = station
        self._interface = interface
        self._evse = evse_id
        self._modem_seconds = modem_seconds
        self._package: Any = None
        self._session: Any = None
        self._plugged = asyncio.Event()
        self._unplugged = asyncio.Event()
        self._unheard: Callable[[], None] | None = None
        self._working: asyncio.Task[None] | None = None
        self._fresh = False
        self._faulted = False
        self.matched: str | None = None
        """The MAC address of the vehicle that is matched."""

    # --- life --------------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Give the modem a network key, and match from now on."""
        self._package = pyslac()
        try:
            self._renew_session()
        except PermissionError as error:
            raise ConfigError(
                f"SLAC on {self._interface} needs the right to raw sockets: {error.strerror}.",
                "Run the station as root, or give it CAP_NET_RAW (AmbientCapabilities=CAP_NET_RAW in a systemd unit).",
            ) from error
        except OSError as error:
            raise ConfigError(
                f"There is no SLAC on {self._interface}: {error}.", "Name the interface of the modem; see `ip link`."
            ) from error
        if not await self._set_key():
            await self.close()
            raise ConfigError(
                f"No modem answers on {self._interface}: CM_SET_KEY.REQ was not confirmed.",
                "Name the interface of the HomePlug Green PHY modem, and see that it is up and has its firmware.",
            )
        self._unheard = self._station.listen(self._heard)
        self._look(self._station.hardware.survey())
        self._working = asyncio.ensure_future(self._work())

    async def close(self) -> None:
        """Match no more; the modem keeps its key."""
        if self._unheard is not None:
            self._unheard()
            self._unheard = None
        if self._working is not None:
            await end((self._working,))
        self._drop_session()

    def _renew_session(self) -> None:
        """One for each vehicle: `pyslac` forgets its own MAC address when it resets a session. Raises OSError."""
        self._drop_session()
        config = self._package.Config(slac_init_timeout=INIT_SECONDS)
        self._session = self._package.SlacEvseSession(str(self._evse), self._interface, config)

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.socket.close()
            self._session = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # --- the vehicle at the cable ------------------------------------------------------------------------------------------------

    def _heard(self, thing: told.Input) -> None:
        match thing:
            case CablePlugged(evse_id=number) if number == self._evse:
                self._fresh = True
                self._unplugged.clear()
                self._plugged.set()
            case CableUnplugged(evse_id=number) if number == self._evse:
                self._plugged.clear()
                self._unplugged.set()
            case told.Started(survey=survey):
                self._look(survey)

    def _look(self, survey: Iterable[object]) -> None:
        """What the driver finds at a start."""
        if any(isinstance(one, CablePlugged) and one.evse_id == self._evse for one in survey):
            self._unplugged.clear()
            self._plugged.set()

    async def _work(self) -> None:
        while True:
            await self._plugged.wait()
            leaving = asyncio.ensure_future(self._unplugged.wait())
            matching = asyncio.ensure_future(self._match())
            try:
                await asyncio.wait((leaving, matching), return_when=asyncio.FIRST_COMPLETED)
                if matching.done():
                    await leaving
            finally:
                await end((leaving, matching))
            await self._leave()

    async def _match(self) -> None:
        """From CM_SLAC_PARM.REQ of the vehicle to CM_SLAC_MATCH.CNF, as often as it begins; the third failure in vain is told."""
        failures = 0
        while (why := await self._run()) is not None:
            failures += 1
            _log.info("a matching is begun anew", evse=self._evse, interface=self._interface, why=why)
            if failures == MATCHING_TRIES:
                self._tell_failure(why)
        self.matched = self._session.pev_mac.hex(":")
        _log.info("a vehicle is matched", evse=self._evse, interface=self._interface, vehicle=self.matched)
        self._mend()

    async def _run(self) -> str | None:
        """Why it failed; None: it did not."""
        try:
            if self._session is None:
                self._renew_session()
            await self._session.evse_slac_parm()
            await self._session.atten_charac_routine()
        except TimeoutError:
            return "it did not say what was due in time"
        except OSError as error:
            await asyncio.sleep(AGAIN_SECONDS)  # the modem is gone: that fails at once, again and again
            return str(error)
        except Exception as error:  # it reads frames of anybody on the power line
            return str(error) or type(error).__name__
        return None

    def _tell_failure(self, why: str) -> None:
        """A vehicle that was there before the station started may sleep: that is no fault."""
        _log.warning(FAILED, evse=self._evse, interface=self._interface, why=why)
        if self._fresh and next(one.dc for one in self._station.layout.evses if one.evse_id == self._evse):
            self._faulted = True
            fault = FaultRaised(self._evse, None, ErrorCode.EV_COMMUNICATION_ERROR, f"SLAC: {why}"[:50])
            self._station.happened([fault])

    def _mend(self) -> None:
        if self._faulted:
            self._faulted = False
            self._station.happened([FaultCleared(self._evse, None, ErrorCode.EV_COMMUNICATION_ERROR)])

    async def _leave(self) -> None:
        """Nobody who was here can come into the network of who comes next ([V2G3-M09-17])."""
        self.matched = None
        self._mend()
        try:
            self._renew_session()
        except OSError as error:
            _log.error("the modem is gone", evse=self._evse, interface=self._interface, why=str(error))
            return
        if not await self._set_key():
            _log.error("the modem takes no new network key", evse=self._evse, interface=self._interface)

    async def _set_key(self) -> bool:
        """A new network key; whether the modem has confirmed it. `pyslac` takes any frame for the confirmation: here it is looked at."""
        for _ in range(_KEY_TRIES):
            try:
                self._session.reset_socket()
                async with asyncio.timeout(self._modem_seconds):
                    answer: bytes = await self._session.evse_set_key()
            except (TimeoutError, OSError):
                return False
            except Exception as error:
                _log.info("a frame that is no answer of a modem", interface=self._interface, why=str(error))
                continue
            if answer[15:17] == _KEY_CONFIRMED:
                return True
        return False
