"""Documents of answers: brackets, links and counts around the text that the database has made."""

import json
import math
from functools import lru_cache
from urllib.parse import quote

from chalicelib.jsonapi.cursor import PROFILE, Cursor, written
from chalicelib.jsonapi.errors import Problem
from chalicelib.jsonapi.query import Query
from chalicelib.jsonapi.read import Found
from chalicelib.jsonapi.request import MEDIA_TYPE, Answer, Request
from chalicelib.settings import settings

_OPENING = '{"jsonapi":{"version":"1.1"},'
DESCRIPTION = "/docs/openapi.json"


def resource_answer(request: Request, found: Found, status: int = 200) -> Answer:
    """A document with one resource (or null) as its primary data."""
    return _answer(status, _links({"self": _address(request)}), found.data or "null", found.included)


def collection_answer(request: Request, query: Query, found: Found) -> Answer:
    """A document with a page of resources, links to the other pages and the count of all."""
    if query.cursor is not None:
        return _page_by_cursor(request, query, query.cursor, found)
    links = {"self": _address(request), **_other_pages(request, query, found)}
    return _answer(
        200, _links(links), f"[{found.data}]", found.included, f',"meta":{{"count":{found.total}}}'
    )


def _other_pages(request: Request, query: Query, found: Found) -> dict[str, str]:
    pages = max(1, math.ceil(found.total / query.size))
    links = {}
    if pages > 1:
        links["first"] = _numbered(request, 1)
        links["last"] = _numbered(request, pages)
        if query.number > 1:
            links["prev"] = _numbered(request, min(query.number - 1, pages))
        if query.number < pages:
            links["next"] = _numbered(request, query.number + 1)
    return links


def _page_by_cursor(request: Request, query: Query, page: Cursor, found: Found) -> Answer:
    ends = found.ends[::-1] if page.backwards else found.ends
    more = found.total > query.size
    links = {"self": _address(request)}
    if ends and (page.direction == "after" or (page.backwards and more)):
        links["prev"] = _address(request, **{"page[before]": written(ends[0])})
    if ends and (page.backwards or more):
        links["next"] = _address(request, **{"page[after]": written(ends[-1])})
    answer = _answer(200, _links(links), f"[{found.data}]", found.included)
    answer.headers["Content-Type"] = f'{MEDIA_TYPE}; profile="{PROFILE}"'
    return answer


def linkage_answer(request: Request, query: Query, found: Found, many: bool) -> Answer:
    """A document with the identifiers of a relationship, with links to the other pages where it has some."""
    *start, _, name = request.path
    related = settings().api_prefix + "/" + "/".join(quote(part) for part in (*start, name))
    data = f"[{found.data}]" if many else found.data or "null"
    links = {"self": _address(request), "related": related}
    if many:
        links |= _other_pages(request, query, found)
    return _answer(200, _links(links), data, None)


def message_answer(message: str) -> Answer:
    """A document that only says something, as for a removal."""
    return Answer(200, f'{_OPENING}"meta":{json.dumps({"message": message})}}}', {"Content-Type": MEDIA_TYPE})


def error_answer(problems: list[Problem]) -> Answer:
    """A document with the errors; the status is the first one's."""
    errors = json.dumps([problem.document() for problem in problems], ensure_ascii=False)
    headers = {"Content-Type": MEDIA_TYPE}
    for problem in problems:
        headers.update(problem.headers)
    return Answer(problems[0].status, f'{_OPENING}"errors":{errors}}}', headers)


def _answer(status: int, links: str, data: str, included: str | None, meta: str = "") -> Answer:
    more = "" if included is None else f',"included":[{included}]'
    body = f'{_OPENING}"links":{links},"data":{data}{more}{meta}}}'
    if len(body) > settings().max_answer_bytes:
        raise Problem(
            400,
            f"The answer would be larger than {settings().max_answer_bytes} bytes: "
            "ask for smaller pages, fewer fields or fewer includes.",
            parameter="page[size]",
        )
    return Answer(status, body, {"Content-Type": MEDIA_TYPE})


def _links(links: dict[str, str]) -> str:
    return json.dumps({**links, "describedby": settings().api_prefix + DESCRIPTION}, separators=(",", ":"))


def _numbered(request: Request, number: int) -> str:
    return _address(request, **{"page[number]": str(number)})


def _address(request: Request, **page: str) -> str:
    """The request's address, with these page parameters instead of those it had."""
    places = {"page[number]", "page[after]", "page[before]"}
    pairs = [(name, value) for name, value in request.query if not page or name not in places]
    pairs.extend(page.items())
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    path = settings().api_prefix + "/" + "/".join(map(_quoted, request.path))
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="")
