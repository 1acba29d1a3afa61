"""localstripe, a stateful Stripe server by another party, in a process of its own.

python -m devstack.stripe_process PORT [FILE]. It would keep its state in a file with a fixed name that all
users of a machine share: here it is FILE, or none.
"""

import pickle
import sys
from pathlib import Path
from typing import Any


def main(port: int, file: Path | None) -> None:
    """Serve until stopped, on 127.0.0.1."""
    from aiohttp import web  # lazy: what imports this module to start it needs none of these
    from localstripe import resources, server  # type: ignore[import-untyped]

    class Kept(resources.Store):  # type: ignore[misc]
        def dump_to_disk(self) -> None:
            """Write the state, if there is a file."""
            if file is not None:
                file.write_bytes(pickle.dumps(dict(self), pickle.HIGHEST_PROTOCOL))

    kept: Any = Kept()
    if file is not None and file.exists():
        dict.update(kept, pickle.loads(file.read_bytes()))  # noqa: S301 - our own file
    resources.store = server.store = kept
    web.run_app(server.app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
