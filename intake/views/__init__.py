"""Pages: a person's own, their questionnaire, and the practitioner's reading of it."""
