"""People with several accounts: each with its own rights, joined and parted."""
