"""Event roles, and the sets of roles that permissions refer to.

A role's name is what the database stores and what clients see; the sets name who passes where, say, "an
organizer" is required.
"""

from typing import Final

OWNER_ROLE: Final = "owner"
ORGANIZER_ROLE: Final = "organizer"
COORGANIZER_ROLE: Final = "coorganizer"
TRACK_ORGANIZER_ROLE: Final = "track_organizer"
MODERATOR_ROLE: Final = "moderator"
REGISTRAR_ROLE: Final = "registrar"
ATTENDEE_ROLE: Final = "attendee"

# The built-in roles, with their titles. Rows with these names are inserted by a migration and cannot be
# deleted.
BUILT_IN: Final = {
    OWNER_ROLE: "Owner",
    ORGANIZER_ROLE: "Organizer",
    COORGANIZER_ROLE: "Co-organizer",
    TRACK_ORGANIZER_ROLE: "Track organizer",
    MODERATOR_ROLE: "Moderator",
    REGISTRAR_ROLE: "Registrar",
    ATTENDEE_ROLE: "Attendee",
}

OWNER: Final = frozenset({OWNER_ROLE})
ORGANIZERS: Final = OWNER | {ORGANIZER_ROLE}
COORGANIZERS: Final = ORGANIZERS | {COORGANIZER_ROLE}
TRACK_ORGANIZERS: Final = COORGANIZERS | {TRACK_ORGANIZER_ROLE}
MODERATORS: Final = COORGANIZERS | {MODERATOR_ROLE}
REGISTRARS: Final = COORGANIZERS | {REGISTRAR_ROLE}
# Everybody who works for the event, in whichever role.
EVENT_TEAM: Final = frozenset(BUILT_IN) - {ATTENDEE_ROLE}
