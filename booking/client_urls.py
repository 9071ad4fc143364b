"""Addresses of clients' pages. None of them says what the practice does."""

from django.urls import URLPattern, path

from booking.views import (
    ballot,
    dates,
    details,
    links,
    moving,
    person,
    places,
    request,
    sent,
    undoing,
    zones,
)

urlpatterns: list[URLPattern] = [
    path("request/", request.who, name="request"),
    path("request/article/", request.drop_article, name="request-article"),
    path("request/session/", request.session, name="request-session"),
    path("request/time/", request.time, name="request-time"),
    path("request/details/", details.details, name="request-details"),
    path("request/other/", request.younger, name="request-younger"),
    path("request/sent/", sent.sent, name="request-sent"),
    path("request/sent/address/", sent.send_elsewhere, name="request-address"),
    path("open/again/", links.link_again, name="link-again"),
    path("open/done/", links.done, name="link-done"),
    path("open/undone/", undoing.undone, name="address-undone"),
    path("open/undo/<str:token>/", undoing.undo_address, name="undo-address"),
    path("open/<str:token>/", links.open_link, name="open"),
    path("you/leave/", links.leave_device, name="leave-device"),
    path("you/<uuid:participant_id>/join/", person.join, name="join"),
    path(
        "you/<uuid:participant_id>/decline/", person.decline_invitation, name="decline-invitation"
    ),
    path("you/<uuid:participant_id>/times/", person.answer_times, name="answer-times"),
    path("you/<uuid:participant_id>/when/", ballot.when, name="when"),
    path("you/<uuid:participant_id>/zone/", zones.own_zone, name="own-zone"),
    path("you/<uuid:participant_id>/wait/", places.wait, name="wait"),
    path("you/<uuid:participant_id>/wait/stop/", places.stop_waiting, name="stop-waiting"),
    path("you/<uuid:participant_id>/place/leave/", places.leave_group, name="leave-place"),
    # Without an appointment: the next one.
    path("you/<uuid:participant_id>/move/", moving.find_time, name="ask-move"),
    path("you/<uuid:participant_id>/cancel/", dates.cancel, name="cancel-appointment"),
    path("you/<uuid:participant_id>/leave/", dates.cancel, name="leave-appointment"),
    *(
        path(f"you/<uuid:participant_id>/dates/<uuid:appointment_id>/{rest}", view, name=name)
        for rest, view, name in (
            ("", dates.date, "date"),
            ("move/", moving.find_time, "move-date"),
            ("keep/", moving.keep, "keep-date"),
            ("cancel/", dates.cancel, "cancel-date"),
            ("ask/", dates.ask, "ask-about-date"),
            ("late/", dates.running_late, "running-late"),
        )
    ),
    path("you/<uuid:participant_id>/withdraw/", person.withdraw, name="withdraw"),
    path("you/<uuid:participant_id>/address/", person.correct_address, name="correct-address"),
    path("you/<uuid:participant_id>/address/code/", person.prove_address, name="prove-address"),
    path(
        "you/<uuid:participant_id>/people/<uuid:other_id>/",
        person.correct_invitation,
        name="correct-invitation",
    ),
]
