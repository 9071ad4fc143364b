"""Template filters of booking."""
