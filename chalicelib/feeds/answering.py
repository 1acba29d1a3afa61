"""Answers that are feeds: with an ETag, 304 for who has it, and a clear error for one that is too large."""

from chalicelib.jsonapi.ground import coding
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.ground.request import Answer, content_disposition
from chalicelib.jsonapi.http.negotiation import unless_known
from chalicelib.jsonapi.model.context import Context


def feed_answer(
    context: Context,
    content: str | bytes,
    media_type: str,
    *,
    saved_as: str = "",
    secret: bool = False,
    shared: bool = False,
) -> Answer:
    """200 with the feed, or 304. Raises Problem 400 where it is larger than Lambda can answer.

    `saved_as` is the name of the file that browsers save it as. A `secret` one is of one person;
    a `shared` one is the same for everybody, and shared caches may tell it.
    """
    answer = Answer(200, content, {"Content-Type": media_type}, shared=shared and not secret)
    if saved_as:
        answer.headers["Content-Disposition"] = content_disposition("attachment", saved_as)
    answer = unless_known(context.request, answer)
    if secret:
        answer.headers["Cache-Control"] = "private, no-cache"
    try:
        coding.demand_room(context.request, answer)
    except coding.TooLarge:
        most = context.request.options.max_answer_bytes
        raise Problem(
            400, f"The feed would be larger than {most} bytes: take gzip.", header="Accept-Encoding"
        ) from None
    return answer
