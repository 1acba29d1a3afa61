"""Files of an archive: our own uploads that its rows refer to, under paths within the zip.

An address of one is replaced by `open-event-archive:` and its path, wherever it stands in an attribute.
Addresses that lead elsewhere stay, and nothing is ever fetched from them.
"""

import re
from collections.abc import Callable, Collection
from typing import Any, Final

from chalicelib.archive.declared import DERIVED, FORMAT
from chalicelib.settings import settings
from chalicelib.upload_urls import MEDIA
from chalicelib.uploads.sniff import EXTENSIONS

SCHEME: Final = f"{FORMAT}:"
KINDS: Final = ("image", "video", "audio", "document")
FOLDER: Final = "/media/"
_PATH: Final = r"/[A-Za-z0-9_./-]+"
PLACED: Final = re.compile(re.escape(SCHEME) + f"({_PATH})")
_KIND_OF: Final = {
    ending: kind if (kind := mime_type.partition("/")[0]) in KINDS else "document"
    for mime_type, ending in EXTENSIONS.items()
}
# Where the former server's archives have a file; {id} is the row's number, {name} its name.
_FORMER: Final = {
    ("event", "logo-url"): "/images/logo",
    ("event", "original-image-url"): "/images/original",
    ("session", "video-url"): "/videos/session_{id}",
    ("session", "audio-url"): "/audios/session_{id}",
    ("session", "slides-url"): "/slides/session_{id}",
    ("speaker", "photo-url"): "/images/speakers/{name}_{id}",
    ("sponsor", "logo-url"): "/images/sponsors/{name}_{id}",
}
_LONGEST_NAME: Final = 40


class Media:
    """The files of one archive: `paths` by the key of the object, in the order in which they are met."""

    def __init__(self, kinds: Collection[str]) -> None:
        self.paths: dict[str, str] = {}
        self._kinds = frozenset(kinds)
        endings = "|".join(sorted(_KIND_OF))
        self._ours = re.compile(
            rf"{re.escape(settings().media_url)}/({MEDIA}[\w./-]+?\.({endings}))(?![\w./-])"
        )

    def placed(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The resource object with the paths of its files in place of their addresses."""
        attributes = resource["attributes"]
        text = settings().media_url
        for wire, value in attributes.items():
            if value is None or not mentions(value, text):
                continue
            if (resource["type"], wire) in DERIVED:
                attributes[wire] = None if self._is_ours(value) else value
            else:
                attributes[wire] = replaced(value, self._ours, self._placing(resource, wire, value))
        return resource

    def _is_ours(self, value: Any) -> bool:
        found = self._ours.fullmatch(value) if isinstance(value, str) else None
        return found is not None and _KIND_OF[found[2]] in self._kinds

    def _placing(self, resource: dict[str, Any], wire: str, value: Any) -> Callable[[re.Match[str]], str]:
        def place(found: re.Match[str]) -> str:
            key, ending = found[1], found[2]
            if _KIND_OF[ending] not in self._kinds or ".." in key:
                return found[0]
            if key not in self.paths:
                former = _FORMER.get((resource["type"], wire)) if found[0] == value else None
                path = f"{FOLDER}{len(self.paths) + 1}.{ending}"
                self.paths[key] = path if former is None else _filled_in(former, resource)
            return SCHEME + self.paths[key]

        return place


def mentions(value: Any, text: str) -> bool:
    """Whether the text is anywhere in the value."""
    if isinstance(value, str):
        return text in value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(mentions(part, text) for part in parts)


def replaced(value: Any, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> Any:
    """The value, of whatever depth, with what matches replaced in its texts."""
    if isinstance(value, str):
        return pattern.sub(replace, value)
    if isinstance(value, dict):
        return {name: replaced(part, pattern, replace) for name, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, pattern, replace) for part in value]
    return value


def _filled_in(former: str, resource: dict[str, Any]) -> str:
    words = re.findall(r"[A-Za-z0-9]+", resource["attributes"].get("name") or "")
    name = "".join(word[:1].upper() + word[1:] for word in words)[:_LONGEST_NAME]
    return former.replace("{name}", name).replace("{id}", resource["id"])
