from django.apps import AppConfig


class PracticeConfig(AppConfig):
    """The lowest app: it imports none of the others."""

    name = "practice"
    default_auto_field = "django.db.models.BigAutoField"
