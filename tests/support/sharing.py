"""What Cache-Control says: of answers that shared caches may tell, and of those that they may not."""

SHARED = "public, max-age=0, s-maxage=10, stale-while-revalidate=4, stale-if-error=0"
MISSING = "public, max-age=0, s-maxage=5, stale-if-error=0"
PRIVATE = "private, no-cache"
VARY = "Accept, Accept-Encoding, Authorization, Cookie"
LIFETIMES = {SHARED, MISSING}
# Nouns of what is sold or counted: to declare one of them as shared is a mistake.
NEVER = {
    "access-code", "attendee", "discount-code", "event-invoice", "event-statistics-general", "order",
    "order-statistics-event", "order-statistics-ticket", "session-sign-up", "ticket", "ticket-pool",
    "ticket-tag", "waiting-list-entry",
}  # fmt: skip
