"""A copy of the product with its manifest, as a package has it."""

import shutil
from pathlib import Path

from deploy import manifest

ROOT = Path(__file__).resolve().parent.parent.parent


def packaged(folder: Path) -> Path:
    """Copy the product into the folder, and write the manifest there."""
    shutil.copy(ROOT / "app.py", folder)
    for part in ("chalicelib", "devstack"):
        shutil.copytree(ROOT / part, folder / part)  # with what is compiled, which takes longer than the rest
    manifest.write(folder)
    return folder
