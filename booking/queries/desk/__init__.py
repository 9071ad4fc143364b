"""What the practitioner sees: one module per page of the desk, each with a fixed number of queries.

Everything here takes the practitioner's id and finds nothing of anybody else's.
"""
