"""HTML sanitizer: parses markup in linear time and keeps a short list of harmless tags.

An HTML parser repairs malformed input, which can take quadratic time for a hostile text. So a text is first
rewritten here, in linear time, to well-formed markup of limited depth; nh3 then has the last word on what is
harmless. Source of the rules: html.spec.whatwg.org, section 13.2.5 (tokenization).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

DEEPEST: Final = 32  # nested elements; the tags of deeper ones are dropped
MOST_TAGS: Final = 2_000  # in one text
_INLINE: Final = {"a", "b", "code", "em", "i", "s", "strong", "sub", "sup", "u"}
_LISTS: Final = {"ol", "ul"}
_HEADINGS: Final = {"h1", "h2", "h3"}
_BLOCKS: Final = {"blockquote", "li", "p", "pre", *_LISTS, *_HEADINGS}
_VOID: Final = {"br", "hr"}
# Tags that begin a line of text.
BREAKS: Final = _BLOCKS | _VOID
_TAGS: Final = _INLINE | BREAKS
_UNREAD: Final = {"script", "style"}  # their content is not text
# Start of a tag or a comment; "I <3 it" and "a < b" contain none.
OPENER: Final = re.compile("<(?=[a-zA-Z/!?])")
# Possessive quantifiers: no backtracking, so matching takes linear time.
_TAG: Final = re.compile(
    r"""<(/?)([a-zA-Z][^ \t\n\f\r/>]*+)((?:[^=>]++|=[ \t\n\f\r]*+(?:"[^"]*+"|'[^']*+')?+)*+)>"""
)
_ATTRIBUTE: Final = re.compile(
    r"""([^ \t\n\f\r/>="']++)(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\n\f\r"'>]*+)))?+"""
)
_CLOSED: Final = {name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE) for name in _UNREAD}
_NEW_LINES: Final = re.compile("(?<=<pre>)\n+")  # a parser drops the first one


class Piece(NamedTuple):
    """A run of text, or a tag: its name in lower case, and the rest of it after the name."""

    text: str
    tag: str = ""
    closes: bool = False
    rest: str = ""


def may_hold_tags(text: str) -> bool:
    """Whether anything in the text could be parsed as a tag or a comment."""
    return "<" in text and OPENER.search(text) is not None


def has_too_many_tags(text: str) -> bool:
    """Whether the text has more than MOST_TAGS tags."""
    return "<" in text and text.count("<") > MOST_TAGS and sum(1 for _ in OPENER.finditer(text)) > MOST_TAGS


def pieces(markup: str) -> Iterator[Piece]:
    """Tokens of the markup: text and tags, without comments and the content of scripts and styles.

    A tag that is never closed by > is text.
    """
    at = 0
    while (opener := OPENER.search(markup, at)) is not None:
        start = opener.start()
        tag = _TAG.match(markup, start)
        end = tag.end() if tag is not None else _end_of_comment(markup, start)
        if end < 0:
            break
        if start > at:
            yield Piece(markup[at:start])
        at = end
        if tag is None:
            continue
        name, closes = tag[2].lower(), bool(tag[1])
        yield Piece("", name, closes, tag[3])
        if name in _UNREAD and not closes:
            closing = _CLOSED[name].search(markup, end)
            if closing is None:
                return
            at = closing.start()
    if at < len(markup):
        yield Piece(markup[at:])


def attributes(rest: str, *names: str) -> dict[str, str]:
    """Those attributes of a tag that have these names; entities are not decoded."""
    attributes: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(rest):
        name = match[1].lower()
        if name in names and name not in attributes:
            attributes[name] = next((value for value in match.groups()[1:] if value is not None), "")
    return attributes


def sanitize(text: str) -> str:
    """The text with harmless tags only; links get target=_blank and rel=nofollow.

    Plain text and clean markup are returned unchanged. In a text with too many tags every < is escaped.
    """
    if not may_hold_tags(text):
        return text
    if has_too_many_tags(text):
        return text.replace("<", "&lt;")
    import nh3  # lazy: only writes need it

    clean = nh3.clean(
        _well_formed(text.lstrip("\ufeff")),
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    lines = clean.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return _NEW_LINES.sub("", lines)


def _end_of_comment(markup: str, start: int) -> int:
    """The index after the comment that starts there; -1 where it is not closed or not a comment."""
    if markup.startswith("<!--", start):
        end = markup.find("-->", start + 2)  # <!--> is a complete comment
        return end + 3 if end >= 0 else -1
    is_tag = markup[start + 1 : start + 3].lstrip("/")[:1].isalpha()
    return -1 if is_tag else markup.find(">", start) + 1 or -1


def _well_formed(markup: str) -> str:
    """Allowed tags only, each closed, so that the parser has nothing to repair."""
    written: list[str] = []
    within: list[str] = []
    for text, tag, closes, rest in pieces(markup):
        if not tag:
            written.append(text.replace("<", "&lt;"))
        elif tag in _VOID:
            if tag == "hr":
                _close(written, within, "p")
            written.append(f"<{tag}>")
        elif tag not in _TAGS:
            continue
        elif closes:
            _close(written, within, tag, kept_by=_LISTS if tag == "li" else set())
        else:
            _make_way(written, within, tag)
            if len(within) < DEEPEST:
                within.append(tag)
                written.append(f"<{tag}{_link(rest) if tag == 'a' else ''}>")
    written.extend(f"</{tag}>" for tag in reversed(within))
    return "".join(written)


def _make_way(written: list[str], within: list[str], tag: str) -> None:
    """Close the open elements that cannot contain this one."""
    if tag == "a":
        _close(written, within, "a")
    if tag in _BLOCKS:
        _close(written, within, "p")
    if tag in _HEADINGS and within and within[-1] in _HEADINGS:
        _close(written, within, within[-1])
    if tag == "li":
        _close(written, within, "li", kept_by=_BLOCKS - {"li", "p"})


def _close(
    written: list[str], within: list[str], tag: str, kept_by: set[str] | frozenset[str] = frozenset()
) -> None:
    """Close the innermost open `tag` and all within it, unless an element of `kept_by` is in between."""
    for depth in range(len(within) - 1, -1, -1):
        if within[depth] == tag:
            written.extend(f"</{tag}>" for tag in reversed(within[depth:]))
            del within[depth:]
            return
        if within[depth] in kept_by:
            return


def _link(rest: str) -> str:
    return "".join(
        f' {name}="{value.replace(chr(34), "&quot;").replace("<", "&lt;").replace(">", "&gt;")}"'
        for name, value in attributes(rest, "href", "title").items()
    )
