"""Language tags, such as en, pt-BR or zh_Hans."""

import re
from typing import Final

# RFC 5646: language, script, region and variants. Clients also separate them by underscores.
TAG: Final = re.compile(
    r"[A-Za-z]{2,3}(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?(?:[-_][A-Za-z0-9]{5,8})*"
)


def mistake_in(tag: str) -> str | None:
    """What is wrong with the tag, or None."""
    return None if TAG.fullmatch(tag) else "Not a language tag, such as en or pt-BR."
