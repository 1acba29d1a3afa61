"""Ask the running system everything that its description promises: `make contract`.

ORDER=random changes the order of Dredd's transactions (SEED says which order, else it is told), ONLY
chooses one of dredd, twice, members and schemathesis, SECONDS bounds the latter.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from urllib.request import urlopen

from tests.contract import coverage, dredd, members, twice
from tests.contract.serving import Running, running

_CHEAPER = 20  # how many times a copy must be cheaper; what it costs depends on what else the machine does
_SHOWN = 20


def main() -> int:
    """The exit code: 0 when all is as it is described."""
    began = time.monotonic()
    only = os.environ.get("ONLY", "")
    checks: dict[str, Callable[[Running], bool]] = {
        "dredd": transactions,
        "twice": twice.run,
        "members": members.run,
        "schemathesis": hypotheses,
    }
    if only and only not in checks:
        print(f"ONLY is one of {', '.join(checks)}", file=sys.stderr)
        return 2
    with running() as system:
        results = [check(system) for name, check in checks.items() if name == (only or name)]
    print(f"took {time.monotonic() - began:.0f} s")
    return 0 if all(results) else 1


def transactions(system: Running) -> bool:
    """Every transaction of the blueprint, each on a database of its own."""
    seed = None
    if os.environ.get("ORDER") == "random":
        seed = int(os.environ.get("SEED") or random.randrange(10**6))  # noqa: S311 - an order is no secret
        print(f"in random order, SEED={seed}")
    with urlopen(f"{system.address}/docs/api.apib", timeout=60) as answer:
        blueprint = answer.read().decode()
    system.clones.seconds.clear()
    began = time.monotonic()
    verdict = dredd.run(system, blueprint, seed)
    seconds, median = time.monotonic() - began, system.clones.median
    failed, total = verdict.failed, len(verdict.transactions)
    for item in failed[:_SHOWN]:
        print(dredd.told(item))
    lacking = coverage.missing(
        (transaction["request"]["method"], transaction["fullPath"]) for transaction in verdict.transactions
    )
    for method, path in lacking:
        print(f"no transaction: {method} /{path}")
    wanted = len(coverage.expected())
    print(
        f"Dredd: {total - len(failed)} of {total} transactions passed in {seconds:.0f} s (build/contract/api.log)"
    )
    print(
        f"they cover {wanted - len(lacking)} of {wanted}: every method at every address of every noun, every action"
    )
    recreation = statistics.median(system.clones.recreations())
    print(
        f"isolation: {median * 1000:.0f} ms per transaction by cloning a template, "
        f"{recreation * 1000:.0f} ms by dropping and recreating: {recreation / median:.0f} times cheaper"
    )
    cheap = recreation > _CHEAPER * median
    if not cheap:
        print(f"isolation should be {_CHEAPER} times cheaper")
    return bool(total) and verdict.exit_code == 0 and not failed and not lacking and cheap


def hypotheses(system: Running) -> bool:
    """Requests that nobody has thought of, made from the OpenAPI document."""
    from tests.contract import hypothesised  # what it needs is there only where it was installed

    return hypothesised.run(system)


if __name__ == "__main__":
    sys.exit(main())
