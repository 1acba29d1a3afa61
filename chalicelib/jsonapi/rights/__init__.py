"""What rules mean: conditions in SQL, verdicts about one row, and the secrets that a request shows."""
