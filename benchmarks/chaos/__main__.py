"""`make chaos SEED=n`: faults on purpose, and one report.

The exit code is 1 when an invariant was violated.
"""

import secrets
import sys
from typing import Final

from benchmarks import numbers
from benchmarks.chaos.report import lines
from benchmarks.chaos.run import Run
from benchmarks.chaos.services import own_services
from benchmarks.chaos.spells import ALL
from benchmarks.chaos.weather import Weather
from devstack.processes import NotStarted

_SECONDS: Final = 240.0
_MOST: Final = 360.0  # so that with all around it, it is over in ten minutes
_CLIENTS: Final = 8


def main() -> int:
    """Run, and print."""
    seed = numbers.whole("SEED", secrets.randbelow(10**6), least=0)
    seconds = min(numbers.seconds("SECONDS", _SECONDS), _MOST)
    print(f"chaos with seed {seed}: starting PostgreSQL, the stand-ins and the functions", file=sys.stderr)
    weather = Weather(seed)
    with own_services(weather) as services:
        run = Run(services, weather)
        outcome = run.go(seconds, numbers.whole("CLIENTS", _CLIENTS), ALL)
        for line in lines(outcome, run):
            print(line, flush=True)
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotStarted as problem:
        sys.exit(f"make chaos: {problem}")
