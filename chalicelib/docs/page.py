"""The page at /docs: its HTML and its static files.

The HTML has the navigation and the list of all resource types; a script searches in data.json, and fetches
the details of a resource type or of a topic of actions when it shows them. The URLs of the files contain a
content hash, so that browsers cache them until a file changes.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from chalicelib.docs import page_data
from chalicelib.docs.everything import about_noun
from chalicelib.docs.prerendered import Maker, prerendered
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.resource import Registry
from chalicelib.settings import VERSION

_STATIC: Final = Path(__file__).parent / "static"
# The script's modules, in the order of their imports; served as one.
_PARTS: Final = (
    "elements",
    "json",
    "words",
    "parts",
    "search",
    "token",
    "operations",
    "request",
    "noun",
    "page",
)
_IMPORT: Final = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=const|function|async)", re.MULTILINE)
_MARK: Final = "mark-of-all-files"  # stands for it in the prerendered page
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_HARMLESS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)


def page(request: Request, registry: Registry) -> Answer:
    """The page itself; revalidated by browsers each time."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": _POLICY,
        **_HARMLESS,
    }
    answer = unless_known(request, Answer(200, _html(registry), headers))
    # A browser applies the headers of a 304 to the cached page.
    answer.headers = {**headers, **answer.headers}
    return answer


def file(request: Request, registry: Registry, name: str) -> Answer:
    """A static file, cached forever if requested with the current hash. Raises Problem 404."""
    makers: dict[str, tuple[str, Maker]] = {
        "data.json": ("application/json", page_data.text),
        "page.css": ("text/css; charset=utf-8", _style),
        "page.js": ("text/javascript; charset=utf-8", _script),
    }
    if name not in makers:
        raise not_found()
    media_type, make = makers[name]
    return _kept(request, registry, make(registry), media_type)


def details(request: Request, registry: Registry, name: str) -> Answer:
    """A file of details, such as nouns/event.json, cached like a static file. Raises Problem 404."""
    text = page_data.details(registry).get(name)
    if text is None:
        raise not_found()
    return _kept(request, registry, text, "application/json")


def _kept(request: Request, registry: Registry, text: str, media_type: str) -> Answer:
    answer = unless_known(request, Answer(200, text, {"Content-Type": media_type, **_HARMLESS}))
    marked = request.parameter("v") == _mark(registry)
    if marked:
        answer.headers["Cache-Control"] = _FOR_GOOD
    return answer


@cache
def _html(registry: Registry) -> str:
    return _without_mark(registry).replace(_MARK, _mark(registry))


@prerendered("page.html")
def _without_mark(registry: Registry) -> str:
    areas = page_data.areas(registry)
    prefix = escape(page_data.path_prefix())
    return Template((_STATIC / "page.html").read_text(encoding="utf-8")).substitute(
        prefix=prefix,
        docs=f"{prefix}/docs",
        mark=_MARK,
        version=escape(VERSION),
        nouns=sum(len(area["nouns"]) for area in areas),
        areas=len(areas),
        navigation=_navigation(areas, [topic for topic, _ in page_data.topics()]),
        overview="\n".join(_area(area, registry) for area in areas),
    )


@cache
def _mark(registry: Registry) -> str:
    """A hash of all files."""
    texts = (_style(registry), _script(registry), page_data.text(registry), page_data.all_details(registry))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


@cache
def _style(_registry: Registry) -> str:
    return (_STATIC / "page.css").read_text(encoding="utf-8")


@cache
def _script(_registry: Registry) -> str:
    """All modules in one file: one request is faster than ten, from cold functions."""
    parts = ((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in _PARTS)
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


def _navigation(areas: Iterable[dict[str, Any]], topics: Iterable[dict[str, str]]) -> str:
    groups = [
        _group(area["title"], ((f"#/{noun}", noun) for noun in area["nouns"]), is_open=True) for area in areas
    ]
    actions = ((f"#/action/{topic['name']}", topic["title"]) for topic in topics)
    return "\n".join([*groups, _group("Actions", actions, is_open=True)])


def _group(title: str, links: Iterable[tuple[str, str]], *, is_open: bool) -> str:
    items = "".join(f'<li><a href="{escape(href)}">{escape(text)}</a></li>' for href, text in links)
    return f"<details{' open' * is_open}><summary>{escape(title)}</summary><ul>{items}</ul></details>"


def _area(area: dict[str, Any], registry: Registry) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#/{escape(noun)}">{escape(noun)}</a></th>'
        f"<td>{escape(about_noun(registry[noun]))}</td></tr>"
        for noun in area["nouns"]
    )
    said = area["about"].removeprefix(area["title"])
    space = " " if said == area["about"] else ""
    caption = f"{escape(area['title'])}{space}<span>{escape(said)}</span>"
    return f'<table class="overview"><caption>{caption}</caption><tbody>{rows}</tbody></table>'
