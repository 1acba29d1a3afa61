"""Content negotiation by language (RFC 9110, Accept-Language): the best of those that there are texts in."""

import re
from typing import Final

from chalicelib.values.messages import language_of

_LONGEST: Final = 1_000  # characters that are read, as browsers send far fewer
_RANGE: Final = re.compile(
    r"\s*([A-Za-z0-9*_-]{1,40})\s*(?:;\s*[qQ]\s*=\s*(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)\s*)?"
)


def accepted_language(header: str | None, domain: str) -> str | None:
    """The language among messages.languages(domain) that the header weighs most, the first of equals.

    None where it names none of them. `*` names none, and what is no language range is passed over.
    """
    weighed = []
    for part in (header or "")[:_LONGEST].split(","):
        known = _RANGE.fullmatch(part)
        language = known and language_of(known[1], domain)
        weight = float(known[2] or 1) if known else 0.0
        if language and weight:
            weighed.append((weight, language))
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else None
