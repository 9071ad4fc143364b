"""Telling people: planned deliveries, reminders, e-mail and calendar invites."""
