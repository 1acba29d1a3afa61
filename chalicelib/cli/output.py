"""Output of commands: results as text or JSON, progress, and one-line errors."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


class Failed(Exception):
    """The command failed; the text is one line for the operator."""


def result(outcome: object, *, as_json: bool) -> None:
    """Print a result: a list of objects as a table, an object as lines, all of it as JSON if asked."""
    if as_json:
        print(json.dumps(outcome, default=str, ensure_ascii=False))
    elif isinstance(outcome, Mapping):
        for name, value in outcome.items():
            print(f"{name}: {_cell(value)}")
    elif isinstance(outcome, Sequence) and not isinstance(outcome, str):
        _table(outcome)
    else:
        print(outcome)


def report_progress(text: str) -> None:
    """Print progress on stderr, where it does not mix with the result."""
    print(text, file=sys.stderr, flush=True)


def _table(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        print("nothing")
        return
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(names))]
    for row in cells:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return str(value)
