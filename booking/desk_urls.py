"""Addresses of the practitioner's desk, under /desk/."""

from datetime import date

from django.urls import path, register_converter

from booking.views.desk import appointments, calendar, calls, ill, requests, waiting

app_name = "desk"


class DateConverter:
    """A calendar date in a path, such as 2026-11-25."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read it; an impossible date, or one of another century, is no page (ValueError)."""
        day = date.fromisoformat(value)
        if not 2000 <= day.year < 2200:
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        """Write it."""
        return value.isoformat()


register_converter(DateConverter, "desk-date")

urlpatterns = [
    path("", waiting.waiting, name="waiting"),
    path("requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("requests/<uuid:request_id>/confirm/", requests.confirm, name="confirm"),
    path("requests/<uuid:request_id>/propose/", requests.propose, name="propose"),
    path("requests/<uuid:request_id>/decline/", requests.decline, name="decline"),
    path("requests/<uuid:request_id>/undo/", requests.undo, name="undo"),
    path(
        "requests/<uuid:request_id>/people/<uuid:participant_id>/excuse/",
        requests.excuse,
        name="excuse",
    ),
    path("calendar/", calendar.calendar, name="calendar"),
    path("agenda/", calendar.agenda, name="agenda"),
    path("ill/", ill.ill, name="ill"),
    path("ill/<desk-date:day>/", ill.done, name="ill-done"),
    path("appointments/<uuid:appointment_id>/", appointments.appointment_page, name="appointment"),
    path("appointments/<uuid:appointment_id>/move/", appointments.move, name="move"),
    path("appointments/<uuid:appointment_id>/cancel/", appointments.cancel, name="cancel"),
    path("appointments/<uuid:appointment_id>/ended/", appointments.ended, name="ended"),
    path(
        "appointments/<uuid:appointment_id>/add/<uuid:participant_id>/",
        appointments.add,
        name="add",
    ),
    path("book/", calls.book, name="book"),
]
