"""Users: the account, how a token finds it, and the tokens that it has handed out."""
