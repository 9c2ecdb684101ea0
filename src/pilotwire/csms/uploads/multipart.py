"""The file in a multipart/form-data body (N01.FR.19), taken piece by piece."""

from __future__ import annotations

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

_LONGEST_HEADERS = 16_384


class NotMultipart(Exception):
    """The body is not what its Content-Type says."""


def boundary_of(content_type: str) -> bytes | None:
    """The boundary if the type is multipart/form-data (b"" if it names none), None if it is another type."""
    kind, options = parse_options_header(content_type)
    return options.get(b"boundary", b"") if kind.lower() == b"multipart/form-data" else None


def filename_of(disposition: str | None) -> str | None:
    """The file name in a Content-Disposition header."""
    if not disposition:
        return None
    _, options = parse_options_header(disposition)
    name = options.get(b"filename")
    return None if name is None else name.decode("utf-8", "replace")


class FilePart:
    """The bytes of the first part that is a file. `name` and `content_type` as its headers say; `complete` after the last boundary."""

    def __init__(self, boundary: bytes) -> None:
        self.name: str | None = None
        self.content_type: str | None = None
        self.complete = False
        self.found = False
        self._taking = False
        self._headers: dict[str, str] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._bytes: list[bytes] = []
        if not boundary:
            raise NotMultipart("its Content-Type names no boundary.")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_field": lambda data, start, end: self._collect(self._field, data[start:end]),
                    "on_header_value": lambda data, start, end: self._collect(self._value, data[start:end]),
                    "on_header_end": self._header_ended,
                    "on_headers_finished": self._headers_ended,
                    "on_part_data": self._data,
                    "on_part_end": self._part_ended,
                    "on_end": self._ended,
                },
            )
        except MultipartParseError as error:
            raise NotMultipart(f"{error}.") from None

    def feed(self, data: bytes) -> bytes:
        """The bytes of the file in this piece of the body. Raises NotMultipart."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise NotMultipart(f"{error}.") from None
        found, self._bytes = b"".join(self._bytes), []
        return found

    def _collect(self, into: bytearray, data: bytes) -> None:
        into += data
        if len(into) > _LONGEST_HEADERS:
            raise MultipartParseError("a header is too long")

    def _header_ended(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._field, self._value = bytearray(), bytearray()

    def _headers_ended(self) -> None:
        name = filename_of(self._headers.get("content-disposition"))
        if name is not None and not self.found:
            self.found = self._taking = True
            self.name, self.content_type = name, self._headers.get("content-type")
        self._headers = {}

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._taking:
            self._bytes.append(data[start:end])

    def _part_ended(self) -> None:
        self._taking = False

    def _ended(self) -> None:
        self.complete = True
