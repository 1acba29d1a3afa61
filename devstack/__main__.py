"""`make run`: starts the whole local system, and stops it on Ctrl-C."""

import signal
import sys
from types import FrameType

from devstack.options import read_options
from devstack.processes import NotStarted


class Stopped(BaseException):
    """A signal asked us to stop."""


class Ear:
    """Signal handler. It raises and also sets a flag, as exceptions raised in a finalizer are printed and
    lost.
    """

    def __init__(self) -> None:
        self.asked = False

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        """The handler."""
        self.asked = True
        raise Stopped


def main() -> int:
    """Start, watch and stop; the exit code is 0 when we were asked to stop."""
    ear = Ear()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, ear.hear)
    system = None
    try:
        options = read_options()  # mistakes in them are told at once

        from devstack.system import System  # half a second, within which Ctrl-C works already

        system = System(options)
        system.start()
        system.watch(lambda: ear.asked)
        code = 0 if ear.asked else 1  # else something essential has ended
    except Stopped:
        code = 0
    except NotStarted as problem:
        print(f"make run: {problem}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if system:
            system.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
