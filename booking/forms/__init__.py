"""Forms that clients fill in."""
