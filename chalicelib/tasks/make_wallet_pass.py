"""Makes a wallet pass of a ticket, and stores it for whoever may fetch it."""

from sqlalchemy.orm import Session

from chalicelib import log, paper_store
from chalicelib.tasks.registry import task
from chalicelib.tasks.signed_codes import sign_codes_of
from chalicelib.tasks.wallet_passes import TASK, is_set_up, pass_of


@task(TASK)
def make_wallet_pass(session: Session, attendee_id: int, order_id: int, wallet: str) -> None:
    """Make and store the pass of this attendee's ticket, as it is now."""
    sign_codes_of(session, [attendee_id])
    known = pass_of(session, order_id, attendee_id)
    if known is None or known.refusal or not is_set_up(wallet):
        log.info("there is no pass to be made", attendee_id=attendee_id, wallet=wallet)
        return
    content, media_type = known.made(wallet)
    paper_store.store(known.paper(wallet).key, content, media_type)
