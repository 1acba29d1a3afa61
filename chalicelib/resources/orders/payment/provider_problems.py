"""Failures of a payment provider, as errors of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import log
from chalicelib.http_client import BadAnswer, NoAnswer
from chalicelib.jsonapi.ground.errors import Problem


@contextmanager
def provider_problems() -> Iterator[None]:
    """In its block, a provider that does not answer, or not as it should, is Problem 503 or 502."""
    try:
        yield
    except BadAnswer as problem:
        log.warning("a payment provider answered with something else", reason=str(problem))
        raise Problem(502, "The payment provider did not answer as its protocol says.") from None
    except NoAnswer as problem:
        log.warning("a payment provider did not answer", reason=str(problem))
        late = {"Retry-After": "10"}
        raise Problem(503, "The payment provider did not answer; try again.", headers=late) from None
