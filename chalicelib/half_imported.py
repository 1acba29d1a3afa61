"""An import that failed half-way ends the process.

Python forgets the module, but not what it did elsewhere before it failed, such as a table in SQLAlchemy's
metadata or a receiver of a signal. It cannot be imported again in this process, which would refuse every
later request that needs it. Lambda begins a new one; SQS delivers messages again.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import log


def end_process_after(failure: BaseException) -> None:
    """End the process where the failure, or what caused it, has interrupted the import of a module."""
    if _has_interrupted_an_import(failure):
        log.error("an import failed half-way, so the process ends", failure)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)  # not sys.exit: whoever catches that would go on


@contextmanager
def ending_the_process() -> Iterator[None]:
    """End the process where an import fails half-way in the block."""
    try:
        yield
    except BaseException as failure:
        end_process_after(failure)
        raise


def _has_interrupted_an_import(failure: BaseException | None) -> bool:
    while failure is not None:
        passed = failure.__traceback__
        while passed is not None:
            # A module's body. A failure that was caught has no frames above those of who caught it.
            if passed.tb_frame.f_code.co_name == "<module>":
                return True
            passed = passed.tb_next
        failure = failure.__cause__
    return False
