"""The order: its declaration, its state machine, its places and how long it holds them."""
