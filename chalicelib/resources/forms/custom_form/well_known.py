"""Built-in fields of the three forms, with their labels, and the names of answers.

Their answers are attributes of the attendee, session or speaker; every other field is an organizer's own
question, with its answer in complex-field-values.
"""

import re
from typing import Final

FORMS: Final = ("attendee", "session", "speaker")

_PERSON: Final = {
    "email": "Email",
    "address": "Address",
    "city": "City",
    "country": "Country",
    "website": "Website",
    "twitter": "Twitter",
    "facebook": "Facebook",
    "github": "GitHub",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "gender": "Gender",
}
_ATTENDEE: Final = {
    "firstname": "First Name",
    "lastname": "Last Name",
    **_PERSON,
    "state": "State",
    "jobTitle": "Job Title",
    "phone": "Phone",
    "taxBusinessInfo": "Tax ID or Business ID",
    "billingAddress": "Billing Address",
    "homeAddress": "Home Address",
    "shippingAddress": "Shipping Address",
    "company": "Organisation",
    "workAddress": "Work Address",
    "workPhone": "Work Phone",
    "blog": "Blog",
    "ageGroup": "Age Group",
    "birthDate": "Birth Date",
    "homeWiki": "Home Wiki",
    "wikiScholarship": "Wiki Scholarship",
    "nativeLanguage": "Native Language",
    "fluentLanguage": "Fluent Languages",
    "acceptVideoRecording": "Video Recording",
    "acceptShareDetails": "Sharing of Contact Details",
    "acceptReceiveEmails": "E-mail Newsletter",
    "isConsentFormField": "Consent",
    "isConsentFormFieldPhoto": "Consent to Photographs",
    "isConsentFormFieldEmail": "Consent to E-mails",
    "isConsentOfRefundPolicy": "Consent to the Refund Policy",
    "sameAsBuyer": "Same as Buyer",
}
_SESSION: Final = {
    "title": "Title",
    "subtitle": "Subtitle",
    "shortAbstract": "Short Abstract",
    "longAbstract": "Long Abstract",
    "comments": "Comments",
    "track": "Track",
    "sessionType": "Session Type",
    "microlocation": "Room",
    "level": "Level",
    "language": "Language",
    "startsAt": "Begins At",
    "endsAt": "Ends At",
    "slidesUrl": "Slides",
    "slides": "Slides",
    "videoUrl": "Video",
    "audioUrl": "Audio",
    "signupUrl": "Sign-up",
    "website": "Website",
    "twitter": "Twitter",
    "facebook": "Facebook",
    "github": "GitHub",
    "linkedin": "LinkedIn",
    "instagram": "Instagram",
    "gitlab": "GitLab",
    "mastodon": "Mastodon",
}
_SPEAKER: Final = {
    "name": "Name",
    **_PERSON,
    "mastodon": "Mastodon",
    "photoUrl": "Photo",
    "organisation": "Organisation",
    "position": "Position",
    "location": "Location",
    "shortBiography": "Short Biography",
    "longBiography": "Long Biography",
    "mobile": "Mobile",
    "speakingExperience": "Speaking Experience",
    "heardFrom": "Heard From",
    "sponsorshipRequired": "Sponsorship Required",
}

# form -> field identifier -> label
WELL_KNOWN: Final = {"attendee": _ATTENDEE, "session": _SESSION, "speaker": _SPEAKER}

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(identifier: str) -> str:
    """The name of an answer in snake_case: shortAbstract becomes short_abstract."""
    return _CAPITAL.sub("_", identifier).replace("-", "_").lower()
