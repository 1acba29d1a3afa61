"""What counts after a backup was restored to a moment: docs/disaster.md."""
