"""Certificates as lines of evidence, as `openssl s_client -showcerts` would list them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pilotwire.pki import Certificate, key_words, words_of


def lines_of(chain: Sequence[Certificate]) -> Iterator[str]:
    """One line a certificate: its place, whose it is, who issued it."""
    for place, each in enumerate(chain):
        yield f"{place}: {words_of(each.subject)}, issued by {words_of(each.issuer)}"


def span_of(certificate: Certificate) -> str:
    """From when to when it is valid."""
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"valid from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"


def summary_of(certificate: Certificate) -> str:
    """Whose it is, its key and its time, in one line."""
    return f"{words_of(certificate.subject)}; {key_words(certificate.public_key())}; {span_of(certificate)}"
