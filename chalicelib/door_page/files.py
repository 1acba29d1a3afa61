"""Static file serving for the pages at /door, with their Content-Security-Policy and a service worker.

The worker keeps all files, so that the pages open without network. It contains a hash of them: when a file
changes, so does the worker, and browsers fetch everything again.
"""

import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.settings import settings

_STATIC: Final = Path(__file__).parent / "static"
_WORKER: Final = "worker.js"
_MANIFESTS: Final = ("manifest.webmanifest", "leads.webmanifest")
# The HTML of each page by the last part of its address; "" is /door itself.
PAGES: Final = {
    "": "door.html",
    "overview": "overview.html",
    "devices": "devices.html",
    "leads": "leads.html",
}
# What the pages fetch, besides themselves.
FILES: Final = (
    *("door.css", "overview.css", "devices.css", "leads.css", "texts.json", *_MANIFESTS),
    *("door.js", "door-core.js", "door-list.js", "door-gate.js", "door-store.js", "door-codes.js"),
    "door-requests.js",
    *("alone.js", "scanner.js", "verdict.js", "keyboard.js", "feedback.js", "elements.js"),
    *("leads.js", "leads-core.js", "words.js", "account.js", "overview.js", "charts.js", "devices.js"),
    *("qr/index.js", "qr/decode.js"),
    *("icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"),
)
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types door",
    )
)
_SAFE: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def page(request: Request, name: str) -> Answer:
    """One of the pages; browsers revalidate it each time. Raises Problem 404."""
    if name not in PAGES:
        raise not_found()
    headers = {
        "Content-Type": _MEDIA_TYPES["html"],
        "Content-Security-Policy": _POLICY,
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        **_SAFE,
    }
    return _kept(request, _text(PAGES[name]), headers)


def file(request: Request, name: str) -> Answer:
    """A page or a file of them by its name below /door. Raises Problem 404."""
    if name in PAGES:
        return page(request, name)
    if name not in FILES and name != _WORKER:
        raise not_found()
    headers = {"Content-Type": _MEDIA_TYPES[name.rpartition(".")[2]], **_SAFE}
    if name.endswith(".png"):
        answer = _kept(request, (_STATIC / name).read_bytes(), headers)
        answer.binary = answer.status == 200
        return answer
    if name == _WORKER:
        headers["Service-Worker-Allowed"] = f"{_prefix()}/door"
        headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return _kept(request, _text(name), headers)


def _kept(request: Request, body: str | bytes, headers: dict[str, str]) -> Answer:
    answer = unless_known(request, Answer(200, body, headers))
    # A browser applies the headers of a 304 to what it has.
    answer.headers = {**headers, **answer.headers}
    return answer


@cache
def _text(name: str) -> str:
    text = (_STATIC / name).read_text(encoding="utf-8")
    if name.endswith((".html", ".webmanifest")):
        return Template(text).substitute(door=f"{_prefix()}/door")
    if name == _WORKER:
        addresses = [f"{_prefix()}/door{'/' * bool(page)}{page}" for page in PAGES]
        addresses += [f"{_prefix()}/door/{file}" for file in FILES]
        return text.replace("MARK_OF_ALL_FILES", _mark()).replace("ALL_FILES", "\n".join(addresses))
    return text


@cache
def _mark() -> str:
    """A hash of all files."""
    known = hashlib.sha256(_prefix().encode())
    for name in (*PAGES.values(), *FILES):
        known.update((_STATIC / name).read_bytes())
    return known.hexdigest()[:12]


def _prefix() -> str:
    """The path before every address, such as "/api"; usually empty."""
    return urlsplit(settings().api_prefix).path.rstrip("/")
