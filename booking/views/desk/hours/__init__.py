"""Hours: the week, single days, time off, and what can be given in one day."""
