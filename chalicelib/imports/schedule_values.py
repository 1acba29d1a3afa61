"""What a talk's attributes would be, and whether they say something else than what is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chalicelib.feeds.slots import Link, is_web
from chalicelib.imports.programmes import ImportedTalk
from chalicelib.jsonapi.model.plain_text import plain_text
from chalicelib.values.xml_writing import sayable

_LINKS: Final = {"website": "website", "sign up": "signup-url", "video": "video-url", "audio": "audio-url"}
SLIDES: Final = "slides"
_CUT: Final = 400  # characters that feeds leave of a text at least


def attributes_of(talk: ImportedTalk) -> dict[str, Any]:
    """The attributes by wire name, in the forms that a client sends."""
    attributes: dict[str, Any] = {
        "title": talk.title,
        "starts-at": talk.begin.isoformat(),
        "ends-at": talk.end.isoformat(),
    }
    for name, value in (
        ("subtitle", talk.subtitle),
        ("language", talk.language),
        ("short-abstract", talk.abstract),
        ("long-abstract", talk.description),
    ):
        if value is not None:
            attributes[name] = value.strip()
    if talk.is_cancelled:
        attributes["state"] = "canceled"
    attributes |= _addresses(talk.links, talk.attachments)
    return attributes


def without(links: Sequence[Any] | None, unsaid: Sequence[Any]) -> list[Any]:
    """The links that a feed has: those of mail are not in it."""
    return [link for link in links or () if link not in unsaid]


def new_ones(attributes: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that say something else than what is stored: of texts, without markup."""
    return {name: value for name, value in attributes.items() if not _is_same(name, value, stored[name])}


def _is_same(name: str, value: Any, stored: Any) -> bool:
    if name in {"starts-at", "ends-at"}:
        return stored is not None and abs(datetime.fromisoformat(value) - stored).total_seconds() < 1
    if isinstance(value, str) and isinstance(stored or "", str):
        written, known = _lines(value), _lines(stored or "")
        return written == known or (len(written) >= _CUT and known.startswith(written))
    return bool(value == stored or (not value and not stored))


def _lines(text: str) -> str:
    return " ".join(sayable(plain_text(text)).split())


def _addresses(links: Sequence[Link], attachments: Sequence[Link]) -> dict[str, Any]:
    """Attributes for the web addresses: those that feeds name, the website, and a list of all others."""
    found: dict[str, Any] = {}
    others: list[dict[str, str]] = []
    for link in links:
        name = _LINKS.get(link.name.strip().lower(), "")
        if not is_web(link.address):
            continue
        if name and name not in found:
            found[name] = link.address
        elif "website" not in found and not name:
            found["website"] = link.address
        else:
            others.append({"name": link.name or link.address, "link": link.address})
    for link in attachments:
        if not is_web(link.address):
            continue
        if link.name.strip().lower() == SLIDES and "slides-url" not in found:
            found["slides-url"] = link.address
        else:
            others.append({"name": link.name or link.address, "link": link.address})
    return {**found, **({"slides": others} if others else {})}
