"""Addresses of the API, below /api/v1/."""

from django.urls import URLPattern, path, re_path

from booking.api.views import (
    answering,
    appointments,
    availability,
    base,
    cohorts,
    deciding,
    desk,
    late,
    own_services,
    requests,
    series,
    services,
    slots,
    waitlist,
)
from booking.api.views.base import ApiView


def _at(address: str, view: type[ApiView], name: str) -> URLPattern:
    return path(address, view.as_view(), name=f"api-{name}")


def _request(address: str, view: type[ApiView], name: str) -> URLPattern:
    return _at(f"requests/<uuid:request_id>/{address}", view, name)


def _appointment(address: str, view: type[ApiView], name: str) -> URLPattern:
    return _at(f"appointments/<uuid:appointment_id>/{address}", view, name)


def _series(address: str, view: type[ApiView], name: str) -> URLPattern:
    return _at(f"series/<uuid:series_id>/{address}", view, name)


def _cohort(address: str, view: type[ApiView], name: str) -> URLPattern:
    return _at(f"cohorts/<uuid:cohort_id>/{address}", view, name)


urlpatterns: list[URLPattern] = [
    _at("services/", services.ServicesView, "services"),
    _at("slots/", slots.SlotsView, "slots"),
    # Asking, and what the practitioner decides.
    _at("requests/", requests.RequestsView, "requests"),
    _request("", requests.RequestView, "request"),
    _request("withdraw/", requests.WithdrawView, "request-withdraw"),
    _request("confirm/", deciding.ConfirmView, "request-confirm"),
    _request("decline/", deciding.DeclineView, "request-decline"),
    _request("propose/", deciding.ProposeView, "request-propose"),
    _request("ask-again/", deciding.AskAgainView, "request-ask-again"),
    _request("undo/", deciding.UndoView, "request-undo"),
    _request("outcome/", deciding.OutcomeView, "request-outcome"),
    _request("people/<uuid:participant_id>/excuse/", desk.ExcuseView, "request-excuse"),
    _request("people/<uuid:participant_id>/answer/", desk.AnswerForView, "request-answer-for"),
    _request(
        "suggestions/<uuid:appointment_id>/end/", desk.EndSuggestionView, "request-end-suggestion"
    ),
    _at("calls/", desk.CallsView, "calls"),
    # What one person sees and says, over their own link.
    _request("ballot/", answering.BallotView, "request-ballot"),
    _request("times/", answering.AskedTimesView, "request-times"),
    _request("answer/", answering.AnswerView, "request-answer"),
    _request("appointments/", appointments.OwnDatesView, "request-appointments"),
    _request("seat/", cohorts.OwnSeatView, "request-seat"),
    _request("stop/", series.StopView, "request-stop"),
    _request("waitlist/", waitlist.OwnPlaceView, "request-waitlist"),
    # What is booked.
    _at("appointments/", appointments.AppointmentsView, "appointments"),
    _at("appointments/cancel-day/", desk.CancelDayView, "appointments-cancel-day"),
    _appointment("people/<uuid:participant_id>/", desk.AddAttendeeView, "appointment-add-person"),
    _appointment("reschedule/", appointments.RescheduleView, "appointment-reschedule"),
    _appointment("cancel/", appointments.CancelView, "appointment-cancel"),
    _appointment("no-show/", appointments.NoShowView, "appointment-no-show"),
    _appointment("fulfil/", appointments.FulfilView, "appointment-fulfil"),
    _appointment("ask-move/", appointments.AskMoveView, "appointment-ask-move"),
    _appointment("late-wish/", late.AskLateView, "appointment-late-wish"),
    _appointment("running-late/", late.RunningLateView, "appointment-running-late"),
    _at("late-wishes/", late.LateWishesView, "late-wishes"),
    _at("late-wishes/<uuid:wish_id>/settle/", late.SettleLateView, "late-wish-settle"),
    # What repeats.
    _appointment("series/preview/", series.SeriesPreviewView, "series-preview"),
    _appointment("series/", series.StartSeriesView, "series-start"),
    _appointment("move-following/", series.MoveFollowingView, "series-move-following"),
    _series("", series.SeriesView, "series"),
    _series("renewal/", series.RenewalView, "series-renewal"),
    _series("pause/", series.PauseView, "series-pause"),
    # Groups, and waiting.
    _at("cohorts/", cohorts.CohortsView, "cohorts"),
    _at("cohorts/own/", cohorts.OwnCohortsView, "cohorts-own"),
    _cohort("", cohorts.CohortView, "cohort"),
    _cohort("call-off/", cohorts.CallOffView, "cohort-call-off"),
    _cohort("sessions/", cohorts.AddSessionView, "cohort-sessions"),
    _at("seats/<uuid:seat_id>/give/", cohorts.GiveSeatView, "seat-give"),
    _at("seats/<uuid:seat_id>/refuse/", cohorts.RefuseSeatView, "seat-refuse"),
    _at("waitlist/", waitlist.WaitlistView, "waitlist"),
    # Hours and services.
    _at("availability/", availability.AvailabilityView, "availability"),
    _at("availability/time-zone/", availability.HoursZoneView, "availability-time-zone"),
    _at("availability/week/", availability.WeekView, "availability-week"),
    _at("availability/days/", availability.DaysView, "availability-days"),
    _at("availability/time-off/", availability.AddTimeOffView, "availability-time-off"),
    _at(
        "availability/time-off/<int:time_off_id>/",
        availability.TimeOffView,
        "availability-time-off-one",
    ),
    _at("availability/energy/", availability.EnergyView, "availability-energy"),
    _at("availability/services/", own_services.OwnServicesView, "availability-services"),
    _at(
        "availability/services/<uuid:service_id>/",
        own_services.OwnServiceView,
        "availability-service",
    ),
    # The schema and its pages are not ours, everything else that is nothing is: it must end in a
    # slash, so that an address without one is still sent to where it exists.
    re_path(r"^(?!schema/|docs/).*/$", base.NotFoundView.as_view(), name="api-not-found"),
]
