"""Tables of sessions, with the headings of the exported list of sessions."""

import re
from typing import Any, Final

from chalicelib.exports.programme import SESSIONS
from chalicelib.imports.drafts import Draft, Layout
from chalicelib.imports.names import demand_address
from chalicelib.imports.report import Item
from chalicelib.imports.table_import import MistakeAt, TableImport, TableKind, importer_of
from chalicelib.resources.programme.session.states import STATES
from chalicelib.values.addresses import stored_form

_TITLE, _SPEAKERS = "/data/attributes/title", "/data/relationships/speakers"
_STATE_IN_TITLE: Final = re.compile(rf" \((?:{'|'.join(STATES)})\)$")
_LENGTH: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?")
_LINKS: Final = {"track": "track", "room": "microlocation", "session-type": "session-type"}
_LAYOUT: Final = Layout(
    "session",
    SESSIONS,
    written={
        "starts-at": "starts_at",
        "ends-at": "ends_at",
        "abstract-short": "short_abstract",
        "short-abstract": "short_abstract",
        "long-abstract": "long_abstract",
        "comments": "comments",
        "level": "level",
        "status": "state",
        "language": "language",
        "slides": "slides_url",
        "audio": "audio_url",
        "video": "video_url",
        "subtitle": "subtitle",
        "title": "title",
        "submitted-at": "submitted_at",
    },
    named={
        "session-title": _TITLE,
        "speakers": _SPEAKERS,
        "speaker-emails": _SPEAKERS,
        **{name: f"/data/relationships/{wire}" for name, wire in _LINKS.items()},
    },
    more={"state": "state", "type": "session-type", "starts": "starts_at", "ends": "ends_at"},
)


def title_of(draft: Draft) -> str:
    """The title: of its own column, or of the one that has the state behind it."""
    return draft.cell("title") or _STATE_IN_TITLE.sub("", draft.cell("session-title"))


def _label(draft: Draft) -> str:
    return title_of(draft) or f"row {draft.number}"


def _match(state: TableImport, draft: Draft) -> int | None:
    """By title: the second row of a title is the event's second session of it."""
    title = title_of(draft)
    found, nth = state.names.all("session", title, "title"), state.nth(title)
    return found[nth] if nth < len(found) else None


def _complete(state: TableImport, draft: Draft) -> None:
    """Set the title, and link track, room, type and speakers by their names and addresses."""
    if draft.id is None and "title" not in draft.attributes:
        draft.attributes["title"] = title_of(draft)
    draft.attributes = {
        name: value for name, value in draft.attributes.items() if not _is_no_news(name, value)
    }
    for name, wire in _LINKS.items():
        if name in draft.news:
            draft.links[wire] = _named(state, draft, name, wire)
    if {"speakers", "speaker-emails"} & draft.news.keys():
        draft.links["speakers"] = _speakers(state, draft)


def _is_no_news(name: str, value: Any) -> bool:
    """Whether an empty cell says nothing, as a session always has a state."""
    return name in {"state", "submitted-at"} and value is None


def _named(state: TableImport, draft: Draft, name: str, type: str) -> int | None:
    text = draft.cell(name)
    if not text:
        return None
    item = Item(type, text, row=draft.number, places={"/data/attributes": draft.places[_pointer(name)]})
    more: dict[str, Any] = {}
    length = _LENGTH.fullmatch(draft.cell("talk-length")) if type == "session-type" else None
    if length is not None:
        more["length"] = f"{length[1]:0>2}:{length[2]}"
    try:
        return state.names.find_or_make(item, text, more)
    except ValueError as mistake:
        raise MistakeAt(str(mistake), _pointer(name)) from None


def _pointer(name: str) -> str:
    return f"/data/relationships/{_LINKS[name]}"


def _speakers(state: TableImport, draft: Draft) -> list[int]:
    """The speakers by address, and by name those who are named besides. Raises MistakeAt."""
    addresses, names = (
        [part.strip() for part in draft.cell(name).split(";") if part.strip()]
        for name in ("speaker-emails", "speakers")
    )
    paired = dict(zip(addresses, names, strict=True)) if len(addresses) == len(names) else {}
    try:
        ids = [_by_address(state, draft, stored_form(text), paired.get(text)) for text in addresses]
        left = set(ids)
        for name in names:
            known = next((id for id in state.names.all("speaker", name) if id in left), None)
            if known is not None:
                left.discard(known)
            elif not paired:
                ids.append(_by_name(state, name))
    except ValueError as mistake:
        raise MistakeAt(str(mistake), _SPEAKERS) from None
    return list(dict.fromkeys(ids))


def _by_address(state: TableImport, draft: Draft, address: str, name: str | None) -> int:
    found = state.names.find("speaker", address, "email")
    if found is not None:
        return found
    if name is None or not state.importing.wish.options.get("create_missing"):
        raise ValueError(
            f"The event has no speaker with the address {address!r:.100}: import speakers first."
        )
    demand_address(state.importing, address)
    item = Item("speaker", name, row=draft.number, places={"/data/attributes": draft.places[_SPEAKERS]})
    return state.names.find_or_make(item, address, {"name": name}, "email")


def _by_name(state: TableImport, name: str) -> int:
    """The speaker of this name: one without an address, as the others are named by theirs."""
    without = state.names.all("speaker", name, without="email")
    found = without[0] if len(without) == 1 else state.names.find("speaker", name)
    if found is None:
        raise ValueError(f"The event has no speaker {name!r:.100}: import speakers first.")
    return found


SESSION_TABLE: Final = TableKind(_LAYOUT, _label, _match, _complete)
import_sessions: Final = importer_of(SESSION_TABLE)
