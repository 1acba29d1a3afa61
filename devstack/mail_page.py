"""The inbox at /local/mails: every mail that was sent, at a phone's width, with headers and attachments.

Whoever asks for JSON, as curl does, gets the list as such; `?to=ADDRESS` narrows it to one recipient. A
mail can be let bounce, as SES would publish it.
"""

import json
import os
from html import escape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote

from devstack import aws_stand_in, mail_events
from devstack.aws_stand_in import Resources
from devstack.gateway import HttpAnswer

PATH: Final = "/local/mails"
_EVENTS: Final = {"bounce": "Let it bounce", "complaint": "Complain of it"}
_STYLE: Final = Path(__file__).with_suffix(".css").read_text()


def answer(method: str, target: str, accept: str) -> HttpAnswer | None:
    """The answer to a request for the inbox; None for any other."""
    path, _, query = target.partition("?")
    if path != PATH:
        return None
    resources = Resources(os.environ["AWS_ENDPOINT_URL"], "", os.environ["TASKS_QUEUE_URL"], "", "")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    mails = aws_stand_in.mails(resources.endpoint, asked.get("to", ""))
    if method == "POST":
        return _published(resources, mails, asked)
    if method not in {"GET", "HEAD"}:
        return None
    if "text/html" not in accept:
        content = json.dumps(mails, ensure_ascii=False).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Access-Control-Allow-Origin", "*"),
            ("Vary", "Accept"),
        ]
        return HttpAnswer(200, headers, content)
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Vary", "Accept"),
        ("Cache-Control", "no-store"),
    ]
    return HttpAnswer(200, headers, _page(mails, _number(asked, mails)).encode())


def _published(resources: Resources, mails: list[dict[str, Any]], asked: dict[str, str]) -> HttpAnswer | None:
    """Let SES publish what has become of a mail, and show it again."""
    number, event = _number(asked, mails), asked.get("event")
    if number is None or event not in _EVENTS or "message-id" not in mails[number]["headers"]:
        return None
    mail_events.publish(resources, mail_events.event_of(mails[number], event))
    return HttpAnswer(303, [("Location", f"{PATH}?mail={number}")], b"")


def _number(asked: dict[str, str], mails: list[dict[str, Any]]) -> int | None:
    """The place of the mail that is shown: the one that is asked for, or the newest."""
    text = asked.get("mail", "")
    number = int(text) if text.isascii() and text.isdecimal() else len(mails) - 1
    return number if 0 <= number < len(mails) else None


def _page(mails: list[dict[str, Any]], number: int | None) -> str:
    listed = "".join(_entry(mails[place], place, place == number) for place in reversed(range(len(mails))))
    shown = (
        "<p>No mail was sent yet. Sign somebody up.</p>" if number is None else _mail(mails[number], number)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'  # browsers ask for one
        f"<title>Mails ({len(mails)})</title><style>{_STYLE}</style></head>\n"
        f'<body><nav aria-label="Mails"><h1>{len(mails)} mails</h1>{listed}</nav>\n'
        f"<main>{shown}</main></body></html>\n"
    )


def _entry(mail: dict[str, Any], place: int, is_shown: bool) -> str:
    current = ' aria-current="page"' if is_shown else ""
    files = f" · {len(mail['attachments'])} files" if mail["attachments"] else ""
    return (
        f'<a href="{PATH}?mail={place}"{current}><b dir="auto">{escape(mail["subject"])}</b>'
        f"<span>{escape(', '.join(mail['to']))}{files}</span></a>\n"
    )


def _mail(mail: dict[str, Any], number: int) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in mail["headers"].items()
    )
    files = "".join(
        f'<li><a download="{escape(file["name"] or "file")}" '
        f'href="data:{escape(file["type"])};base64,{file["base64"]}">'
        f"{escape(file['name'] or 'file')}</a> ({len(file['base64']) * 3 // 4:,} bytes)</li>"
        for file in mail["attachments"]
    )
    events = "".join(
        f'<form method="post" action="{PATH}?mail={number}&amp;event={quote(event)}">'
        f"<button>{label}</button></form>"
        for event, label in _EVENTS.items()
    )
    # Links open outside of the frame, in which no script runs.
    framed = mail["html"].replace("<head>", '<head><base target="_blank">', 1)
    frame = (
        f'<iframe title="The mail at a phone\'s width" sandbox="allow-popups" '
        f'srcdoc="{escape(framed)}"></iframe>'
        if mail["html"]
        else ""
    )
    return (
        f'<h2 dir="auto">{escape(mail["subject"])}</h2><p>To {escape(", ".join(mail["to"]))}</p>'
        f"<p>{events}</p><details><summary>Headers</summary><table>{rows}</table></details>"
        + (f"<ul>{files}</ul>" if files else "")
        + f'<div class="views">{frame}<pre dir="auto">{escape(mail["text"])}</pre></div>'
    )
