"""What clients have been promised, kept beside what is promised now."""
