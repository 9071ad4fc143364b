"""The demo practice: made-up people, made by calling the operations, not by writing rows."""
