"""The wording of every message, once for plain text and HTML alike."""
