"""HTTP/1.1 as far as the doctor needs it: the head of an answer and the beginning of its body, read without trusting it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

MOST_HEAD: Final = 65_536
"""Bytes a head may have."""
BODY_SHOWN: Final = 200
_STATUS_LINE: Final = re.compile(rb"HTTP/(\d\.\d) (\d{3})(?: ([^\r\n]*))?\r?$")


class NotHttp(Exception):
    """What came is no answer of HTTP/1.x; `seen` is its beginning."""

    def __init__(self, seen: bytes) -> None:
        super().__init__("no HTTP/1.x")
        self.seen = seen


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer. `headers` have lower-case names, in their order; `rest` is what came behind the head, `version` such as `1.1`."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    rest: bytes = b""
    version: str = "1.1"

    def header(self, name: str) -> str:
        """All values of a header, joined with commas; "" without."""
        return ", ".join(value for each, value in self.headers if each == name)

    def tokens(self, name: str) -> tuple[str, ...]:
        """The values of a header that is a list."""
        return tuple(part.strip() for part in self.header(name).split(",") if part.strip())

    @property
    def is_page(self) -> bool:
        """Whether it is a page for a browser."""
        return "html" in self.header("content-type").lower() or self.rest.lstrip()[:15].lower().startswith(
            (b"<!doctype html", b"<html")
        )

    @property
    def words(self) -> str:
        """What the body says, in a line for people; of a page its title."""
        text = self.rest.decode("utf-8", "replace")
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        if title is not None:
            text = title.group(1)
        plain = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
        return "".join(each if each.isprintable() else "?" for each in plain)[:BODY_SHOWN]

    @property
    def line(self) -> str:
        """`HTTP/1.1 404 Not Found`."""
        return f"HTTP/{self.version} {self.status} {self.reason}".rstrip()


def head_ends(data: bytes) -> int | None:
    """Where the body begins; None if the head is not whole yet."""
    found = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    return min(found, default=None)


def may_be_http(data: bytes) -> bool:
    """Whether bytes can be the beginning of an answer."""
    return data[:5] == b"HTTP/"[: len(data)]


def read_answer(data: bytes) -> HttpAnswer:
    """An answer whose head is whole. Raises NotHttp."""
    end = head_ends(data)
    if end is None or not may_be_http(data):
        raise NotHttp(data[:60])
    first, *lines = data[:end].rstrip(b"\r\n").split(b"\n")
    matched = _STATUS_LINE.match(first)
    if matched is None:
        raise NotHttp(data[:60])
    version, status, reason = matched.groups()
    headers = tuple(_header(line) for line in lines if b":" in line)
    return HttpAnswer(int(status), (reason or b"").decode("latin-1").strip(), headers, data[end:], version.decode())


def content_length(answer: HttpAnswer) -> int:
    """How many bytes of a body are announced; 0 if none, or if that is no number."""
    told = answer.header("content-length")
    return int(told) if told.isascii() and told.isdigit() else 0


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode("latin-1").partition(":")
    return name.strip().lower(), value.strip()
