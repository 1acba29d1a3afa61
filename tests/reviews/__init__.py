"""Reviews of submitted sessions: phases, anonymity, conflicts of interest, assignment, decisions."""
