"""Text with a little markup, as organisers write it, for readers who get plain lines."""

from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = {"blockquote", "br", "h1", "h2", "h3", "hr", "li", "ol", "p", "pre", "ul"}
_UNREAD: Final = {"script", "style"}


def plain_lines(markup: str | None) -> list[str]:
    """The lines of the text without tags; links are followed by their address. Empty lines are left out."""
    reader = _Reader()
    reader.feed(markup or "")
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return [line for line in lines if line not in {"", "-"}]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._address = ""
        self._label_from = 0
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self._address, self._label_from = dict(attrs).get("href") or "", len(self.parts)
        elif tag in _UNREAD:
            self._unread += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "a" and self._address:
            label = "".join(self.parts[self._label_from :]).strip()
            if label != self._address.removeprefix("mailto:"):
                self.parts.append(f" ({self._address})")
            self._address = ""
        elif tag in _UNREAD:
            self._unread = max(0, self._unread - 1)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(data)
