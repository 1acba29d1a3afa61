"""Message catalogs (gettext's PO files): texts of files that people read, in their language.

`translations/TAG.po` is a language, another file another one; texts of mails and of papers are domains of
their own (gettext's term): `translations/mails/TAG.po`, `translations/papers/TAG.po`. The original texts are
English, and the keys. A text without a translation stays as it is.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from chalicelib.values.languages import stored_form

CATALOGS: Final = Path(__file__).with_name("translations")
ORIGINAL: Final = "en"
EXPORTS: Final = ""  # domains: folders of translations/
MAILS: Final = "mails"
PAPERS: Final = "papers"
_QUOTED: Final = r'(?:\s*"(?:[^"\\\n]|\\.)*")+'
_ENTRY: Final = re.compile(rf"^msgid({_QUOTED})\s*^msgstr({_QUOTED})", re.MULTILINE)
_PART: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def language_of(tag: str | None, domain: str = EXPORTS) -> str | None:
    """The language among languages() of a tag such as de-AT, or of its English name; None for any other."""
    primary = re.split("[-_]", stored_form(tag or ""), maxsplit=1)[0].lower()
    return primary if primary in languages(domain) else None


@lru_cache(maxsize=3)
def languages(domain: str = EXPORTS) -> tuple[str, ...]:
    """The languages that have texts, sorted: two or three letters (ISO 639)."""
    return tuple(sorted((ORIGINAL, *(path.stem for path in (CATALOGS / domain).glob("*.po")))))


def translated(text: str, language: str, domain: str = EXPORTS) -> str:
    """The text in a language of languages(); `language` may be empty for the original."""
    return text if language in {"", ORIGINAL} else catalog(language, domain).get(text) or text


@lru_cache(maxsize=8)
def catalog(language: str, domain: str = EXPORTS) -> Mapping[str, str]:
    """The translations in the file of this language, by original; its heading is left out."""
    content = (CATALOGS / domain / f"{language}.po").read_text(encoding="utf-8")
    entries = ((_joined(original), _joined(text)) for original, text in _ENTRY.findall(content))
    return {original: text for original, text in entries if original}


def _joined(quoted: str) -> str:
    """The text of the quoted parts, whose escapes are those of JSON."""
    return "".join(json.loads(part) for part in _PART.findall(quoted))
