"""`make run`: the whole system, from nothing to `ready`, and back to nothing on Ctrl-C."""

import signal
import sys
from types import FrameType

from devstack.options import read_options
from devstack.processes import NotStarted


class Stopped(BaseException):
    """Somebody asked us to stop."""


def main() -> int:
    """Start, watch and stop; the exit code is 0 when we were asked to stop."""
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, _raise_stopped)
    system = None
    try:
        from devstack.system import System  # half a second, within which Ctrl-C works already

        system = System(read_options())
        system.start()
        system.watch()
        code = 1  # watch() returns only when something essential has ended
    except Stopped:
        code = 0
    except NotStarted as problem:
        print(f"make run: {problem}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        if system:
            system.stop()
    return code


def _raise_stopped(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
