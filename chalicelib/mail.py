"""Emails: composed once, sent as plain text and as simple HTML through SES."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from chalicelib import aws, log
from chalicelib.settings import settings
from chalicelib.values.addresses import mistake_in, stored_form


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
    those are sent that fit into the setting mail_attachment_bytes together, in their order.
    """

    to: str
    subject: str
    paragraphs: Sequence[str]
    link: tuple[str, str] | None = None
    reply_to: str = ""
    attachments: Sequence[Attachment] = ()

    def text(self) -> str:
        """The plain text part."""
        blocks = [*self.paragraphs, *([f"{self.link[0]}:\n{self.link[1]}"] if self.link else [])]
        return "\n\n".join(blocks) + "\n"

    def html(self) -> str:
        """The HTML part; all content is escaped."""
        blocks = [f"<p>{escape(paragraph)}</p>" for paragraph in self.paragraphs]
        if self.link:
            label, address = self.link
            blocks.append(f'<p><a href="{escape(address)}">{escape(label)}</a></p>')
        return f"<!DOCTYPE html>\n<html><body>\n{chr(10).join(blocks)}\n</body></html>\n"


class Undeliverable(Exception):
    """The address is invalid: sending will never succeed."""


def send(mail: Mail) -> None:
    """Send the email through SES. Raises boto3's errors, and Undeliverable for an invalid address."""
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
    message.set_content(mail.text())
    message.add_alternative(mail.html(), subtype="html")
    _attach(message, mail.attachments)
    answer = aws.ses().send_raw_email(Source=settings().mail_from, RawMessage={"Data": message.as_bytes()})
    log.info("a mail was sent", message_id=answer["MessageId"])  # not the subject, which may contain names


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
