"""What somebody fetches who opens the page at /docs for the first time: one budget, asked by several tests."""

import re

# Bytes, compressed: page, style, script and index, with what HTTP adds.
BUDGET = 100_000
FILES = ("data.json", "page.css", "page.js")
# What a further resource type may add to it.
BUDGET_OF_A_NOUN = 300
_ADDRESS = re.compile(r'(?:href|src|data-known)="([^"]*/docs/[^"]*)"')


def addresses(page: str) -> list[str]:
    """The files that the page fetches by itself."""
    return sorted({item for item in _ADDRESS.findall(page) if "?v=" in item})
