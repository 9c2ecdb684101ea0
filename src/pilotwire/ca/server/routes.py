"""The application: everything the authority answers over HTTP, and what is said when it cannot."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse

from pilotwire.ca.office import Office
from pilotwire.ca.server.est import EstRules, est_routes
from pilotwire.ca.server.limits import Rate, Refused
from pilotwire.ca.server.signer import signer_routes
from pilotwire.ca.server.status import status_routes
from pilotwire.ca.settings import ServeSettings
from pilotwire.errors import PilotwireError

_log = structlog.get_logger("pilotwire.ca")
_RETRY: dict[str, str] = {"Retry-After": "60"}


def create_app(office: Office, settings: ServeSettings) -> FastAPI:
    """The application for an office that is open."""
    app = FastAPI(title="Pilotwire PKI", docs_url=None, redoc_url=None, openapi_url=None)
    enrolments, questions = Rate(settings.rate, office.clock), Rate(settings.status_rate, office.clock)
    rules = EstRules(settings.est_user, settings.est_password, settings.est_profiles, settings.est_without_tls)
    app.include_router(status_routes(office, questions))
    app.include_router(est_routes(office, rules, enrolments))
    app.include_router(signer_routes(office, settings.signer_token, enrolments))
    _explain_errors(app)
    return app


def _explain_errors(app: FastAPI) -> None:
    """Every refusal has its status and a sentence: as `detail` in JSON for the signer, as text for the others."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return _said(request, error.status, error.what, error.headers)

    @app.exception_handler(PilotwireError)
    async def failed(request: Request, error: PilotwireError) -> Response:
        _log.error("a request could not be served", path=request.url.path, why=str(error))
        return _said(request, HTTPStatus.SERVICE_UNAVAILABLE, error.what, _RETRY)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        return _said(
            request, status, f"{request.method} {request.url.path[:200]}: {status.description or status.phrase}.", {}
        )

    app.add_exception_handler(404, not_there)  # type: ignore[arg-type]  # starlette's own, which has no sentence
    app.add_exception_handler(405, not_there)  # type: ignore[arg-type]


def _said(request: Request, status: HTTPStatus, what: str, headers: dict[str, str]) -> Response:
    if request.url.path == "/sign":
        return JSONResponse({"detail": what}, int(status), headers)
    return PlainTextResponse(f"{what}\n", int(status), headers)
