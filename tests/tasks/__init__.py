"""What happens later: the outbox, the runner, and each task."""
