"""Wallet passes of emails about tickets: for Apple as files, for Google as links."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from chalicelib import log
from chalicelib.mail import Attachment
from chalicelib.settings import NotConfigured, settings
from chalicelib.tasks.mail_template import Draft
from chalicelib.tasks.order_summary import Admission, OrderSummary
from chalicelib.tasks.signed_codes import sign_codes_of
from chalicelib.tasks.wallet_passes import APPLE, GOOGLE, WalletPass, is_set_up, pass_of

LABEL: Final = "Add to Google Wallet"
_MOST: Final = 5  # tickets: whoever has bought more sends them on, and each holder has a pass of their own


def with_passes(
    session: Session, summary: OrderSummary, draft: Draft, admissions: Sequence[Admission]
) -> Draft:
    """The mail with the passes of these tickets, where the installation makes some.

    Credentials that sign nothing keep nobody from getting their tickets: the mail goes without passes, and
    the log has an error.
    """
    wallets = [wallet for wallet in (APPLE, GOOGLE) if is_set_up(wallet)]
    if not wallets or len(admissions) > _MOST:
        return draft
    sign_codes_of(session, [admission.attendee_id for admission in admissions])
    known = [pass_of(session, summary.order.id, admission.attendee_id) for admission in admissions]
    passes = [each for each in known if each is not None and not each.refusal]
    for wallet in wallets:
        try:
            draft = _with(draft, passes, wallet)
        except NotConfigured as problem:
            log.error("a mail has no passes", wallet=wallet, reason=str(problem))
    return draft


def _with(draft: Draft, passes: Sequence[WalletPass], wallet: str) -> Draft:
    made = [each.made(wallet) for each in passes]
    if wallet == APPLE:
        if not settings().mail_attachment_bytes:
            return draft
        files = [
            Attachment(f"ticket-{number}.pkpass", media_type, content)
            for number, (content, media_type) in enumerate(made, 1)
        ]
        return replace(draft, attachments=[*draft.attachments, *files])
    links = [
        (LABEL, each.ticket.holder or each.ticket.kind, content.decode())
        for each, (content, _) in zip(passes, made, strict=True)
    ]
    return replace(draft, links=links)
