"""Whose data is in what was told: each planted value is searched for in every spelling it could leave in."""

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

_SHORTEST = 5  # a shorter one would be found by chance


@dataclass
class Planted:
    """Values that are somebody's, by what they are."""

    values: dict[str, str] = field(default_factory=dict)

    def plant(self, what: str, value: str) -> str:
        """Remember the value as something that must not leave; the value itself."""
        assert len(value) >= _SHORTEST, value
        self.values[f"{what} ({len(self.values)})"] = value
        return value

    def plant_token(self, what: str, token: str) -> str:
        """Remember a token and what it is made of; the token."""
        _, claims, signature = token.split(".")
        for part in (claims, signature):
            self.plant(f"part of {what}", part)
        return self.plant(what, token)

    def found_in(self, told: str) -> list[str]:
        """What is in the text that must not be, sorted."""
        searched = f"{told}\n{_decoded(told)}".casefold()
        return sorted(
            what
            for what, value in self.values.items()
            if any(spelling.casefold() in searched for spelling in _spellings(value))
        )


def _spellings(value: str) -> set[str]:
    encoded = value.encode()
    # Base64 of what stands somewhere in a longer text is one of three, without what touches the ends.
    inner = {
        base64.b64encode(b"\0" * shift + encoded).decode().rstrip("=")[4 * (shift > 0) : -3]
        for shift in range(3)
    }
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        encoded.hex(),
        *(item for item in inner if len(item) >= _SHORTEST + 3),
    }


def _decoded(told: str) -> str:
    """Lines of JSON as the texts they hold, also those of JSON within JSON."""
    texts: list[str] = []
    for line in told.splitlines():
        _collect(line, texts)
    return "\n".join(texts)


def _collect(text: object, texts: list[str]) -> None:
    if isinstance(text, dict):
        for name, value in text.items():
            _collect(name, texts)
            _collect(value, texts)
    elif isinstance(text, list):
        for item in text:
            _collect(item, texts)
    elif isinstance(text, str):
        texts.append(text)
        if text.startswith(("{", "[", '"')):
            try:
                inner = json.loads(text)
            except (ValueError, RecursionError):
                return
            _collect(inner, texts)
