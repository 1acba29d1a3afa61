"""What knows no noun: requests and answers, errors, content coding, and SQL under construction."""
