"""Excerpts: a short plain text beginning of a long text, so that lists need not contain the whole.

Derived when the text is written, and stored with it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from html import unescape
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import Mapped

from chalicelib.jsonapi.model.fields import Schema, fields
from chalicelib.jsonapi.model.markup import OPENER, pieces

LONGEST: Final = 200  # characters, the ellipsis included
_ELLIPSIS: Final = "…"
_NO_TAG: Final = "\u2039"  # looks like the < that it replaces
# Inline elements, which do not separate words: bo<b>ld</b> is one.
_INLINE: Final = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark",
    "q", "s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr",
}  # fmt: skip
_JOINER, _SELECTORS = "\u200d", range(0xFE00, 0xFE10)
_SKIN_TONES, _FLAGS, _TAG_LETTERS = range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200), range(0xE0020, 0xE0080)
_INVISIBLE: Final = re.compile("[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b\u2060\ufeff]")
_DANGLING: Final = " ,;:.\u2013\u2014-(/\u2026"


class HasExcerpt:
    """Mixin for tables with an excerpt; keep_excerpt() says of which columns."""

    excerpt: Mapped[str | None]


class ExcerptShown(Schema):
    """Schema mixin with the read-only excerpt."""

    excerpt = fields.Str(dump_only=True)


def keep_excerpt(model: Any, *names: str) -> None:
    """Derive a model's `excerpt` from the first non-empty of these columns, whenever one is set."""
    model.__derived__ = {**model.__derived__, "excerpt": names}
    for name in names:
        event.listen(getattr(model, name), "set", _renewing(name, names))


def excerpt(text: str | None) -> str | None:
    """The beginning of a text with or without markup: plain, 200 characters at most, whole words.

    A truncated text ends with an ellipsis. Scripts without spaces are cut between grapheme clusters. None for
    a text without visible content.
    """
    plain = plain_text(text or "", LONGEST)
    if len(plain) <= LONGEST:
        return plain or None
    room = LONGEST - len(_ELLIPSIS)
    cut = plain.rfind(" ", 0, room + 1)
    if cut < LONGEST // 2:  # a script without spaces, or one endless word
        cut = _between_characters(plain, room)
    return plain[:cut].rstrip(_DANGLING) + _ELLIPSIS


def plain_text(text: str, enough: int | None = None) -> str:
    """The plain text of markup, in one line; stops once there are `enough` characters.

    Entities are decoded, and what would then be a tag gets another bracket, as clients may render it as
    markup.
    """
    said: list[str] = []
    room = None if enough is None else 2 * enough
    for piece, tag, *_ in pieces(text):
        said.append(unescape(piece) if not tag else "" if tag in _INLINE else " ")
        if enough is not None and room is not None and (room := room - len(said[-1])) < 0:
            if len(_in_one_line(said)) > enough:
                break
            room = sum(map(len, said))  # doubled each time, so the text is scanned a few times at most
    plain = _in_one_line(said)
    return OPENER.sub(_NO_TAG, plain) if "<" in plain else plain


def _in_one_line(said: list[str]) -> str:
    line = "".join(said)
    if not line.isprintable():  # what is printable has nothing invisible
        line = _INVISIBLE.sub("", line)
    return " ".join(line.split())


def _renewing(name: str, names: Sequence[str]) -> Callable[..., None]:
    def renew(row: Any, value: str | None, _former: object, _initiator: object) -> None:
        texts = (value if column == name else row.__dict__.get(column) for column in names)
        row.excerpt = next(filter(None, map(excerpt, texts)), None)

    return renew


def _between_characters(text: str, at: int) -> int:
    """The last position up to `at` that splits no grapheme cluster: accents, joined emoji, flags."""
    while at > 1 and _belongs_to_former(text, at):
        at -= 1
    return at


def _belongs_to_former(text: str, at: int) -> bool:
    letter, former = text[at], text[at - 1]
    code = ord(letter)
    if unicodedata.category(letter).startswith("M") or code in _SELECTORS or code in _SKIN_TONES:
        return True
    if _JOINER in (letter, former) or code in _TAG_LETTERS:
        return True
    if code not in _FLAGS:
        return False
    run = at
    while run > 0 and ord(text[run - 1]) in _FLAGS:
        run -= 1
    return (at - run) % 2 == 1
