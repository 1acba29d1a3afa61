"""Two lookups: whether an address is taken, and whose token this is."""

from chalicelib.actions.account_requests import account_at, body, text
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import CHECK_EMAIL


@action("POST", "/v1/users/checkEmail", lenient=True, reads_token=False, limited_by=(CHECK_EMAIL,))
@action("POST", "/v1/users/check_email", lenient=True, reads_token=False, limited_by=(CHECK_EMAIL,))
@documented(
    who="everybody",
    open=True,
    request={"email": "ada@example.org"},
    response={"exists": True, "result": False},
    errors=(400, 413),
)
def check_email(context: Context) -> Answer:
    """{email} -> {exists, result}: whether an account has this address, and whether none has.

    One is the negation of the other; some clients read the one, some the other.
    """
    exists = account_at(context, text(body(context), "email")) is not None
    return plain({"exists": exists, "result": not exists})


@action("GET", "/v1/users/user-details/get-user-id", lenient=True)
@documented(response={"user_id": 1}, errors=(401,))
def get_user_id(context: Context) -> Answer:
    """The id of the user to whom the token belongs."""
    context.demand_account()
    return plain({"user_id": context.viewer.id})
