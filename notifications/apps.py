from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The highest app below the composition root: it may read all the others."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Receivers connect on import; nothing else in the project imports them.
        from notifications import receivers  # noqa: F401, PLC0415  (must wait for the models)
