"""Two pages for people with a browser: what this is, and what the API can do.

`/docs` is made from the OpenAPI description here, with nothing loaded from elsewhere: a CSMS often stands where there is no internet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2rem; text-transform: capitalize; font-size: 1.2rem; }
details { border: 1px solid #8884; border-radius: .4rem; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; } code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow: auto; background: #8882; padding: .6rem; border-radius: .4rem; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
.get { color: #0a7a3d; } .post { color: #b06000; } .put { color: #2060c0; } .delete { color: #c02020; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )


@router.get("/", response_class=HTMLResponse)
async def root(request: Request) -> str:
    """What this is and where to look."""
    version = escape(request.app.version)
    return _page(
        "Pilotwire CSMS",
        f"<h1>Pilotwire CSMS</h1><p>This is the HTTP side of a charging station management system (Pilotwire {version}). "
        "Charging stations connect to its OCPP port, not here.</p>"
        '<ul><li><a href="docs">What the API can do</a></li><li><a href="openapi.json">The same as OpenAPI</a></li>'
        '<li><a href="health">Whether it is well</a></li></ul>',
    )


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> str:
    """What the API can do."""
    api: FastAPI = request.app
    described = api.openapi()
    return _page("Pilotwire API", "".join(_document(described)))


def _document(described: Mapping[str, Any]) -> Iterator[str]:
    yield "<h1>Pilotwire API</h1>"
    for paragraph in described["info"]["description"].strip().split("\n\n"):
        yield f"<p>{_text(paragraph)}</p>"
    yield '<p>For programs: <a href="openapi.json">openapi.json</a>. Try it with <code>curl -H "Authorization: Bearer $KEY"</code>.</p>'
    schemas = described["components"]["schemas"]
    for tag, operations in _by_tag(described).items():
        yield f"<h2>{escape(tag)}</h2>"
        for method, path, operation in operations:
            yield from _operation(method, path, operation, schemas)
    yield "<h2>Shapes</h2>"
    for name, schema in sorted(schemas.items()):
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_code(schema)}</details>'


def _by_tag(described: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    tags: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][-1], []).append((method, path, operation))
    return tags


def _operation(method: str, path: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f'<details><summary><span class="method {method}">{method.upper()}</span> <code>{escape(path)}</code> '
        f"{escape(operation['summary'])}</summary><p>{_text(operation.get('description', ''))}</p>"
    )
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>parameter<th>in<th>meaning</tr>" + "".join(map(_parameter, parameters)) + "</table>"
    if body := operation.get("requestBody"):
        yield f"<p>Body:</p>{_content(body['content'], schemas)}"
    for status, response in operation["responses"].items():
        yield f"<p><b>{escape(str(status))}</b> {_text(response['description'])}</p>"
        if int(status) < 300 and "content" in response:
            yield _content(response["content"], schemas)
    yield "</details>"


def _parameter(parameter: Mapping[str, Any]) -> str:
    needed = " (needed)" if parameter.get("required") else ""
    meaning = _text(parameter.get("description", parameter["schema"].get("description", "")))
    name, where = escape(parameter["name"]), escape(parameter["in"])
    return f"<tr><td><code>{name}</code>{needed}<td>{where}<td>{meaning}</tr>"


def _content(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    return "".join(
        f"<p><code>{escape(media)}</code> {_shape(each.get('schema', {}))}</p>{_example(each, schemas)}"
        for media, each in content.items()
    )


def _shape(schema: Mapping[str, Any]) -> str:
    reference = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
    name = escape(reference.rpartition("/")[2])
    many = "a list of " if "items" in schema else ""
    return f'{many}<a href="#{name}">{name}</a>' if name else ""


def _example(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    examples = schemas.get(name, {}).get("examples", [])
    example = content.get("example", examples[0] if examples else None)
    return "" if example is None else f"<pre>{escape(example)}</pre>" if isinstance(example, str) else _code(example)


def _code(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(text: str) -> str:
    """A sentence with its `code` marked."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
