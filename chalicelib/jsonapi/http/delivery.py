"""Response headers of every answer: security headers, Cache-Control, Vary, and the content coding.

The only place for them, whether a resource, an action, the documentation or an error made the answer.
"""

from typing import Final

from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.request import Answer, Request

_SAFE: Final = {"GET", "HEAD"}
NEVER: Final = "no-store"
_EACH: Final = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # For documents. The page at /docs has its own policy.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def ready(request: Request | None, answer: Answer) -> Answer:
    """The answer as it is sent; `request` is None where none could be read."""
    for name, value in _EACH.items():
        answer.headers.setdefault(name, value)
    answer.headers["Cache-Control"] = _kept(request, answer)
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    if request is not None:
        coding.apply(request, answer)
        if request.method == "HEAD":
            answer.body, answer.gzipped = "", None
    return answer


def _kept(request: Request | None, answer: Answer) -> str:
    """Cache-Control: no-store for tokens and errors, private for authenticated requests."""
    said = answer.headers.get("Cache-Control")
    if request is None or request.method not in _SAFE or answer.status >= 400 or answer.cookies:
        return NEVER
    if said is not None:
        return said
    # no-cache: stored, but revalidated each time, at the cost of a 304.
    private = request.headers.keys() & {"authorization", "cookie"}
    return "private, no-cache" if private else "no-cache"
