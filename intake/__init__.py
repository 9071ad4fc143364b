"""The questionnaires: what each person answers and signs, private to each person."""
