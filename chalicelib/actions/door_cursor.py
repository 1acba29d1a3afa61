"""Cursors of a door's list: opaque to devices, without a gap between what an answer has and the next one."""

from dataclasses import dataclass

from chalicelib.jsonapi.ground.errors import bad_parameter
from chalicelib.jsonapi.model.context import Context
from chalicelib.values.sealed_entries import FORMAT


@dataclass(frozen=True, slots=True)
class DoorCursor:
    """Where an answer ended: `base` is the oldest transaction that was going on when the list was begun, or 0
    for a list that cannot be followed.

    `since` is that of the list before, or 0 for a whole list; `after` the last id. Once it is done, the next
    one has what transactions from `base` on have changed.
    """

    version: str
    base: int
    since: int = 0
    after: int = 0
    is_done: bool = False

    @property
    def is_unfollowed(self) -> bool:
        """Whether it ends a list whose changes since then were not all marked."""
        return self.is_done and self.base == 0

    @property
    def text(self) -> str:
        """As clients get it."""
        return f"{FORMAT}.{self.version}.{self.base}.{self.since}.{'-' if self.is_done else self.after}"


def cursor_in(context: Context) -> DoorCursor | None:
    """The cursor that was sent, if any. Raises Problem 400."""
    text = context.request.parameter("cursor")
    if text is None:
        return None
    parts = text.split(".")
    numbers = parts[2:]
    if len(parts) != 5 or not all(
        each.isascii() and each.isdigit() and len(each) < 19 for each in numbers[:2]
    ):
        raise bad_parameter("cursor", "This is no cursor of a door's list.")
    is_done = numbers[2] == "-"
    if not is_done and not (numbers[2].isascii() and numbers[2].isdigit() and len(numbers[2]) < 19):
        raise bad_parameter("cursor", "This is no cursor of a door's list.")
    version = parts[1] if parts[0] == str(FORMAT) else ""
    return DoorCursor(version, int(numbers[0]), int(numbers[1]), 0 if is_done else int(numbers[2]), is_done)


def number_of(context: Context, name: str, least: int, most: int) -> int | None:
    """The number in a query parameter; None without it. Raises Problem 400."""
    text = context.request.parameter(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise bad_parameter(name, f"{name} is a number from {least} to {most:,}.")
    return int(text)
