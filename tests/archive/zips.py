"""Archives that were tampered with."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from tests.archive.conftest import Archive


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target.getvalue()


def sealed(files: Mapping[str, bytes], **members: Any) -> bytes:
    """A zip of these files, whose manifest agrees with them; `members` replace some of the manifest's."""
    others = {name: content for name, content in files.items() if name != "manifest.json"}
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in others.items()
    }
    manifest = {**json.loads(files["manifest.json"]), "files": listed, **members}
    return zipped({**others, "manifest.json": json.dumps(manifest).encode()})


def changed(archive: Archive, type_name: str, change: Callable[[list[Any]], Any]) -> bytes:
    """The archive with the resources of a type changed, and a manifest that agrees."""
    data = archive.documents(type_name)
    change(data)
    document = json.dumps({"data": data}).encode()
    return sealed({**archive.files, f"documents/{type_name}.json": document})
