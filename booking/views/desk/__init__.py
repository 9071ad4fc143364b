"""The practitioner's desk: what waits, requests, the calendar, appointments, booking by phone."""
