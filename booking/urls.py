"""Addresses of booking: the clients' and the practitioner's."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("booking.client_urls")),
    path("desk/", include("booking.desk_urls")),
]
