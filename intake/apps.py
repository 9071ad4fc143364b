from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Imports booking and practice; tells booking who is cleared."""

    name = "intake"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the check of the definitions."""
        from intake import checks  # noqa: F401, PLC0415 - checks register when imported
