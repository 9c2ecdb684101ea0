"""The pages for people, the OpenAPI description, and health."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.api_rooms import ApiRooms, api_of, client_of


class _Links(HTMLParser):
    """What a page refers to, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")
        if tag == "details":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note it."""
        if tag == "details":
            self.open.pop()


async def _page(path: str) -> tuple[str, _Links]:
    async with client_of(api_of(ApiRooms(no_auth=False))) as client:
        response = await client.get(f"http://csms{path}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    links = _Links()
    links.feed(response.text)
    return response.text, links


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_nothing_from_elsewhere(path: str) -> None:
    """They work where there is no internet."""
    text, links = await _page(path)
    assert links.links
    assert not [link for link in links.links if "//" in link]
    assert "<script" not in text
    assert "@import" not in text
    assert "url(" not in text


async def test_the_first_page_leads_on() -> None:
    """It says what this is, and every address it names exists."""
    text, links = await _page("/")
    assert "charging station management system" in text
    async with client_of(api_of(ApiRooms())) as client:
        for link in links.links:
            assert (await client.get(f"http://csms/{link}")).status_code == 200


async def test_docs_tell_every_operation() -> None:
    """All paths, and links only to shapes that are there."""
    text, links = await _page("/docs")
    for path in api_of(ApiRooms()).openapi()["paths"]:
        assert f"<code>{path}</code>" in text
    assert {link.removeprefix("#") for link in links.links if link.startswith("#")} <= links.ids
    assert links.open == []


async def test_health_needs_no_key() -> None:
    """And tells the version and how many are connected."""
    rooms = ApiRooms(no_auth=False)
    rooms.bus.connect("CS-1")
    async with client_of(api_of(rooms)) as client:
        health = await client.get("http://csms/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert health.json()["connected"] == 1
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", health.json()["version"])


def test_every_operation_is_described() -> None:
    """Summary, description, meanings of parameters, error responses, and an example for each body."""
    described = api_of(ApiRooms()).openapi()
    schemas = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert all(each.get("description") for each in operation.get("parameters", [])), where
            if path != "/health":
                assert {"401", "403", "422", "503"} <= set(operation["responses"]), where
            if path not in ("/health", "/api/v1/login"):
                assert operation["security"] == [{"bearer": []}, {"apiKey": []}], where
            if "requestBody" in operation:
                ((kind, content),) = operation["requestBody"]["content"].items()
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                assert kind == "application/octet-stream" or "example" in content or schemas[name]["examples"], where
    assert "HTTPValidationError" not in schemas
