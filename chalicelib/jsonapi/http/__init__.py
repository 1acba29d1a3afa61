"""From a request to an answer: addresses, negotiation, limits, answers that are kept, and documents."""
