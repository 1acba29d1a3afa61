"""Who somebody is: tokens, passwords, and the verbs about accounts."""
