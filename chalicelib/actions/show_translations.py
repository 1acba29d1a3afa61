"""Message catalog: the texts of mails and of exports as a gettext template, for translators."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from chalicelib.docs.documented import documented
from chalicelib.exports import wording
from chalicelib.jsonapi.ground.errors import forbidden
from chalicelib.jsonapi.ground.request import Answer, of_bytes
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.jsonapi.model.plain_text import plain_lines
from chalicelib.resources.orders.payment.modes import PAYMENT_MODES

_ZIP: Final = "application/zip"
_ENDS: Final = re.compile(r"\n\s*\n")
_SHORTCUTS: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n"})
_HEADER: Final = (
    "Project-Id-Version: open-event-serverless",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8",
    "Content-Transfer-Encoding: 8bit",
)


@action("GET", "/v1/admin/content/translations/all", lenient=True)
@documented(who="staff", media_type=_ZIP, errors=(401, 403))
def show_translations(context: Context) -> Answer:
    """A zip with messages.pot: each text of our mails and exported lists, with its file or list.

    Raises Problem 401, 403.
    """
    context.demand_account()
    if not context.viewer.is_staff:
        raise forbidden("Translations are for staff.")
    return of_bytes(_archive(), _ZIP, "translations.zip")


@lru_cache(maxsize=1)
def _archive() -> bytes:
    import io  # lazy: no other request needs them
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        # A fixed time, so that the same texts make the same bytes.
        archive.writestr(zipfile.ZipInfo("messages.pot"), template())
    return content.getvalue()


def template() -> str:
    """All texts in the format of gettext's PO files: one message for each different text, with its places."""
    places: dict[str, list[str]] = {}
    for place, text in _texts():
        places.setdefault(text, []).append(place)
    entries = ['msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in _HEADER)]
    for text, where in places.items():
        entries.append(f'#: {" ".join(where)}\nmsgid "{text.translate(_SHORTCUTS)}"\nmsgstr ""\n')
    return "\n".join(entries)


def _texts() -> Iterator[tuple[str, str]]:
    """(file:line, paragraph) of each template of a mail, and (place, text) of all else that is translated."""
    from chalicelib.tasks.mail_template import TEMPLATES  # lazy: no other request needs them
    from chalicelib.tasks.session_texts import TEXTS

    for path in sorted(TEMPLATES.glob("*/*.txt")):
        line = 1
        for part in _ENDS.split(path.read_text(encoding="utf-8")):
            text = part.strip()
            if text:
                yield f"{path.parent.name}/{path.name}:{line}", text
            line += part.count("\n") + 2
    for state, said in TEXTS.items():
        for text in (said["subject"], *plain_lines(said["message"])):
            yield f"session_texts/{state}", text
    for mode in PAYMENT_MODES.values():
        if mode.phrase:
            yield f"payment_modes/{mode.name}", mode.phrase
    yield from wording.texts()
