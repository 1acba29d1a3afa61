"""Mail templates: subject, body and link of each kind of mail are files that a writer can edit.

A folder of `mails/` has subject.txt and body.txt, and link.txt where the mail has a button: its label.
Blank lines part paragraphs, and lines of one are joined. HTML is made of the same paragraphs (mail.py).
"""

import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from chalicelib.mail import Mail

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).with_name("mails")
_PARAGRAPHS_END: Final = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTemplate:
    """A kind of mail with the values of one. Subclasses name their folder; their fields are its variables."""

    folder: ClassVar[str]

    def mail(self, to: str, address: str | None = None, *, reply_to: str = "") -> Mail:
        """The mail to somebody. `address` is where its button leads. Raises jinja2's errors for the template.

        ValueError where a button has no address, or the other way round, and where there is no subject.
        """
        if (address is not None) != (TEMPLATES / self.folder / "link.txt").exists():
            raise ValueError(f"the mail {self.folder} has a link.txt, and an address for it, or neither")
        subject = " ".join(self._rendered("subject.txt"))
        if not subject:
            raise ValueError(f"the mail {self.folder} has no subject")
        body = self._rendered("body.txt")
        link = None if address is None else (" ".join(self._rendered("link.txt")), address)
        return Mail(to=to, subject=subject, paragraphs=tuple(body), link=link, reply_to=reply_to)

    def _rendered(self, file: str) -> list[str]:
        """The paragraphs of a file, each one line."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        text = environment().get_template(f"{self.folder}/{file}").render(values)
        lines = ((line.strip() for line in part.split("\n")) for part in _PARAGRAPHS_END.split(text))
        paragraphs = (" ".join(line for line in part if line) for part in lines)
        return [paragraph for paragraph in paragraphs if paragraph]


@cache
def environment() -> "Environment":
    """Jinja2 for our templates: an unknown variable is an error, and a value stays on its line."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # lazy: 70 to 110 ms

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default_for_string=False),  # HTML and XML; a text has no markup
        finalize=_on_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _on_one_line(value: Any) -> Any:
    """A value can neither end its paragraph nor begin a header."""
    return " ".join(value.splitlines()) if isinstance(value, str) else value
