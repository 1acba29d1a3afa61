"""Arguments of tasks, as they are stored: JSON that comes back from the database as it is."""

import json
from collections.abc import Mapping
from typing import Any, Final

LARGEST: Final = 20_000  # bytes; a batch of ten stays below the limit of SQS


def as_json(task: str, arguments: Mapping[str, Any]) -> str:
    """The text of a task's arguments. Raises TypeError for what is not JSON, ValueError for too much."""
    rule = f"arguments of {task}: a task is given ids and plain values, never objects"
    try:
        written = json.dumps(arguments, allow_nan=False, ensure_ascii=False)
        if json.loads(written) != arguments or "\\u0000" in written:
            raise TypeError(f"{rule}; these would not come back from the database as they are")
        size = len(written.encode())
    except (TypeError, ValueError) as problem:  # a lone surrogate is a ValueError too
        raise TypeError(f"{rule} ({problem})") from problem
    if size > LARGEST:
        raise ValueError(f"arguments of {task} exceed {LARGEST} bytes: hand over an id instead")
    return written
