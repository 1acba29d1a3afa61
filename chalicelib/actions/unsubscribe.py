"""/v1/unsubscribe/{token}: one-click unsubscription from mails of a kind (RFC 8058), and its page."""

from html import escape
from typing import Final
from urllib.parse import parse_qsl

from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, Request
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.limit import Exempt
from chalicelib.resources.admin import unsubscribing
from chalicelib.resources.admin.mail_suppression import UNSUBSCRIBED, suppress
from chalicelib.values.accepted_languages import accepted_language
from chalicelib.values.localized import direction
from chalicelib.values.messages import MAILS, ORIGINAL, translated

_HTML: Final = "text/html; charset=utf-8"
_FIELD: Final = ("List-Unsubscribe", "One-Click")
_ASKED: Final = "Mails like the one that you got will not be sent to {address} any more."
_DONE: Final = "You are unsubscribed: mails like this are not sent to {address} any more."
_BUTTON: Final = "Unsubscribe"
_SIGNED: Final = Exempt("the token is signed: nothing can be guessed")
_HEADERS: Final = {
    "Content-Type": _HTML,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}
_PAGE: Final = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 34rem; margin: 4rem auto; padding: 0 1rem; font: 1.1rem/1.5 system-ui, sans-serif; }}
p {{ overflow-wrap: anywhere; }}
button {{ padding: .7rem 1.2rem; border: 0; border-radius: 6px; background: #1a5fb4; color: #fff; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{said}</p>
{form}</body>
</html>
"""
_EXAMPLE: Final = "WyJhZGFAZXhhbXBsZS5vcmciLCJhbm5vdW5jZV9ldmVudCJd.0"


@action("GET", "/v1/unsubscribe/{token}", reads_token=False, limited_by=(_SIGNED,))
@documented(
    who="whoever got such a mail, by its link", path={"token": _EXAMPLE}, media_type=_HTML, errors=(404,)
)
def show_unsubscription(context: Context, token: str) -> Answer:
    """A page with a button that unsubscribes; looking at it changes nothing. Raises Problem 404."""
    return _page(context.request, _ASKED, _recipient(token)[0], asks=True)


@action("POST", "/v1/unsubscribe/{token}", reads_token=False, limited_by=(_SIGNED,))
@documented(
    who="whoever got such a mail, by its link",
    path={"token": _EXAMPLE},
    request={_FIELD[0]: _FIELD[1]},
    media_type=_HTML,
    errors=(404, 413, 422),
)
def unsubscribe(context: Context, token: str) -> Answer:
    """Mails of this kind are not sent to the address any more: what mail programs do by one click. The body
    is a form, `List-Unsubscribe=One-Click`, or the same as JSON. Raises Problem 404, 422.
    """
    email, kind = _recipient(token)
    if not _is_one_click(context.request):
        raise invalid("The body is the form List-Unsubscribe=One-Click.", "/List-Unsubscribe")
    suppress(context.session, email, kind, UNSUBSCRIBED)
    return _page(context.request, _DONE, email, asks=False)


def _recipient(token: str) -> tuple[str, str]:
    found = unsubscribing.parse(token)
    if found is None:
        raise not_found("This link does not unsubscribe from anything.")
    return found


def _is_one_click(request: Request) -> bool:
    """Whether the form says so: urlencoded, as multipart/form-data, or as JSON."""
    text = request.body.decode("utf-8", "replace")
    if "json" in request.headers.get("content-type", ""):
        return "".join(text.split()) == f'{{"{_FIELD[0]}":"{_FIELD[1]}"}}'
    _, named, rest = text.partition(f'name="{_FIELD[0]}"')
    return rest.partition("--")[0].strip() == _FIELD[1] if named else parse_qsl(text) == [_FIELD]


def _page(request: Request, said: str, email: str, *, asks: bool) -> Answer:
    language = accepted_language(request.headers.get("accept-language"), MAILS) or ORIGINAL
    button = escape(translated(_BUTTON, language, MAILS))
    field = f'<input type="hidden" name="{_FIELD[0]}" value="{_FIELD[1]}">'
    form = f'<form method="post">{field}<button>{button}</button></form>\n' if asks else ""
    text = escape(translated(said, language, MAILS)).format(address=f"<b><bdi>{escape(email)}</bdi></b>")
    page = _PAGE.format(language=language, direction=direction(language), title=button, said=text, form=form)
    return Answer(200, page, dict(_HEADERS))
