"""All addresses of the site."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from config import docs, health

urlpatterns: list[URLPattern | URLResolver] = [
    # First, because it is asked most, and every pattern before costs it time.
    path("api/v1/", include("booking.api.urls")),
    path("", include("practice.urls")),
    path("", include("booking.urls")),
    path("", include("intake.urls")),
    path("", include("notifications.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", docs.api_docs, name="api-docs"),
    path("healthz/live", health.live, name="health-live"),
    path("healthz/ready", health.ready, name="health-ready"),
    path("healthz/messages", health.messages, name="health-messages"),
    path("healthz/metrics", health.metrics, name="health-metrics"),
]

handler500 = "config.errors.failed"

if settings.MAIL_CATCHER_DIR is not None:
    urlpatterns.append(path("dev/", include("config.dev.urls")))
