"""Views by noun: read what was sent, make one call, write what it returned."""
