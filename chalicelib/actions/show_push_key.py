"""The public key by which browsers subscribe to Web Push."""

from typing import Final

from chalicelib import web_push
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import not_found
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.settings import settings

_KEY: Final = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


@action("GET", "/v1/push-subscriptions/public-key")
@documented(
    who="anybody",
    response={"public-key": _KEY},
    errors=(400, 404),
)
def show_push_key(context: Context) -> Answer:
    """{public-key}: what a browser subscribes with (VAPID). 404 where Web Push is not set up."""
    if not web_push.is_set_up():
        raise not_found("Web Push is not set up here.")
    return plain({"public-key": settings().vapid_public_key})
