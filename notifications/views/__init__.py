"""The practitioner's page of messages, and what every desk page says of them."""
