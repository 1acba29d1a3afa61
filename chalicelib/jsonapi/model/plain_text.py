"""Converts organizers' markup to plain text lines."""

from html import unescape

from chalicelib.jsonapi.model.markup import BREAKS, attributes, pieces


def plain_text(markup: str | None) -> str:
    """The lines of plain_lines() as one text."""
    return "\n".join(plain_lines(markup))


def plain_lines(markup: str | None) -> list[str]:
    """The lines of the text without tags, links followed by their URL; empty lines are dropped."""
    said: list[str] = []
    address, label_from = "", 0
    for text, tag, closes, rest in pieces(markup or ""):
        if not tag:
            said.append(unescape(text))
        elif tag in BREAKS:
            said.append("\n- " if tag == "li" and not closes else "\n")
        elif tag == "a" and not closes:
            address, label_from = unescape(attributes(rest, "href").get("href", "")), len(said)
        elif tag == "a" and address:
            label = "".join(said[label_from:]).strip()
            if label != address.removeprefix("mailto:"):
                said.append(f" ({address})")
            address = ""
    lines = (" ".join(line.split()) for line in "".join(said).splitlines())
    return [line for line in lines if line not in {"", "-"}]
