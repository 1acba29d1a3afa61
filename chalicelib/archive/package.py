"""Opens a zip that somebody has sent: what is read agrees with its manifest, in version, sizes and checksums.

That it is what it claims, within bounds, is seen to by imports/files.py.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.archive.declared import FORMAT, MANIFEST, VERSION
from chalicelib.imports.files import Archive, Bounds
from chalicelib.imports.report import BadFile
from chalicelib.jsonapi.ground.json_mistakes import mistake_in_json

BOUNDS: Final = Bounds(most_entries=20_000, most_bytes_of_one=30_000_000, most_bytes=300_000_000)
MOST_JSON: Final = 60_000_000  # bytes of all JSON files together
MOST_PARTS: Final = 1_000_000  # lists and objects in all JSON files together: each takes 200 bytes of memory
MOST_VALUES: Final = 5_000_000  # commas, which values have between them
DEEPEST: Final = 60  # lists and objects within each other


class Package:
    """A zip within its bounds. Raises BadFile."""

    def __init__(self, content: bytes) -> None:
        self._archive = Archive(content, BOUNDS)
        self.names = frozenset(self._archive.names)
        self._left, self._parts, self._values = MOST_JSON, MOST_PARTS, MOST_VALUES
        self._listed: Mapping[str, Any] = {}

    def manifest(self) -> Mapping[str, Any] | None:
        """The manifest of an archive of ours, with which all files agree from now on; None without one.

        Raises BadFile for another format or version, and where it does not list the files that there are.
        """
        if MANIFEST not in self.names:
            return None
        manifest = self.json(MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise BadFile(f"The manifest is not one of {FORMAT}.", path=f"{MANIFEST}/format")
        version = manifest.get("version")
        if version != VERSION or isinstance(version, bool):
            raise BadFile(
                f"This server reads version {VERSION} of the format, and not {version!r:.20}.",
                path=f"{MANIFEST}/version",
            )
        listed = manifest.get("files")
        if not isinstance(listed, dict):
            raise BadFile("The manifest lists no files.", path=f"{MANIFEST}/files")
        differs = sorted(listed.keys() ^ (self.names - {MANIFEST}))
        if differs:
            what = "is not in the zip" if differs[0] in listed else "is not listed in the manifest"
            raise BadFile(f"{differs[0]:.200} {what}.", path=f"{MANIFEST}/files")
        self._listed = listed
        return manifest

    def json(self, name: str) -> Any:
        """The content of a JSON file in UTF-8. Raises BadFile."""
        content = self.content(name)
        self._left -= len(content)
        if self._left < 0:
            raise BadFile(f"The JSON files have more than {MOST_JSON:,} bytes.", path=name)
        self._parts -= content.count(b"{") + content.count(b"[")
        self._values -= content.count(b",")
        if self._parts < 0 or self._values < 0:
            raise BadFile("The JSON files have too many lists, objects and values.", path=name)
        try:
            text = content.decode()
            value = json.loads(text, parse_constant=_refuse)
            _demand_storable(value, name, texts="\\u0000" in text or "\\ud" in text.lower())
            return value
        except UnicodeDecodeError:
            raise BadFile(f"{name} is not UTF-8.", path=name) from None
        except RecursionError:
            raise BadFile(f"{name} is nested too deeply.", path=name) from None
        except ValueError as problem:
            raise BadFile(f"{name} is not JSON: {mistake_in_json(problem)}", path=name) from None

    def content(self, name: str) -> bytes:
        """The bytes of a file, as the zip and the manifest say they are. Raises BadFile."""
        content = self._archive.read(name)
        if self._listed and name != MANIFEST:
            _compare(name, content, self._listed[name])
        return content


def _demand_storable(content: Any, name: str, *, texts: bool) -> None:
    """Raise BadFile for what is nested too deeply, and for `texts` that a database cannot hold."""
    left: list[tuple[Any, int]] = [(content, 0)]
    while left:
        value, depth = left.pop()
        if isinstance(value, str):
            if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
                raise BadFile(f"{name} has a text with a character that cannot be stored.", path=name)
            continue
        if depth > DEEPEST:
            raise BadFile(f"{name} is nested too deeply.", path=name)
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        kept = (str, list, dict) if texts else (list, dict)
        left += [(part, depth + 1) for part in parts if isinstance(part, kept)]


def _compare(name: str, content: bytes, listed: Any) -> None:
    if not isinstance(listed, dict) or listed.get("size") != len(content):
        raise BadFile(f"{name} is not as large as the manifest says.", path=name)
    if listed.get("sha256") != hashlib.sha256(content).hexdigest():
        raise BadFile(f"{name} differs from its checksum in the manifest.", path=name)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
