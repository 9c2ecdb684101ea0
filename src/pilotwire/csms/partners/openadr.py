"""A VTN asked by OpenADR 3 (3.0.1 and 3.1.0), as the VEN of a site, with the library `openadr3` (extra `pilotwire[openadr]`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

import httpx
import structlog

from pilotwire.clock import Clock
from pilotwire.csms.partners.openadr_file import VenSettings, read_vens
from pilotwire.csms.partners.ports import PartnerFailed
from pilotwire.domain.openadr import EventFault, UsageReport, VtnEvent, VtnSaid
from pilotwire.errors import ConfigError

if TYPE_CHECKING:
    from openadr3 import OpenADRClient

_T = TypeVar("_T")
_log = structlog.get_logger("pilotwire.csms.openadr")
_PAGE: Final = 50
"""The most objects a VTN gives at once (OpenADR 3.1.0 Definition, parameter limit)."""
_MOST_PAGES: Final = 40
_TIMEOUT: Final = 30.0
_REFUSED: Final = (400, 401, 403)
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_TOKEN_LASTS: Final = 1800.0
"""Seconds after which a new token is asked for, if the VTN has not refused the old one before."""


@dataclass(slots=True)
class _Session:
    """A client with a token, and the program, with the units of its payloads."""

    client: OpenADRClient
    program_id: str | None
    units: dict[str, str]
    until: float


class OpenAdrVtn:
    """The VTN of a site; one for each `[[ven]]`. The library's calls block, so they run in a thread."""

    def __init__(self, ven: VenSettings, clock: Clock) -> None:
        self.ven = ven
        self.token = token_urlsafe(32) if ven.callback else ""
        self._clock = clock
        self._session: _Session | None = None

    async def said(self) -> VtnSaid:
        """All its events for us. Raises PartnerFailed: then what it said before still counts."""
        return await self._called(self._events)

    async def report(self, report: UsageReport) -> None:
        """Give it a report it has asked for. Raises PartnerFailed."""
        await self._called(lambda session: self._give(session, report))

    async def _called(self, question: Callable[[_Session], _T]) -> _T:
        vtn = self.ven.vtn
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await asyncio.to_thread(self._asked, question)
        except TimeoutError:
            raise PartnerFailed(f"The VTN {vtn} did not answer in {_TIMEOUT:g} seconds.") from None
        except httpx.HTTPStatusError as error:
            raise PartnerFailed(f"The VTN {vtn} answered with the status {error.response.status_code}.") from None
        except httpx.TimeoutException:
            raise PartnerFailed(f"The VTN {vtn} did not answer in time.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PartnerFailed(f"The VTN {vtn} could not be asked: {type(error).__name__}.") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"The VTN {vtn} gave an answer that cannot be used: {type(error).__name__}."
            raise PartnerFailed(what) from None

    def _asked(self, question: Callable[[_Session], _T]) -> _T:
        """Ask with the token there is; where it is refused, once more with a new one."""
        session = self._session
        if session is not None and self._clock.monotonic() < session.until:
            try:
                return question(session)
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in (_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND):
                    raise
        self._session = session = self._opened()
        return question(session)

    def _opened(self) -> _Session:
        from openadr3 import OpenADRClient

        from pilotwire.csms.partners.openadr_events import units_of

        if self._session is not None:
            self._session.client.close()
            self._session = None
        # Without a name of ours the library tells the network address of this machine.
        client = OpenADRClient(self.ven.vtn, token=self._token(), client_type="ven", user_agent="pilotwire")
        until = self._clock.monotonic() + _TOKEN_LASTS
        session = _Session(client, None, {}, until)
        if self.ven.program:
            raw = next((one for one in _pages(client.get_programs) if self._is_ours(one)), None)
            if raw is None:
                client.close()
                what = f"The VTN {self.ven.vtn} has no program {self.ven.program!r} that this client can see."
                raise PartnerFailed(what)
            session = _Session(client, str(raw["id"]), units_of(raw.get("payloadDescriptors")), until)
        if self.token:
            self._subscribe(session)
        return session

    def _is_ours(self, program: Any) -> bool:
        return isinstance(program, dict) and self.ven.program in (program.get("id"), program.get("programName"))

    def _subscribe(self, session: _Session) -> None:
        """Have it call when an event changes, in place of what it was told before; one that does not will be asked all the same."""
        ven, client = self.ven, session.client
        url = f"{ven.callback.rstrip('/')}/openadr/{quote(ven.site, safe='')}/{ven.name}"
        try:
            for old in _pages(client.get_subscriptions, clientName=ven.ven_name):
                if any(each.get("callbackUrl") == url for each in old.get("objectOperations") or ()):
                    client.delete_subscription(str(old["id"])).raise_for_status()
            # The operations of 3.1.0 and those of 3.0.1.
            for operations in (["CREATE", "UPDATE", "DELETE"], ["POST", "PUT", "DELETE"]):
                each = {
                    "objects": ["EVENT"],
                    "operations": operations,
                    "callbackUrl": url,
                    "bearerToken": self.token,
                }
                wanted: dict[str, Any] = {"clientName": ven.ven_name, "objectOperations": [each]}
                if session.program_id is not None:
                    wanted["programID"] = session.program_id
                answer = client.create_subscription(wanted)
                if answer.status_code != _BAD_REQUEST:
                    answer.raise_for_status()
                    return
            answer.raise_for_status()
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            _log.warning("a VTN does not call when an event changes", vtn=ven.vtn, why=str(error).partition("\n")[0])

    def _token(self) -> str:
        from openadr3.auth import fetch_token

        ven = self.ven
        try:
            # A VTN of 3.0.1 has no /auth/server that tells where tokens are; there it is /auth/token.
            urls: Iterator[str | None] = iter([ven.token_url] if ven.token_url else [None, f"{ven.vtn}/auth/token"])
            for url in urls:
                try:
                    return str(fetch_token(ven.vtn, ven.client_id, ven.client_secret, list(ven.scopes), url))
                except httpx.HTTPStatusError as error:
                    if url is not None or not error.request.url.path.endswith("/auth/server"):
                        raise
        except httpx.HTTPStatusError as error:
            if error.response.status_code in _REFUSED:
                what = f"The VTN {ven.vtn} does not accept the client {ven.client_id!r} or its secret"
                raise PartnerFailed(f"{what} (status {error.response.status_code}).") from None
            raise
        raise PartnerFailed(f"The VTN {ven.vtn} tells nowhere to get a token.")

    def _events(self, session: _Session) -> VtnSaid:
        from pilotwire.csms.partners.openadr_events import NotForUs, understood

        events: list[VtnEvent] = []
        faults: list[EventFault] = []
        which = {} if session.program_id is None else {"programID": session.program_id}
        for raw in _pages(session.client.get_events, **which):
            name = str(raw.get("id", "without an id")) if isinstance(raw, dict) else "that is no object"
            try:
                events.append(understood(raw, self._clock.now(), self.ven, session.units))
            except NotForUs:
                continue
            except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
                why = f"it has no {error.args[0]}" if isinstance(error, KeyError) else str(error).splitlines()[0]
                faults.append(EventFault(event_id=name, what=f"event {name} cannot be understood: {why}"))
        return VtnSaid(events=tuple(events), faults=tuple(faults))

    def _give(self, session: _Session, report: UsageReport) -> None:
        units = "KWH" if report.payload == "USAGE" else "KW"
        period = {
            "start": report.start.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "duration": f"PT{report.seconds}S",
        }
        interval = {"id": 0, "payloads": [{"type": report.payload, "values": [float(report.value)]}]}
        # The programID is required by 3.0.1, and nothing to 3.1.0.
        data: dict[str, Any] = {
            "objectType": "REPORT",
            "programID": report.event.program_id,
            "eventID": report.event.event_id,
            "clientName": self.ven.ven_name,
            "reportName": f"{report.payload} {period['start']}",
            "payloadDescriptors": [
                {"objectType": "REPORT_PAYLOAD_DESCRIPTOR", "payloadType": report.payload, "units": units}
            ],
            "resources": [
                {
                    "resourceName": report.resource or "AGGREGATED_REPORT",
                    "intervalPeriod": period,
                    "intervals": [interval],
                }
            ],
        }
        session.client.create_report(data).raise_for_status()


def _pages(ask: Callable[..., httpx.Response], **which: Any) -> Iterator[Any]:
    """All objects of a list, page by page."""
    for page in range(_MOST_PAGES):
        response = ask(skip=page * _PAGE, limit=_PAGE, **which)
        response.raise_for_status()
        found = response.json()
        if not isinstance(found, list):
            raise ValueError("it is no list")
        yield from found
        if len(found) < _PAGE:
            return


def vtns(path: str, clock: Clock) -> tuple[OpenAdrVtn, ...]:
    """The VTNs of the file at `path`; "": none. Raises ConfigError."""
    if not path:
        return ()
    try:
        import openadr3  # noqa: F401
    except ImportError:
        raise ConfigError(
            "openadr is set, and the library that speaks OpenADR 3 is not installed.",
            "Install it: pip install 'pilotwire[openadr]'.",
        ) from None
    return tuple(OpenAdrVtn(ven, clock) for ven in read_vens(path))
