"""Sessions: the declaration, and the state machine from proposal to stage."""
