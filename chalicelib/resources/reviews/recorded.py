"""Reviews that come from an archive are written as they were recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chalicelib.jsonapi.model.context import Context

_RECORDED: Final = "reviews are written as they were recorded"


@contextmanager
def written_as_recorded(context: Context, phase_id: int | None) -> Iterator[None]:
    """Within the block, reviews, assignments and conflicts of interest of an archive are written: by others,
    who have not accepted yet, in a phase that may be over, and of sessions that may be decided.
    """
    context.session.info[_RECORDED] = phase_id
    try:
        yield
    finally:
        del context.session.info[_RECORDED]


def is_recorded(context: Context) -> bool:
    """Whether what is written comes from an archive."""
    return _RECORDED in context.session.info


def recorded_phase(context: Context) -> int | None:
    """The phase of the review that comes from an archive."""
    phase_id: int | None = context.session.info[_RECORDED]
    return phase_id
