from django.apps import AppConfig


class BookingConfig(AppConfig):
    """Imports practice, and is imported by intake and notifications."""

    name = "booking"
    default_auto_field = "django.db.models.BigAutoField"
