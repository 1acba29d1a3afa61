"""Tables of speakers, with the headings of the exported list of speakers."""

from typing import Final

from chalicelib.exports.programme import SPEAKERS
from chalicelib.imports.drafts import Draft, Layout
from chalicelib.imports.names import demand_address
from chalicelib.imports.table_import import MistakeAt, TableImport, TableKind, importer_of
from chalicelib.values.addresses import stored_form

_EMAIL: Final = "/data/attributes/email"
_LAYOUT: Final = Layout(
    "speaker",
    SPEAKERS,
    written={
        **{
            name: name
            for name in (
                "name", "email", "mobile", "organisation", "position", "city", "country", "website",
                "twitter", "facebook", "github", "linkedin", "gender",
            )
        },
        "bio": "short_biography",
        "long-bio": "long_biography",
        "experience": "speaking_experience",
        "sponsorship-required": "sponsorship_required",
        "heard-from": "heard_from",
        "featured": "is_featured",
    },
    more={"e-mail": "email", "organization": "organisation", "company": "organisation"},
)  # fmt: skip


def _label(draft: Draft) -> str:
    return draft.cell("name") or draft.cell("email") or f"row {draft.number}"


def _match(state: TableImport, draft: Draft) -> int | None:
    """By e-mail address; without one, by the name of a speaker who has none either."""
    address = stored_form(draft.cell("email"))
    if address:
        return state.names.find("speaker", address, "email")
    name = draft.cell("name")
    found, nth = state.names.all("speaker", name, without="email"), state.nth(name)
    return found[nth] if nth < len(found) else None


def _complete(state: TableImport, draft: Draft) -> None:
    """A new speaker's address is given by organizers alone."""
    if draft.id is not None and "email" not in draft.attributes:
        return
    try:
        demand_address(state.importing, stored_form(draft.cell("email")))
    except ValueError as mistake:
        raise MistakeAt(str(mistake), _EMAIL) from None


SPEAKER_TABLE: Final = TableKind(_LAYOUT, _label, _match, _complete)
import_speakers: Final = importer_of(SPEAKER_TABLE)
