"""Preview of a badge that is being designed, as a PDF with its sample texts."""

from typing import Final

from chalicelib.actions.account_requests import body
from chalicelib.badges.background import background
from chalicelib.badges.layout import TooMuchText, drawn
from chalicelib.badges.sent import Members, badge_of
from chalicelib.docs.documented import documented
from chalicelib.jsonapi.ground.errors import bad_document, invalid, not_found
from chalicelib.jsonapi.ground.request import Answer, of_bytes
from chalicelib.jsonapi.http.action import action
from chalicelib.jsonapi.model.context import Context
from chalicelib.limits.declared import BADGE_PREVIEWS

_AT: Final = "/badgeForms"
_SENT: Final = {
    "badgeForms": [
        {
            "badgeID": "speakers",
            "badgeSize": "4x3",
            "badgeColor": "#ffffff",
            "badgeOrientation": "Landscape",
            "badgeFields": [
                {"field_identifier": "firstname", "custom_field": "First Name", "sample_text": "Ada"},
            ],
        }
    ]
}


@action("POST", "/v1/badge-forms/preview-badge-pdf", lenient=True, secret=True, limited_by=(BADGE_PREVIEWS,))
@documented(
    request=_SENT,
    optional=("badgeID", "badgeSize", "badgeColor", "badgeOrientation", "custom_field", "sample_text"),
    media_type="application/pdf",
    errors=(400, 401, 404, 413, 422),
)
def preview_badge(context: Context) -> Answer:
    """{badgeForms: [{badgeSize, badgeColor, badgeImageURL, badgeOrientation, badgeFields}]} -> a PDF.

    The first form is drawn, with sample texts. An image is drawn if it was uploaded here; no other URL is
    fetched. 404 without a form; 422 points at what cannot be drawn.
    """
    context.demand_account()
    forms = body(context).get("badgeForms")
    if forms is None or forms == []:
        raise not_found("There is no badge form to draw.", _AT)
    if not isinstance(forms, list):
        raise bad_document("badgeForms must be a list of badge forms.", _AT)
    members = Members(forms[0], f"{_AT}/0")
    badge = badge_of(members, background(members.text("badge_image_url")))
    try:
        content = drawn(badge)
    except TooMuchText as problem:
        raise invalid(str(problem), members.pointer("badge_fields")) from None
    return of_bytes(content, "application/pdf", "badge.pdf")
