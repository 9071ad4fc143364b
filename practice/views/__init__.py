"""Pages of the practice itself, and who may open the practitioner's."""
