"""Calendars that programs subscribe to, and the pages where people make and end their own."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.models import Participant
from booking.views.answer import see_other
from booking.views.desk.page import desk_context
from booking.views.device import private_page
from notifications.domain.feeds import feed as written
from notifications.models import Feed
from notifications.operations import feeds
from notifications.queries import feeds as feed_queries
from notifications.queries.persons import takes_file
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_page = require_http_methods(["GET", "HEAD", "POST"])
#: Events that leave together: sent one by one, half the time would go into sending.
_TOGETHER = 100


@require_safe
def read(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar file, as it is now. Every address that opens nothing is answered the same."""
    feed = feed_queries.feed_at(token)
    if feed is None:
        return _bound(HttpResponse("Not here.\n", status=404, content_type="text/plain"))
    now = database_now()
    # Written twice and kept nowhere: once for the tag, once for whoever has not got it yet.
    digest = hashlib.sha256()
    for piece in _pieces(feed, now=now):
        digest.update(piece)
    etag = f'"{digest.hexdigest()}"'
    answer = get_conditional_response(request, etag=etag)
    if answer is None and request.method == "HEAD":
        answer = HttpResponse(content_type="text/calendar; charset=utf-8")
    response: HttpResponseBase = answer or StreamingHttpResponse(
        _together(_pieces(feed, now=now)), content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    return _bound(response)


def _bound[Response: HttpResponseBase](response: Response) -> Response:
    """For one program alone, asked anew each time, and not for search engines."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _pieces(feed: Feed, *, now: datetime) -> Iterator[bytes]:
    return written(_("Appointments"), feed_queries.events(feed, now=now))


def _together(pieces: Iterator[bytes]) -> Iterator[bytes]:
    while several := b"".join(islice(pieces, _TOGETHER)):
        yield several


@_page
@desk_page
def desk_feed(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The practitioner's own calendar: what it shows, a new address, or none any more."""
    now = database_now()
    address = ""
    if request.method == "POST" and "end" in request.POST:
        if feeds.end_for_practitioner(practitioner_id=practitioner.pk, now=now):
            messages.success(request, _("The address does not work any more."))
        return see_other("messages:desk-feed")
    if request.method == "POST":
        shows = request.POST.get("shows", "")
        if shows not in Feed.Shows.values:
            messages.warning(request, _("Please choose what the calendar shows."))
            return see_other("messages:desk-feed")
        # Answered at once instead of led on: the address is kept nowhere, so it can only be
        # shown now.
        address = _address(
            feeds.make_for_practitioner(
                practitioner_id=practitioner.pk, shows=Feed.Shows(shows), now=now
            )
        )
    found = feed_queries.feed_of(practitioner)
    context = {
        **desk_context(practitioner, section="settings", now=now),
        "feed": found,
        "choices": Feed.Shows.choices,
        "shows": found.shows if found else Feed.Shows.BUSY,
        "address": address,
    }
    return render(request, "notifications/desk_feed.html", context)


@private_page()
@_page
def own_feed(request: HttpRequest, participant: Participant) -> HttpResponse:
    """A client's own calendar to subscribe to: a new address, or none any more."""
    now = database_now()
    address = ""
    if request.method == "POST" and "end" in request.POST:
        if feeds.end_for_client(participant_id=participant.pk, now=now):
            messages.success(request, _("The address does not work any more."))
        return see_other("messages:own-feed", participant_id=participant.pk)
    takes_events = takes_file(participant)
    if request.method == "POST" and takes_events:
        address = _address(feeds.make_for_client(participant_id=participant.pk, now=now))
    context = {
        "participant": participant,
        "sign_out_url": reverse("leave-device"),
        "feed": feed_queries.feed_of(participant),
        "takes_events": takes_events,
        "title": participant.event_title or _("Appointment"),
        "address": address,
    }
    return render(request, "notifications/own_feed.html", context)


def _address(token: str) -> str:
    path = reverse("messages:feed", args=[token])
    return f"{settings.BASE_URL.rstrip('/')}{path}"
