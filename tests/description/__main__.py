"""Keep what is promised now as what clients rely on: `make description`, when a version is released.

It refuses while the CHANGELOG does not name what is new, gone or changed since the last time. Where nothing
is kept, nothing was promised yet.
"""

import sys
from pathlib import Path

import chalicelib.entrypoints  # noqa: F401 - it declares the actions
from chalicelib.docs import openapi
from chalicelib.resources import REGISTRY
from tests.description.differences import differences, remedy, unsaid
from tests.description.promises import promises, read, written

KEPT = Path(__file__).with_name("promised.txt")
CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def main() -> int:
    """The exit code: 0 when it is kept."""
    now = promises(openapi.description(REGISTRY))
    found = differences(read(KEPT.read_text(encoding="utf-8")), now) if KEPT.exists() else []
    for item in found:
        print(item)
    open_ones = unsaid(found, CHANGELOG.read_text(encoding="utf-8"))
    if open_ones:
        print(f"{len(open_ones)} of these are not named in CHANGELOG.md:", file=sys.stderr)
        print(*open_ones, remedy(open_ones), sep="\n", file=sys.stderr)
        return 1
    KEPT.write_text(written(now), encoding="utf-8")
    print(f"{KEPT.name}: {sum(map(len, now.values()))} promises in {len(now)} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
