"""Mail templates: subject, body and link of each kind of mail are files that a writer can edit.

A folder of `mails/` has subject.txt and body.txt, and link.txt where the mail has a button: its label.
Blank lines part paragraphs, and lines of one are joined. HTML is made of the same paragraphs (mail.py). A
translation is a message catalog (gettext) whose messages are the paragraphs of these files.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final
from unicodedata import bidirectional

from chalicelib.mail import Attachment, Mail
from chalicelib.resources.events.mail_text import PLACEHOLDERS
from chalicelib.tasks.own_texts import OwnText
from chalicelib.values import localized
from chalicelib.values.localized import Amount, direction
from chalicelib.values.messages import MAILS, ORIGINAL, translated

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).with_name("mails")
_PARAGRAPHS_END: Final = re.compile(r"\n\s*\n")
_ISOLATES: Final = "\u2068\u2069"  # first strong isolate, pop directional isolate
_PARAGRAPHS: Final = re.compile(r"(\n\s*\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate:
    """A kind of mail with the values of one. Subclasses name their folder; their fields are its variables.

    Who gets a `bulk` kind can unsubscribe from it by one click.
    """

    folder: ClassVar[str]
    bulk: ClassVar[bool] = False

    def mail(
        self,
        to: str,
        address: str | None = None,
        *,
        reply_to: str = "",
        kept: Sequence[str | None] = (),
        guess: str | None = None,
    ) -> "Draft":
        """The mail to somebody, still in no language. `address` is where its button leads.

        `kept` are languages that are known with what it is about, `guess` is one for strangers
        (mail_languages.py).

        ValueError where a button has no address, or the other way round.
        """
        if (address is not None) != (TEMPLATES / self.folder / "link.txt").exists():
            raise ValueError(f"the mail {self.folder} has a link.txt, and an address for it, or neither")
        return Draft(self, to, address, reply_to, kept=kept, guess=guess)

    def placeholders(self, language: str) -> dict[str, str]:
        """What the placeholders of its kind stand for, as the language writes it."""
        names = PLACEHOLDERS.get(self.folder, ())
        return {name: str(_on_one_line(language, getattr(self, name))) for name in names}

    def rendered(self, file: str, language: str) -> list[str]:
        """The paragraphs of a file, each one line. Raises jinja2's errors for the template."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        text = environment(language).get_template(f"{self.folder}/{file}").render(values)
        lines = ((line.strip() for line in part.split("\n")) for part in _PARAGRAPHS_END.split(text))
        paragraphs = (" ".join(line for line in part if line) for part in lines)
        return [paragraph for paragraph in paragraphs if paragraph.strip(_ISOLATES)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail that is written once the language of whom it goes to is known.

    `reader` is the address of the account that decides the language, where that is another than `to`; `kept`
    and `guess` are for those without an account. `language` is what its texts are in already, if they are.
    One that `holds_secret` has a link whose secret is committed with the task: an earlier try's is void.
    `links` are (a message of the catalogs, whose it is, URL).
    """

    template: MailTemplate
    to: str
    address: str | None = None
    reply_to: str = ""
    attachments: Sequence[Attachment] = ()
    reader: str = ""
    holds_secret: bool = False
    kept: Sequence[str | None] = ()
    guess: str | None = None
    language: str = ""
    links: Sequence[tuple[str, str, str]] = ()

    def mail(self, language: str = ORIGINAL, own: OwnText | None = None) -> Mail:
        """The mail in a language of messages.languages(MAILS), with a team's own text if there is one.

        Raises jinja2's errors for the template; ValueError where there is no subject.
        """
        subject = " ".join(self.template.rendered("subject.txt", language))
        if not subject:
            raise ValueError(f"the mail {self.template.folder} has no subject")
        paragraphs = self.template.rendered("body.txt", language)
        if own is not None:
            values = self.template.placeholders(language)
            subject = own.subject_with(values) or subject
            paragraphs = own.paragraphs_with(values, paragraphs)
        link = None
        if self.address is not None:
            link = (_without_isolates(" ".join(self.template.rendered("link.txt", language))), self.address)
        return Mail(
            to=self.to,
            subject=_without_isolates(subject),
            paragraphs=tuple(paragraphs),
            link=link,
            reply_to=self.reply_to,
            attachments=self.attachments,
            language=language,
            links=[(f"{_word(label, language)}: {whose}", url) for label, whose, url in self.links],
        )


@cache
def environment(language: str = ORIGINAL) -> "Environment":
    """Jinja2 for our templates: an unknown variable is an error, and a value stays on its line."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape  # lazy: 70 to 110 ms

    made = Environment(
        loader=FunctionLoader(partial(_source, language)),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default_for_string=False),  # HTML and XML; a text has no markup
        finalize=partial(_on_one_line, language),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {name: partial(_filtered, show, language) for name, show in _FILTERS.items()}
    return made


def paragraphs_in(source: str) -> list[str]:
    """The paragraphs of a file as they are written: the messages of catalogs."""
    return [text for part in _PARAGRAPHS_END.split(source) if (text := part.strip())]


def _source(language: str, name: str) -> str | None:
    """A file with its paragraphs translated; None if there is no such file."""
    path = TEMPLATES / name
    if not path.is_file():
        return None
    pieces = _PARAGRAPHS.split(path.read_text(encoding="utf-8"))
    return "".join(_translated(piece, language) for piece in pieces)


def _translated(piece: str, language: str) -> str:
    text = piece.strip()
    return piece.replace(text, translated(text, language, MAILS)) if text else piece


def _on_one_line(language: str, value: Any) -> Any:
    """A value can neither end its paragraph nor begin a header; amounts are written as the language does.

    Among words that are written from right to left, one that is not is isolated (UAX 9): otherwise its
    digits and punctuation are shown on the wrong side of it.
    """
    text = localized.amount(value, language) if isinstance(value, Amount) else value
    if not isinstance(text, str):
        return text
    line = " ".join(text.splitlines())
    is_foreign = direction(language) == "rtl" and any(bidirectional(sign) == "L" for sign in line)
    return f"{_ISOLATES[0]}{line}{_ISOLATES[1]}" if is_foreign else line


def _without_isolates(text: str) -> str:
    """A header or a label: programs show them in their own way."""
    return text.replace(_ISOLATES[0], "").replace(_ISOLATES[1], "")


def _filtered(show: Callable[[Any, str], str], language: str, value: Any) -> str:
    return show(value, language)


def _word(text: str, language: str) -> str:
    return translated(text, language, MAILS)


def _zone(at: Any, language: str) -> str:
    return localized.zone_name(at.begin, at.timezone, language)


# Filters of templates: what is shown in another way in other languages.
_FILTERS: Final[dict[str, Callable[[Any, str], str]]] = {
    "moment": localized.moment,
    "clock": localized.clock,
    "day": localized.day,
    "long_date": localized.long_date,
    "month": localized.month,
    "number": localized.number,
    "word": _word,
    "zone": _zone,
}
