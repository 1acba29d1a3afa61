"""docs/clients.md as data: what stands before the recipes, and each recipe with what it prints."""

import re
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "clients.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One section: its snippets by language, and the lines that each of them prints."""

    title: str
    snippets: dict[str, str]
    prints: list[str]


def recipes() -> tuple[dict[str, str], list[Recipe]]:
    """The snippets of "Before you start" by language, and the recipes in order."""
    sections = re.split(r"^## (.+)$", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    read = [_read(title, text) for title, text in zip(sections[::2], sections[1::2], strict=True)]
    return read[0].snippets, [item for item in read if re.match(r"\d+\. ", item.title)]


def _read(title: str, text: str) -> Recipe:
    blocks = _BLOCK.findall(text)
    snippets = dict(blocks)
    assert len(snippets) == len(blocks), f"{title!r} has two blocks of one language"
    return Recipe(title, snippets, snippets.pop("text", "").splitlines())
