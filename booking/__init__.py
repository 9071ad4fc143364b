"""Time that is asked for, held or taken: requests, participants and appointments."""
