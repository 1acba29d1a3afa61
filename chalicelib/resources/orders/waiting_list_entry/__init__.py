"""The waiting list: who waits, what is offered to them, and how an offer becomes an order."""
