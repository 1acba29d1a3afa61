"""Response headers of every answer: security headers, Cache-Control, Vary, and the content coding.

The only place for them, whether a resource, an action, the documentation or an error made the answer.
"""

from functools import lru_cache
from typing import Final

from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.request import Answer, Request

_SAFE: Final = {"GET", "HEAD"}
_MISSING: Final = 404
NEVER: Final = "no-store"
PRIVATE: Final = "private, no-cache"
# Query parameters that secrets are shown by, whoever asks.
SECRETS: Final = frozenset({"code", "hash", "key", "secret", "token"})
# Also on answers that do not depend on them: whoever signs in is not told what a cache has for nobody.
VARY: Final = "Accept, Accept-Encoding, Authorization, Cookie"
_EACH: Final = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # For documents. The page at /docs has its own policy.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def ready(request: Request | None, answer: Answer) -> Answer:
    """The answer as it is sent; `request` is None where none could be read."""
    answer.headers = {**_EACH, **answer.headers, "Cache-Control": _kept(request, answer), "Vary": VARY}
    if request is not None:
        coding.apply(request, answer)
        if request.method == "HEAD":
            answer.body, answer.gzipped = "", None
    return answer


def _kept(request: Request | None, answer: Answer) -> str:
    """Cache-Control: no-store for tokens and errors; shared caches get what is declared as shared, and asked
    for without credentials, and for half the time that it is not there; whatever else there is, is private.
    """
    said = answer.headers.get("Cache-Control")
    if request is None or request.method not in _SAFE or answer.cookies:
        return NEVER
    if answer.status >= 400:
        told = answer.status == _MISSING and answer.shared and not is_personal(request)
        return missing(request.options.shared_seconds) if told else NEVER
    if answer.shared and not is_personal(request):
        return said or shared(request.options.shared_seconds, request.options.stale_seconds)
    if said is not None and (said.startswith("private") or NEVER in said):
        return said
    # no-cache: stored, but revalidated each time, at the cost of a 304.
    return said.replace("public", "private") if said is not None and "public" in said else PRIVATE


def is_personal(request: Request) -> bool:
    """Whether the request says who asks, or has a parameter that secrets are shown by."""
    if "authorization" in request.headers or "cookie" in request.headers:
        return True
    for name, _ in request.query:  # noqa: SIM110 - each read pays for it
        if name in SECRETS:
            return True
    return False


@lru_cache(maxsize=8)
def shared(seconds: int, stale: int) -> str:
    """Cache-Control of what shared caches may tell for so many seconds, and for `stale` more while they ask.

    A browser asks each time. An error of ours is never answered with what was true before it.
    """
    if seconds <= 0:
        return PRIVATE
    return f"public, max-age=0, s-maxage={seconds}, stale-while-revalidate={stale}, stale-if-error=0"


@lru_cache(maxsize=8)
def missing(seconds: int) -> str:
    """Cache-Control of a shared 404, where pages are kept for so many seconds.

    Half of them: a page is missed by those who read it, and who has just published it is soon asked for it.
    It is not told for longer while a cache asks.
    """
    return f"public, max-age=0, s-maxage={(seconds + 1) // 2}, stale-if-error=0" if seconds > 0 else NEVER
