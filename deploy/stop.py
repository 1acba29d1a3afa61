"""How building and deploying end early: with one clear line."""

import sys
from collections.abc import Callable


class Stop(Exception):
    """Something is missing or wrong; the text says what, and what to do, in one line."""


def ending_clearly(main: Callable[[], None]) -> int:
    """The exit code of a command: 0, or 2 after the line that a Stop carries."""
    try:
        main()
    except Stop as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0
