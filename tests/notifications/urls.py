"""Stand-ins for pages of other apps, while those do not exist yet."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def _page(_request: HttpRequest, **_kwargs: object) -> HttpResponse:
    return HttpResponse()


desk = (
    [
        path("desk/", _page, name="waiting"),
        path("desk/requests/<uuid:request_id>/", _page, name="request"),
        path("desk/appointments/<uuid:appointment_id>/", _page, name="appointment"),
        path("desk/calendar/", _page, name="calendar"),
        path("desk/agenda/", _page, name="agenda"),
        path("desk/book/", _page, name="book"),
    ],
    "desk",
)

urlpatterns = [
    path("open/again/", _page, name="link-again"),
    path("open/<str:token>/", _page, name="open"),
    path("", include(desk)),
    path("", include("notifications.urls")),
    path("accounts/", include("allauth.urls")),
]
