"""Addresses of the message pages."""

from django.urls import path

from notifications.views import desk

app_name = "messages"

urlpatterns = [
    path("desk/messages/", desk.message_list, name="list"),
    path("desk/messages/<uuid:delivery_id>/again/", desk.try_again, name="try-again"),
]
