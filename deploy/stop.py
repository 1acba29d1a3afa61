"""Errors of building and deploying: one clear line."""

import sys
from collections.abc import Callable


class Stop(Exception):
    """Something is missing or wrong; the text says what, and what to do, in one line."""


def ending_clearly(main: Callable[[], None]) -> int:
    """Run a command; returns exit code 0, or 2 after printing the line of a Stop."""
    try:
        main()
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0
