"""Sends a test email, for staff."""

from chalicelib import signals
from chalicelib.actions.account_requests import body
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import forbidden, invalid
from chalicelib.jsonapi.ground.request import Answer, plain
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import TEST_MAILS
from chalicelib.values.addresses import mistake_in, stored_form


@action("POST", "/v1/test-mail", lenient=True, limited_by=(TEST_MAILS,))
@documented(
    who="staff",
    request={"recipient": "ada@example.org"},
    response={"message": "The test mail is on its way."},
    errors=(400, 401, 403, 413, 422),
)
def send_test_mail(context: Context) -> Answer:
    """{recipient: address} -> {message}. Raises Problem 400, 401, 403, 422."""
    context.demand_account()
    if not context.viewer.is_staff:
        raise forbidden("Staff sends test mails.")
    recipient = body(context).get("recipient")
    if not isinstance(recipient, str) or not recipient.strip():
        raise invalid("recipient is the address of the test mail, and missing.", "/recipient")
    address = stored_form(recipient)
    mistake = mistake_in(address)
    if mistake is not None:
        raise invalid(mistake, "/recipient")
    signals.emit(context.session, "mail.test_requested", recipient=address, viewer_id=context.viewer.id)
    return plain({"message": "The test mail is on its way."})
