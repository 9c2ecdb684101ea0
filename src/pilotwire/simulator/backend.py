"""The CSMS as the simulator knows it: by its REST API, like anybody else's client."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from pilotwire.errors import NotReachable, PilotwireError


class BackendRefused(PilotwireError):
    """The CSMS did not do what was asked; `status` is the HTTP status."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


class Backend:
    """A client of one CSMS. `url` as in http://127.0.0.1:8080; `key` is an API key, None for a CSMS without authentication."""

    def __init__(self, url: str, key: str | None = None) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=30.0, trust_env=False
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def put_token(self, value: str, token_type: str = "ISO14443") -> None:
        """Put an id token on record."""
        await self._ask("PUT", f"/tokens/{_in_path(value)}?type={_in_path(token_type)}", {"status": "Accepted"})

    async def install_root(self, station: str, kind: str, certificate: str) -> None:
        """Install a root certificate in a station; `kind` as in InstallCertificateUseEnumType."""
        body = {"certificateType": kind, "certificate": certificate}
        path = f"/stations/{_in_path(station)}/commands/install-certificate"
        answer = await self._ask("POST", path, body)
        if answer["status"] != "Accepted":
            raise BackendRefused(200, f"{station} did not take the {kind}: {answer['status']}.")

    async def request_start(self, station: str, id_token: str, evse: int = 1) -> None:
        """Start a transaction from afar."""
        body = {"idToken": {"idToken": id_token, "type": "ISO14443"}, "evseId": evse}
        await self._ask("POST", f"/stations/{_in_path(station)}/commands/request-start", body)

    async def request_stop(self, station: str, transaction_id: str) -> None:
        """End a transaction from afar."""
        await self._ask(
            "POST", f"/stations/{_in_path(station)}/commands/request-stop", {"transactionId": transaction_id}
        )

    async def transactions(self, station: str) -> list[dict[str, Any]]:
        """A station's transactions as booked."""
        page = await self._ask("GET", f"/transactions?station={_in_path(station)}")
        items: list[dict[str, Any]] = page["items"]
        return items

    async def transaction(self, station: str, transaction_id: str) -> dict[str, Any]:
        """One transaction with its events."""
        found: dict[str, Any] = await self._ask(
            "GET", f"/stations/{_in_path(station)}/transactions/{_in_path(transaction_id)}"
        )
        return found

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise NotReachable(f"The CSMS does not answer at {self._http.base_url}: {error}.") from None
        if answer.is_error:
            raise BackendRefused(
                answer.status_code, f"{method} {path} was answered {answer.status_code}: {answer.text[:300]}"
            )
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise BackendRefused(answer.status_code, f"{method} {path} was answered with what is no JSON.") from None


def _in_path(text: str) -> str:
    return quote(text, safe="")
