"""Addresses of the API, below /api/v1/."""

from django.urls import URLPattern, path, re_path

from booking.api import views

urlpatterns: list[URLPattern] = [
    path("services/", views.ServicesView.as_view(), name="api-services"),
    path("slots/", views.SlotsView.as_view(), name="api-slots"),
    path("requests/", views.RequestsView.as_view(), name="api-requests"),
    path("requests/<uuid:request_id>/", views.RequestView.as_view(), name="api-request"),
    path(
        "requests/<uuid:request_id>/confirm/",
        views.ConfirmView.as_view(),
        name="api-request-confirm",
    ),
    path(
        "requests/<uuid:request_id>/decline/",
        views.DeclineView.as_view(),
        name="api-request-decline",
    ),
    path(
        "requests/<uuid:request_id>/propose/",
        views.ProposeView.as_view(),
        name="api-request-propose",
    ),
    path(
        "requests/<uuid:request_id>/withdraw/",
        views.WithdrawView.as_view(),
        name="api-request-withdraw",
    ),
    path("appointments/", views.AppointmentsView.as_view(), name="api-appointments"),
    path(
        "appointments/<uuid:appointment_id>/reschedule/",
        views.RescheduleView.as_view(),
        name="api-appointment-reschedule",
    ),
    path(
        "appointments/<uuid:appointment_id>/cancel/",
        views.CancelView.as_view(),
        name="api-appointment-cancel",
    ),
    path(
        "appointments/<uuid:appointment_id>/no-show/",
        views.NoShowView.as_view(),
        name="api-appointment-no-show",
    ),
    path(
        "appointments/<uuid:appointment_id>/fulfil/",
        views.FulfilView.as_view(),
        name="api-appointment-fulfil",
    ),
    # The schema and its pages are not ours, everything else that is nothing is: it must end in a
    # slash, so that an address without one is still sent to where it exists.
    re_path(r"^(?!schema/|docs/).*/$", views.NotFoundView.as_view(), name="api-not-found"),
]
