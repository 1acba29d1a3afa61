"""Renders documents: members, links and counts around the JSON text from the database.

Documents over the size limit are refused here, while the transaction can still be rolled back.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast
from urllib.parse import quote

from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.profiles import (
    CURSOR_PAGINATION,
    WITHOUT_LINKS,
    content_type,
    is_without_links,
)
from chalicelib.jsonapi.ground.request import MEDIA_TYPE, Answer, Request
from chalicelib.jsonapi.http import delivery
from chalicelib.jsonapi.query.cursor import Cursor, encode
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.find import QueryResult

_OPENING = '{"jsonapi":{"version":"1.1"},'
DESCRIPTION = "/docs/openapi.json"


def resource_answer(request: Request, result: QueryResult, status: int = 200) -> Answer:
    """A document with one resource (or null) as its primary data."""
    return _answer(request, _links(request, {"self": _address(request)}), result, status=status)


def collection_answer(
    request: Request, query: Query, result: QueryResult, requested_size: int | None = None
) -> Answer:
    """A document with a page of resources, links to the other pages and the total count.

    `requested_size` is for a page that was shortened. With cursor pagination that needs no mention: the links
    continue where the page ends.
    """
    if query.cursor is not None:
        return _page_by_cursor(request, query, query.cursor, result)
    size = {} if requested_size is None else {"page[size]": str(query.size)}
    links = {"self": _address(request), **_other_pages(request, query, result, size)}
    meta: dict[str, object] = {"count": result.total}
    if requested_size is not None:
        meta["page"] = {"size": query.size, "asked-for": requested_size}
    return _answer(request, _links(request, links), result, "[]", meta)


def _other_pages(request: Request, query: Query, result: QueryResult, size: dict[str, str]) -> dict[str, str]:
    pages = max(1, math.ceil(result.total / query.size))
    links = {}
    if pages > 1:
        links["first"] = _numbered(request, query, 1, size)
        links["last"] = _numbered(request, query, pages, size)
        if query.number > 1:
            links["prev"] = _numbered(request, query, min(query.number - 1, pages), size)
        if query.number < pages:
            links["next"] = _numbered(request, query, query.number + 1, size)
    return links


def _page_by_cursor(request: Request, query: Query, page: Cursor, result: QueryResult) -> Answer:
    ends = result.ends[::-1] if page.backwards else result.ends
    more = result.total > query.size
    links = {"self": _address(request)}
    if ends and (page.direction == "after" or (page.backwards and more)):
        links["prev"] = _address(request, **{"page[before]": encode(ends[0])})
    if ends and (page.backwards or more):
        links["next"] = _address(request, **{"page[after]": encode(ends[-1])})
    answer = _answer(request, _links(request, links), result, "[]")
    answer.headers["Content-Type"] = content_type(CURSOR_PAGINATION, *_profiles(request))
    return answer


def linkage_answer(request: Request, query: Query, result: QueryResult, many: bool) -> Answer:
    """A document with the resource identifiers of a relationship, and links to the other pages if any."""
    *start, _, name = request.path
    related = request.options.api_prefix + "/" + "/".join(quote(part) for part in (*start, name))
    links = {"self": _address(request), "related": related}
    if many:
        links |= _other_pages(request, query, result, {})
    return _answer(request, _links(request, links), result, "[]" if many else "")


def made_answer(resource: dict[str, object]) -> Answer:
    """A document with one resource object that is not stored."""
    return Answer(200, f'{_OPENING}"data":{json.dumps(resource)}}}', {"Content-Type": MEDIA_TYPE})


def with_warnings(answer: Answer, warnings: Sequence[Mapping[str, object]]) -> Answer:
    """The document of a write with these in its `meta`. Its entity tag is that of the document without."""
    if warnings:
        ending = f',"meta":{json.dumps({"warnings": warnings}, separators=(",", ":"))}}}'
        answer.body = answer.text.removesuffix("}") + ending
    return answer


def with_secret(answer: Answer, meta: dict[str, object]) -> Answer:
    """The document with this `meta`, which has a token: it is not stored, here or by who gets it."""
    ending = f',"meta":{json.dumps(meta, separators=(",", ":"))}}}'
    headers = {**answer.headers, "Cache-Control": delivery.NEVER}
    return Answer(answer.status, answer.text.removesuffix("}") + ending, headers, secret=True)


def message_answer(message: str) -> Answer:
    """A document with only a message in `meta`, as for DELETE."""
    return Answer(200, f'{_OPENING}"meta":{json.dumps({"message": message})}}}', {"Content-Type": MEDIA_TYPE})


def error_answer(problems: list[Problem]) -> Answer:
    """A document with the errors; the HTTP status is that of the first."""
    errors = json.dumps([problem.document() for problem in problems], ensure_ascii=False)
    headers = {"Content-Type": MEDIA_TYPE}
    for problem in problems:
        headers.update(problem.headers)
    shared = all(problem.shared for problem in problems)
    return Answer(
        problems[0].status, f'{_OPENING}"errors":{errors}}}', headers, problems=problems, shared=shared
    )


def _answer(
    request: Request,
    links: str,
    result: QueryResult,
    brackets: str = "",
    meta: dict[str, object] | None = None,
    status: int = 200,
) -> Answer:
    """The document around the rows in `result`. Raises TooLarge."""
    opening, closing = brackets[:1], brackets[1:]
    ending = f',"meta":{json.dumps(meta, separators=(",", ":"))}}}' if meta else "}"
    parts: list[str | bytes] = [
        f'{_OPENING}"links":{links},"data":{opening}',
        result.data or ("" if opening else "null"),
    ]
    if result.included is not None:
        parts += [f'{closing},"included":[', result.included, f"]{ending}"]
    else:
        parts.append(f"{closing}{ending}")
    headers = {"Content-Type": content_type(*_profiles(request))}
    answer = Answer(status, _joined(parts), headers, shared=result.shared)
    coding.demand_room(request, answer)
    return answer


def _profiles(request: Request) -> tuple[str, ...]:
    return (WITHOUT_LINKS,) if is_without_links(request) else ()


def _joined(parts: list[str | bytes]) -> str | bytes:
    if all(isinstance(part, str) for part in parts):
        return "".join(cast(list[str], parts))
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


def _links(request: Request, links: dict[str, str]) -> str:
    return json.dumps(
        {**links, "describedby": request.options.api_prefix + DESCRIPTION}, separators=(",", ":")
    )


def _numbered(request: Request, query: Query, number: int, size: dict[str, str]) -> str:
    if query.by_offset:
        begin = str((number - 1) * query.size)
        return _address(request, **{"page[offset]": begin, "page[limit]": str(query.size)})
    return _address(request, **{"page[number]": str(number)}, **size)


def _address(request: Request, **page: str) -> str:
    """The request's URL, with its page parameters replaced by these."""
    places = {"page[number]", "page[offset]", "page[after]", "page[before]", *page}
    pairs = [(name, value) for name, value in request.query if not page or name not in places]
    pairs.extend(page.items())
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    path = request.options.api_prefix + "/" + "/".join(map(_quoted, request.path))
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="")
