"""What every answer leaves with: what browsers and caches must know, and the content coding.

It is the one place for it, whoever made the answer: a noun, a verb, the documentation, a mistake of ours.
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
    # Of documents. The page at /docs has a policy of its own.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def ready(request: Request | None, answer: Answer) -> Answer:
    """The answer as it leaves; `request` is None where there was none that could be read."""
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
    """How caches may keep it: a token and a mistake never; what is somebody's, only where they read it."""
    said = answer.headers.get("Cache-Control")
    if request is None or request.method not in _SAFE or answer.status >= 400 or answer.cookies:
        return NEVER
    if said is not None:
        return said
    # Each time it is asked whether it is still the same, which costs a 304.
    private = request.headers.keys() & {"authorization", "cookie"}
    return "private, no-cache" if private else "no-cache"
