from django.apps import AppConfig


class PracticeConfig(AppConfig):
    """The lowest app: it imports none of the others."""

    name = "practice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Receivers connect on import.
        from practice import receivers  # noqa: F401, PLC0415  (must wait for the models)
