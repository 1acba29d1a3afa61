"""Calls to the services of video channels: made outside of transactions, counted, and their failures told.

A channel's address and key are set by staff alone. Errors name neither, nor what was asked or answered.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from chalicelib import log
from chalicelib.http_client import BadAnswer, NoAnswer
from chalicelib.jsonapi.ground.errors import Problem
from chalicelib.jsonapi.http.limited import demand_now
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import SERVICE_CALLS
from chalicelib.limits.limit import Exempt
from chalicelib.resources.video.big_blue_button import PROVIDER, Meeting, Refused, Server

# Of actions that call a service.
COUNTED: Final = Exempt("each call to a service is counted for the account, by ask_service")
CHANNEL: Final = "/data/relationships/video-channel"
_REFUSED: Final = "The video service has refused this."
Outcome = TypeVar("Outcome")


def ask_service(
    context: Context, key: str, ask: Callable[[], Outcome], *, pointer: str | None = None
) -> Outcome:
    """What `ask` returns, called outside of any transaction and counted for the viewer's account.

    Raises Problem 429; 502 for an answer that is none, 503 without one. What the service refuses is 422 for
    a write, at `pointer`, and 502 for a read.
    """
    call = key.partition(" ")[0]  # what follows may name a private event
    counter = SERVICE_CALLS.counter(f"account {context.viewer.id}")

    def counted() -> Outcome:
        demand_now(context.request, counter)
        try:
            return ask()
        except Refused as refusal:
            log.warning("a video service refused a call", call=call, reason=refusal.key)
            raise Problem(502 if pointer is None else 422, _REFUSED, pointer=pointer) from None
        except BadAnswer as problem:
            log.warning("a video service answered with something else", call=call, reason=str(problem))
            raise Problem(502, "The video service did not answer as its protocol says.") from None
        except NoAnswer as problem:
            log.warning("a video service did not answer", call=call, reason=str(problem))
            late = {"Retry-After": "10"}
            raise Problem(503, "The video service did not answer; try again.", headers=late) from None

    return context.ask_outside(key, counted)


def server_of(
    provider: str | None, api_url: str | None, secret: str | None, *, pointer: str | None = None
) -> Server | None:
    """The BigBlueButton server of a channel; None for other providers, which are plain links.

    Raises Problem if the channel lacks its address or secret: 422 for a write, at `pointer`, 503 for a read.
    """
    if (provider or "").lower() != PROVIDER:
        return None
    if not api_url or not secret:
        detail = "This video channel has no api-url or no api-key yet."
        raise Problem(503 if pointer is None else 422, detail, pointer=pointer)
    return Server(api_url, secret)


def meeting_in(stored: Mapping[str, Any] | None) -> Meeting | None:
    """The meeting as it is kept with a stream."""
    return Meeting(**stored) if stored else None


def new_meeting() -> Meeting:
    """A meeting that no server knows yet."""
    return Meeting(*(str(uuid.uuid4()) for _ in range(3)))
