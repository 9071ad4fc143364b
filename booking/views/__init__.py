"""Pages: what clients do before and after their private link, and the practitioner's desk."""
