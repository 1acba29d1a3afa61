"""Orders: tickets bought, their attendees, taxes, fees and payment."""
