"""JSON texts that PostgreSQL can take apart and store."""

import json
import re
from typing import Any, Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def dumped(value: Any) -> str:
    """JSON that PostgreSQL stores: without NUL and halves of surrogate pairs, which its texts cannot hold."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if "\\u0000" in text or _UNSTORABLE.search(text):
        text = json.dumps(_storable(value), ensure_ascii=False, default=str)
    return text


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
