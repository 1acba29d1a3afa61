"""HTTP layer: routing, content negotiation, rate limits, idempotency keys and documents."""
