"""Reviews of submitted sessions: phases, criteria, reviewers, assignments, discussion, results."""
