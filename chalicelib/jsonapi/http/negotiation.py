"""Content negotiation (Accept, Content-Type) and entity tags (ETag, If-Match, If-None-Match).

Source: jsonapi.org/format/#content-negotiation and RFC 9110 (conditional requests).
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from functools import lru_cache
from types import MappingProxyType

from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Answer, Request

_ALLOWED_PARAMETERS = {"ext", "profile"}
_RANGES = {"*/*", "application/*"}
_LONGEST = 1_000  # characters of one media type with its parameters; parsing takes quadratic time
_TAG = re.compile(r'(?:W/)?("[^"]*")')
SAFE = frozenset({"GET", "HEAD"})


def demand_documents(request: Request) -> None:
    """Raise Problem 406 or 415 unless the request accepts and sends JSON:API."""
    demand_acceptable(request)
    if request.method in {"POST", "PATCH"}:
        demand_document_type(request)


def demand_document_type(request: Request) -> None:
    """Raise Problem 415 unless Content-Type is JSON:API without parameters other than ext and profile."""
    media_type, parameters = _parsed(request.headers.get("content-type", ""))
    if media_type != MEDIA_TYPE:
        raise Problem(415, f"Send {MEDIA_TYPE}.", header="Content-Type")
    if parameters.keys() - _ALLOWED_PARAMETERS:
        raise Problem(415, f"{MEDIA_TYPE} takes no parameters but ext and profile.", header="Content-Type")
    if parameters.get("ext", "").strip():
        raise Problem(415, "This server applies no extension.", header="Content-Type")


def demand_acceptable(request: Request) -> None:
    """Raise Problem 406 unless Accept allows a JSON:API document.

    No extension is supported; unknown profiles are ignored, as the specification demands.
    """
    if not _is_acceptable(request.headers.get("accept", "").strip()):
        raise Problem(406, f"This address answers {MEDIA_TYPE} without parameters.", header="Accept")


@lru_cache(maxsize=256)
def _is_acceptable(accept: str) -> bool:
    if not accept:
        return True
    own = fits = False
    usable = False
    for media_type, parameters in _entries(accept):
        refused = _quality(parameters) == 0
        if media_type == MEDIA_TYPE:
            own = True
            foreign = parameters.keys() - _ALLOWED_PARAMETERS - {"q"}
            usable |= not refused and not foreign and not parameters.get("ext", "").strip()
        elif media_type in _RANGES:
            fits |= not refused
    return usable or (fits and not own)


def entity_tag(body: str | bytes) -> str:
    """The weak entity tag of a document, whatever content coding it is sent in."""
    content = body if isinstance(body, bytes) else body.encode()
    # Processors have instructions for SHA-256: half the time of SHA-1.
    return f'W/"{hashlib.sha256(content, usedforsecurity=False).hexdigest()[:40]}"'


def tagged(answer: Answer) -> Answer:
    """The answer with an ETag header for its document."""
    answer.headers["ETag"] = entity_tag(answer.body)
    return answer


def unless_known(request: Request, answer: Answer) -> Answer:
    """The answer with its ETag, or 304 where If-None-Match of a GET names it."""
    answer = tagged(answer)
    known = request.headers.get("if-none-match")
    if request.method in SAFE and known is not None and _matches(known, answer.headers["ETag"]):
        return Answer(304, "", {"ETag": answer.headers["ETag"]}, shared=answer.shared)
    return answer


def is_conditional(request: Request) -> bool:
    """Whether the request has a precondition: If-Match or If-None-Match."""
    return "if-match" in request.headers or "if-none-match" in request.headers


def demand_unchanged(request: Request, answer: Answer) -> None:
    """Raise Problem 412 unless the request's preconditions hold for `answer`, the current document.

    Tags are compared weakly, since all of ours are weak.
    """
    tag = entity_tag(answer.body)
    if_match, other = request.headers.get("if-match"), request.headers.get("if-none-match")
    if if_match is not None and not _matches(if_match, tag):
        raise Problem(412, "The resource has changed since you read it.", header="If-Match")
    if other is not None and _matches(other, tag):
        raise Problem(412, "The resource is in the state that you exclude.", header="If-None-Match")


def _matches(header: str, tag: str) -> bool:
    if header.strip() == "*":
        return True
    return tag.removeprefix("W/") in _TAG.findall(header)


def _entries(accept: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    for media_range in _outside_quotes(accept):
        if media_range.strip():
            yield _parsed(media_range)


def _outside_quotes(text: str) -> Iterator[str]:
    start, quoted = 0, False
    for position, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            yield text[start:position]
            start = position + 1
    yield text[start:]


@lru_cache(maxsize=256)
def _parsed(value: str) -> tuple[str, Mapping[str, str]]:
    if len(value) > _LONGEST:
        return "", MappingProxyType({})
    message = Message()
    message["content-type"] = value.replace("\n", " ").replace("\r", " ")
    parameters = message.get_params(failobj=[("", "")])
    name = parameters[0][0].strip().lower()
    return name, MappingProxyType({key.lower(): str(value) for key, value in parameters[1:] if key})


def _quality(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 1.0
