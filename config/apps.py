from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The frame around the apps: it has templates, static files and commands, but no models."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        # Whatever process Django runs in, tasks go to our Celery application, logs lose their
        # paths and the settings are checked. Imported here and not in `config/__init__.py`, so
        # that the launcher need not load Celery.
        import_module("config.celery")
        import_module("config.logs")
        import_module("config.checks")
