"""What Cache-Control says: of answers that shared caches may tell, and of those that they may not."""

SHARED = "public, max-age=0, s-maxage=10, stale-while-revalidate=4, stale-if-error=0"
MISSING = "public, max-age=0, s-maxage=5, stale-if-error=0"
PRIVATE = "private, no-cache"
VARY = "Accept, Accept-Encoding, Authorization, Cookie"
