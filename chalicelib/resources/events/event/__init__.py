"""The event: its declaration, its dates, its people, its group and what it has sold."""
