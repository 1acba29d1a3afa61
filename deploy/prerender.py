"""Writes the API description into a copy of the product: `python -m deploy.prerender COPY`.

The setting API_PREFIX has to be prerendered.PREFIX, for which each stage's own prefix is put in later.
"""

import lzma
import sys
from pathlib import Path

from chalicelib import entrypoints
from chalicelib.docs import openapi, page, prerendered
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings

_WRITTEN_BY = (openapi, page)  # importing them fills MAKERS


def write(root: Path) -> Path:
    """Write the texts; returns their folder. Raises ValueError if the setting is another one."""
    if settings().api_prefix != prerendered.PREFIX:
        raise ValueError(f"API_PREFIX is not {prerendered.PREFIX}")
    entrypoints.import_all()
    folder = root / prerendered.FOLDER.relative_to(Path(prerendered.__file__).parents[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in prerendered.MAKERS.items():
        # Half of what the package's own compression would make of it.
        (folder / f"{name}.xz").write_bytes(
            lzma.compress(make(REGISTRY).encode(), preset=9 | lzma.PRESET_EXTREME)
        )
    return folder


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
