"""TLS handshakes as the tester sees them: why one failed and who ended it, and what was agreed in one that did not."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Literal

By = Literal["station", "tester"]
OnFailure = Callable[[str, By], None]
"""Hears why a handshake failed, in words, and who ended it."""


def observed(context: ssl.SSLContext, on_failure: OnFailure) -> ssl.SSLContext:
    """The same context; `on_failure` hears of handshakes of its that failed, and connections know the server name they were asked for."""

    class Observed(ssl.SSLObject):
        """Tells why a handshake failed before the connection is cut, also where the other side just leaves."""

        _over = False
        greeted = False
        asked_for: str | None = None

        def do_handshake(self) -> None:
            """Go on with the handshake."""
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                if self._over:  # it was told already, and the other side has not left for all that
                    raise
                self._over = True
                by: By = "station" if "ALERT" in (error.reason or "") else "tester"
                on_failure((error.reason or str(error)).replace("_", " ").lower(), by)
                if by == "tester":
                    # The event loop cuts a failed connection before our alert is out; when it is to read on, it writes first.
                    raise ssl.SSLWantReadError from None
                raise
            self._over = True

        def __del__(self) -> None:
            """The library lets go of a handshake that was left in the middle without a word; who has not even begun one does not count."""
            if self.greeted and not self._over:
                on_failure("the other side left in the middle of it", "station")

    def asked(line: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        if isinstance(line, Observed):
            line.greeted, line.asked_for = True, name

    context.sslobject_class = Observed
    context.sni_callback = asked
    return context


def agreed(tls: ssl.SSLObject | None) -> dict[str, Any]:
    """What was agreed in a handshake: `tls_version`, `cipher`, `compression`, `ciphers`, `server_name`; {} without TLS.

    `ciphers` are those both sides have, `server_name` is what the station asked for (SNI).
    """
    if tls is None:
        return {}
    cipher = tls.cipher()
    return {
        "tls_version": tls.version(),
        "cipher": None if cipher is None else cipher[0],
        "compression": tls.compression(),
        "ciphers": [name for name, _, _ in tls.shared_ciphers() or []],
        "server_name": getattr(tls, "asked_for", None),
    }
