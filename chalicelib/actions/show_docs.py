"""GET /docs, /docs/openapi.json and /info: what this server can do, for people and for tools."""

import html

from chalicelib.docs.openapi import description, text
from chalicelib.jsonapi.action import action
from chalicelib.jsonapi.context import Context
from chalicelib.jsonapi.request import Answer, plain
from chalicelib.settings import VERSION, settings


@action("GET", "/docs/openapi.json", reads_token=False)
def show_openapi(context: Context) -> Answer:
    """The API as an OpenAPI 3.1 document."""
    return Answer(200, text(context.registry), {"Content-Type": "application/json"})


@action("GET", "/info", reads_token=False)
def show_version(_context: Context) -> Answer:
    """The server's version."""
    return plain({"build": {"version": VERSION}})


@action("GET", "/", reads_token=False)
def show_start(context: Context) -> Answer:
    """The same page as /docs."""
    return show_docs(context)


@action("GET", "/docs", reads_token=False)
def show_docs(context: Context) -> Answer:
    """A plain page with every address; the machine-readable description is one link away."""
    rows = []
    for path, operations in description(context.registry)["paths"].items():
        methods = ", ".join(name.upper() for name in operations if name != "parameters")
        rows.append(f"<tr><td><code>{html.escape(path)}</code></td><td>{methods}</td></tr>")
    page = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Open Event Serverless</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        "<style>:root{color-scheme:light dark}"
        "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}"
        "td{padding:.1rem 1rem .1rem 0;overflow-wrap:anywhere}</style>"
        f"<h1>Open Event Serverless {VERSION}</h1>"
        f"<p>JSON:API. <a href='{settings().api_prefix}/docs/openapi.json'>OpenAPI document</a>.</p>"
        f"<table>{''.join(rows)}</table></html>"
    )
    return Answer(200, page, {"Content-Type": "text/html; charset=utf-8"})
