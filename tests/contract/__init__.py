"""The contract: everything that the description promises is asked of the running system."""
