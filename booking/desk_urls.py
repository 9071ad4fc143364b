"""Addresses of the practitioner's desk, under /desk/."""

from datetime import date

from django.urls import path, register_converter

from booking.views.desk import (
    appointments,
    calendar,
    calls,
    changing,
    composing,
    deciding,
    defaults,
    groups,
    ill,
    pausing,
    requests,
    series,
    services,
    waiting,
    waitlist,
)
from booking.views.desk.hours import days, energy, overview, time_zone, timeoff, week

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
    path("settings/sessions/", defaults.defaults, name="defaults"),
    path("requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("requests/<uuid:request_id>/confirm/", deciding.confirm, name="confirm"),
    path("requests/<uuid:request_id>/propose/", deciding.propose, name="propose"),
    path("requests/<uuid:request_id>/decline/", deciding.decline, name="decline"),
    path("requests/<uuid:request_id>/ask-again/", deciding.ask_again, name="ask-again"),
    path("requests/<uuid:request_id>/undo/", deciding.undo, name="undo"),
    path(
        "requests/<uuid:request_id>/people/<uuid:participant_id>/excuse/",
        deciding.excuse,
        name="excuse",
    ),
    path(
        "requests/<uuid:request_id>/people/<uuid:participant_id>/answer/",
        deciding.answer_for,
        name="answer-for",
    ),
    path(
        "requests/<uuid:request_id>/suggestions/<uuid:appointment_id>/end/",
        deciding.end_suggestion,
        name="end-suggestion",
    ),
    path("waitlist/", waitlist.waitlist, name="waitlist"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("agenda/", calendar.agenda, name="agenda"),
    path("ill/", ill.ill, name="ill"),
    path("ill/<desk-date:day>/", ill.done, name="ill-done"),
    path("appointments/<uuid:appointment_id>/", appointments.appointment_page, name="appointment"),
    path("appointments/<uuid:appointment_id>/move/", changing.move, name="move"),
    path("appointments/<uuid:appointment_id>/cancel/", changing.cancel, name="cancel"),
    path("appointments/<uuid:appointment_id>/ended/", changing.ended, name="ended"),
    path(
        "appointments/<uuid:appointment_id>/add/<uuid:participant_id>/",
        changing.add,
        name="add",
    ),
    path("appointments/<uuid:appointment_id>/late/", changing.running_late, name="running-late"),
    path(
        "appointments/<uuid:appointment_id>/wishes/<uuid:wish_id>/keep/",
        changing.keep,
        name="keep",
    ),
    path("appointments/<uuid:appointment_id>/repeat/", series.start, name="repeat"),
    path(
        "appointments/<uuid:appointment_id>/move-following/",
        series.move_following,
        name="move-following",
    ),
    path("series/<uuid:series_id>/", series.series_page, name="series"),
    path("series/<uuid:series_id>/pause/", pausing.pause, name="pause"),
    path("series/<uuid:series_id>/renew/", series.renew, name="renew"),
    path("series/<uuid:series_id>/skip/<uuid:appointment_id>/", series.skip, name="skip"),
    path("groups/", groups.groups, name="groups"),
    path("groups/new/", composing.compose, name="group-new"),
    path("groups/<uuid:cohort_id>/", groups.group_page, name="group"),
    path("groups/<uuid:cohort_id>/edit/", composing.edit, name="group-edit"),
    path("groups/<uuid:cohort_id>/sessions/", groups.add_session, name="group-session"),
    path("groups/<uuid:cohort_id>/call-off/", groups.call_off, name="call-off"),
    path("groups/<uuid:cohort_id>/seats/<uuid:seat_id>/give/", groups.give, name="give-seat"),
    path("groups/<uuid:cohort_id>/seats/<uuid:seat_id>/refuse/", groups.refuse, name="refuse-seat"),
    path("book/", calls.book, name="book"),
    path("hours/", overview.overview, name="hours"),
    path("hours/week/", week.week, name="hours-week"),
    path("hours/days/", days.days, name="hours-days"),
    path("hours/days/<desk-date:day>/", days.days, name="hours-day"),
    path("hours/off/", timeoff.time_off, name="time-off"),
    path("hours/off/<int:time_off_id>/", timeoff.time_off, name="time-off-one"),
    path("hours/energy/", energy.energy, name="energy"),
    path("hours/zone/", time_zone.time_zone, name="time-zone"),
    path("services/", services.services, name="services"),
    path("services/new/", services.service, name="service-new"),
    path("services/<uuid:service_id>/", services.service, name="service"),
]
