"""Emails: composed once, sent as plain text and as HTML (MIME multipart/alternative) through SES."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from html import escape
from typing import Any, Final

from chalicelib import aws, doubt, log
from chalicelib.settings import settings
from chalicelib.values.addresses import mistake_in, stored_form
from chalicelib.values.localized import direction

TAG: Final = "mail"  # the name of SES's message tag whose value is the id of a mail
_THROTTLING: Final = frozenset(("Throttling", "ThrottlingException", "TooManyRequestsException"))
_AFTER_THROTTLING: Final = (0.3, 1.0)  # seconds; then it is left to the task

# One layout for all mails: one column that is as wide as a phone, or 600 pixels. Colors are those of the
# reader's choice of light or dark; styles are inline, as many programs drop others.
_PAGE: Final = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{subject}</title>
<style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{
.page {{ background: #16181c !important; color: #e8eaed !important; }}
.card {{ background: #212429 !important; }}
.small, .small a {{ color: #a4abb5 !important; }}
}}
</style>
</head>
<body class="page" style="margin: 0; padding: 0; background: #f2f4f7; color: #1c2024">
<div style="max-width: 600px; margin: 0 auto; padding: 16px 8px; font: 16px/1.5 system-ui, sans-serif">
<div class="card" style="background: #ffffff; border-radius: 8px; padding: 8px 24px; overflow-wrap: anywhere">
{blocks}
</div>
{footer}</div>
</body>
</html>
"""
_BUTTON: Final = (
    "display: inline-block; padding: 12px 20px; border-radius: 6px; background: #1a5fb4; color: #ffffff; "
    "font-weight: 600; text-decoration: none"
)
_SMALL: Final = "padding: 8px 24px; font-size: 13px; color: #5c6570"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent with an email; `media_type` may have parameters."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One email to one recipient. `link` is (label, URL) of a button after the paragraphs.

    `reply_to` is the address that answers go to, where that is not the platform's own. Of the `attachments`
    those are sent that fit into the setting mail_attachment_bytes together, in their order. `unsubscribe` is
    (label, URL) of one-click unsubscription, for mails to many (RFC 8058). `id` is the same whenever this
    mail is sent: of it is its Message-ID. `links` are (label, URL) of further links, after the button.
    """

    to: str
    subject: str
    paragraphs: Sequence[str]
    link: tuple[str, str] | None = None
    reply_to: str = ""
    attachments: Sequence[Attachment] = ()
    language: str = "en"
    unsubscribe: tuple[str, str] | None = None
    id: str = ""
    links: Sequence[tuple[str, str]] = ()

    def text(self) -> str:
        """The plain text part."""
        shown = filter(None, (self.link, *self.links, self.unsubscribe))
        links = (f"{label}:\n{address}" for label, address in shown)
        return "\n\n".join((*self.paragraphs, *links)) + "\n"

    def html(self) -> str:
        """The HTML part; all content is escaped."""
        blocks = [f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs]
        if self.link:
            label, address = self.link
            blocks.append(f'<p><a href="{escape(address)}" style="{_BUTTON}">{escape(label)}</a></p>')
        for label, address in self.links:
            blocks.append(f'<p><a href="{escape(address)}">{escape(label)}</a></p>')
        footer = ""
        if self.unsubscribe:
            label, address = self.unsubscribe
            link = f'<a href="{escape(address)}" style="color: #5c6570">{escape(label)}</a>'
            footer = f'<p class="small" style="{_SMALL}">{link}</p>\n'
        return _PAGE.format(
            language=escape(self.language),
            direction=direction(self.language),
            subject=escape(self.subject),
            blocks="\n".join(blocks),
            footer=footer,
        )

    @property
    def message_id(self) -> str:
        """Its Message-ID (RFC 5322, section 3.6.4); "" without an id."""
        _, sender = parseaddr(settings().mail_from)
        return f"<{self.id}@{sender.rpartition('@')[2] or 'localhost'}>" if self.id else ""


class Undeliverable(Exception):
    """The address is invalid: sending will never succeed."""


class Unheard(Exception):
    """SES failed with the mail in its hands: nobody knows whether it took it."""


def send(mail: Mail) -> str:
    """Send the email through SES; returns SES's id of it.

    Raises Undeliverable for an invalid address, ClientError for what SES refuses, Unheard or another one of
    boto3's errors where nobody knows what SES did, and InDoubt as a last resort: who calls it has asked
    before.
    """
    doubt.demand_certainty(f"mail to {mail.to}: {mail.subject}")
    to = stored_form(mail.to)
    if mistake_in(to) is not None:
        raise Undeliverable("the letter goes to nobody: its address is none that mail can be sent to")
    message = EmailMessage(policy=SMTP)
    message["From"] = settings().mail_from
    message["To"] = Address(addr_spec=to)
    answers_to = stored_form(mail.reply_to)
    if answers_to and mistake_in(answers_to) is None:
        message["Reply-To"] = Address(addr_spec=answers_to)
    message["Subject"] = " ".join(mail.subject.split())
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no program answers it
    if mail.message_id:
        message["Message-ID"] = mail.message_id
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe[1]}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text())
    message.add_alternative(mail.html(), subtype="html")
    _attach(message, mail.attachments)
    message["Content-Language"] = mail.language  # at last: parts take such headers along
    ses_id = _taken(message.as_bytes(), _published(mail))
    log.info("a mail was sent", message_id=ses_id)  # not the subject, which may contain names
    return ses_id


def _taken(content: bytes, published: dict[str, Any]) -> str:
    """SES's id of the mail. Only what SES has refused for its pace is asked again: that it did not take."""
    waits = list(_AFTER_THROTTLING)
    while True:
        try:
            sent = {"Source": settings().mail_from, "RawMessage": {"Data": content}, **published}
            return str(aws.ses().send_raw_email(**sent)["MessageId"])
        except aws.refusal() as problem:
            if problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
                raise Unheard("SES failed, and may have taken the mail") from problem
            if not waits or problem.response["Error"]["Code"] not in _THROTTLING:
                raise
        time.sleep(waits.pop(0))


def _published(mail: Mail) -> dict[str, Any]:
    """What lets SES publish what becomes of the mail, and say of which."""
    if not settings().mail_configuration_set:
        return {}
    tags = [{"Name": TAG, "Value": mail.id}] if mail.id else []
    return {"ConfigurationSetName": settings().mail_configuration_set, "Tags": tags}


def _attach(message: EmailMessage, attachments: Sequence[Attachment]) -> None:
    left = settings().mail_attachment_bytes
    for attachment in attachments:
        if len(attachment.content) > left:
            log.warning("an attachment is too large for its mail", bytes=len(attachment.content))
            continue
        left -= len(attachment.content)
        kind, *parameters = attachment.media_type.split(";")
        main, _, sub = kind.strip().partition("/")
        message.add_attachment(
            attachment.content,
            maintype=main,
            subtype=sub,
            filename=attachment.name,
            params=dict(parameter.strip().split("=", 1) for parameter in parameters),
        )
