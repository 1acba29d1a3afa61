"""Figures of the last benchmark that docs/cost.md and docs/scale.md are computed from, kept with the code.

`make bench` writes build/result.json, which is not kept. What the two pages need of it is in figures.json, so
that a test can compare them with what their generators write.
"""

import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "benchmarks" / "figures.json"
_RESULT: Final = ROOT / "build" / "result.json"
_KEPT: Final = ("when", "python", "tasks", "cold start")


def renew() -> dict[str, Any]:
    """Take the figures from the last benchmark, if there is one, and return them."""
    if _RESULT.exists():
        FILE.write_text(json.dumps(_of(json.loads(_RESULT.read_text())), indent=1) + "\n")
    return kept()


def kept() -> dict[str, Any]:
    """The figures that are kept."""
    figures: dict[str, Any] = json.loads(FILE.read_text())
    return figures


def write(page: str, text: str) -> None:
    """Write a page of docs, and say so."""
    path = ROOT / "docs" / page
    path.write_text(text)
    print(f"written: {path.relative_to(ROOT)}")


def _of(result: dict[str, Any]) -> dict[str, Any]:
    cases = {key: {"ours": case["ours"]} for key, case in result["cases"].items()}
    trips = {"ours": result["round trips"]["ours"]}
    return {**{name: result[name] for name in _KEPT}, "cases": cases, "round trips": trips}
