"""The report of a move: counts by table, and a line of JSON for each row that came otherwise, or not at all.

It names rows by table and id, and never has their content: it may be sent around.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

REFUSED: Final = "refused"
CHANGED: Final = "changed"
FILE: Final = "file"


@dataclass(slots=True)
class Counts:
    """Rows of one old table: how many there are, and what became of them."""

    there: int = 0
    came: int = 0
    changed: int = 0
    as_before: int = 0
    shared: int = 0
    refused: int = 0
    gone: int = 0

    @property
    def add_up(self) -> bool:
        """Whether each row is accounted for."""
        return self.there == self.came + self.changed + self.as_before + self.shared + self.refused


@dataclass
class Report:
    """Collects what is to be said. Lines are written at once, so that they outlive the process."""

    path: Path
    tables: dict[str, Counts] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    _file: TextIO | None = None

    def open(self) -> None:
        """Begin the file anew."""
        self._file = self.path.open("w", encoding="utf-8")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def of(self, table: str, target: str) -> Counts:
        """The counts of a table."""
        self.targets[table] = target
        return self.tables.setdefault(table, Counts())

    def say(self, kind: str, table: str, id: object, reason: str, column: str | None = None) -> None:
        """A line about one row."""
        line: dict[str, Any] = {"kind": kind, "table": table, "id": id, "column": column, "reason": reason}
        if column is None:
            del line["column"]
        self.reasons[kind, f"{table}{f'.{column}' if column else ''}"] += 1
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def leave(self, table: str, count: int, reason: str) -> None:
        """A line about a whole table that has no place here."""
        if self._file is not None:
            line = {"kind": "left", "table": table, "rows": count, "reason": reason}
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def summary(self) -> list[Mapping[str, Any]]:
        """A line for each table."""
        return [
            {
                "table": name,
                "here": self.targets[name],
                "there": counts.there,
                "came": counts.came,
                "changed": counts.changed,
                "as before": counts.as_before,
                "shared": counts.shared,
                "refused": counts.refused,
                "gone": counts.gone,
                "adds up": "yes" if counts.add_up else "NO",
            }
            for name, counts in self.tables.items()
        ]
