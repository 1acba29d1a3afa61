"""Pages of lists, with the page size reduced where the page would exceed the size limit.

The owner of a row decides how large it is, but everybody lists it. So a page that does not fit is shortened,
not refused: its links continue exactly where it ends, and its `meta` says so.
"""

from dataclasses import replace

from chalicelib.jsonapi.ground.coding import TooLarge
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.http.rendering import collection_answer
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.query.parse import Query
from chalicelib.jsonapi.read.find import Target, find

_SPARE = 0.9  # of the rows that would fit if all had the same size


def page_answer(context: Context, target: Target, query: Query, missing: str = "") -> Answer:
    """A page of the rows that `target` means. Raises Problem 404 with the text `missing` if the parent is
    missing,

    and TooLarge if not even one row with its includes fits.
    """
    given = query
    while True:
        result = None
        try:
            result = find(context, target, given)
            if not result.parent:
                raise not_found(missing, shared=result.shared)
            requested_size = None if given is query else query.size
            return unless_known(
                context.request, collection_answer(context.request, given, result, requested_size)
            )
        except TooLarge as large:
            if given.size == 1:
                raise
            given = _shortened(given, large.share, large.total if result is None else result.total)


def _shortened(query: Query, share: float, total: int) -> Query:
    """The same page with a smaller size. Its offset must be a multiple of the new size."""
    begin = (query.number - 1) * query.size
    rows = min(query.size, max(total - begin, 1)) if total else query.size
    size = max(1, min(int(rows / max(share, 1.0) * _SPARE), query.size - 1))
    while begin % size:
        size -= 1
    return replace(query, size=size, number=begin // size + 1)
