"""Prerendered texts: the API description as packaged, so that a cold function reads instead of generating it.

To generate it, every resource type and action is imported and read. Where nothing is packaged, as in a
checkout, or links begin with a host, each text is generated when it is first asked for.
"""

import re
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Final

from chalicelib.jsonapi.model.resource import Registry
from chalicelib.registered import complete
from chalicelib.settings import settings

FOLDER: Final = Path(__file__).parent / "texts"
# Setting api_prefix while they are written; replaced by the real one when they are read.
PREFIX: Final = "/prefix-of-every-link"
# By file name: what generates the text. The API Blueprint is not among them: it would take much of the room
# that a package has, and is seldom asked for.
MAKERS: Final[dict[str, Callable[[Registry], str]]] = {}
_A_PATH: Final = re.compile(r"(/[\w.-]+)+")

Maker = Callable[[Registry], str]


def prerendered(name: str) -> Callable[[Maker], Maker]:
    """Decorator: the text comes from the file of this name if there is one, and is generated otherwise."""

    def decorate(make: Maker) -> Maker:
        MAKERS[name] = make

        @cache
        @wraps(make)
        def text(registry: Registry) -> str:
            if not usable():
                complete()
                return make(registry)
            import lzma  # lazy: 1 ms, in a package only

            written = lzma.decompress((FOLDER / f"{name}.xz").read_bytes())
            return written.decode().replace(PREFIX, settings().api_prefix)

        return text

    return decorate


@cache
def usable() -> bool:
    """Whether there are files, for a prefix that is a path of harmless characters."""
    return FOLDER.exists() and _A_PATH.fullmatch(settings().api_prefix) is not None
