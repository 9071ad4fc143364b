"""Addresses of the message pages."""

from django.urls import path

from notifications.views import (
    absences,
    bounces,
    choices,
    desk,
    feeds,
    ledgers,
    own,
    remaining,
    replies,
    routes,
    webhooks,
    wordings,
)

app_name = "messages"

urlpatterns = [
    path("desk/messages/", desk.message_list, name="list"),
    path("desk/settings/messages/", wordings.wording_list, name="wordings"),
    path("desk/settings/messages/all/", wordings.every_message, name="every"),
    path("desk/settings/messages/own/", own.own_messages, name="own"),
    path("desk/settings/messages/promise/", own.promise, name="promise"),
    path("desk/settings/messages/<slug:key>/", wordings.wording, name="wording"),
    path("desk/settings/messages/<slug:key>/part/", wordings.as_sent, name="as-sent"),
    path("desk/messages/<uuid:delivery_id>/again/", desk.try_again, name="try-again"),
    path("you/<uuid:participant_id>/messages/", choices.choices, name="choices"),
    path("calendar/<str:token>.ics", feeds.read, name="feed"),
    path("desk/settings/calendar/", feeds.desk_feed, name="desk-feed"),
    path("you/<uuid:participant_id>/calendar/", feeds.own_feed, name="own-feed"),
    path(
        "you/<uuid:participant_id>/dates/<uuid:appointment_id>/answer/",
        replies.will_you_come,
        name="answer",
    ),
    path(
        "you/<uuid:participant_id>/remaining/<uuid:series_id>/",
        remaining.remaining,
        name="remaining",
    ),
    path("desk/answers/", replies.answers, name="answers"),
    path("desk/answers/<uuid:reply_id>/", replies.settle, name="settle"),
    path(
        "desk/appointments/<uuid:appointment_id>/answers/",
        replies.answers_of,
        name="answers-of",
    ),
    path(
        "desk/appointments/<uuid:appointment_id>/messages/",
        ledgers.of_appointment,
        name="of-appointment",
    ),
    path("desk/appointments/<uuid:appointment_id>/missed/", absences.missed, name="missed"),
    path("desk/requests/<uuid:request_id>/messages/", ledgers.of_request, name="of-request"),
    path("desk/messages/<uuid:delivery_id>/once-more/", ledgers.again, name="again"),
    path("desk/messages/back/", bounces.came_back, name="came-back"),
    path("desk/messages/back/<uuid:delivery_id>/", bounces.write_again, name="write-again"),
    path("desk/people/<uuid:participant_id>/address/", routes.elsewhere, name="elsewhere"),
    path("desk/people/<uuid:participant_id>/hand-over/", routes.hand_over, name="hand-over"),
    path("mail/<slug:provider>/<slug:what>/", webhooks.webhook, name="webhook"),
]
