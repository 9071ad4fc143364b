"""Appointments that repeat."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.appointments import RescheduleSerializer
from booking.api.serializers.series import (
    MovedSerializer,
    PauseSerializer,
    PreviewSerializer,
    RenewSerializer,
    SeriesSerializer,
    StartSeriesSerializer,
    StoppedSerializer,
)
from booking.api.views.base import PersonView, PractitionerView, read_number
from booking.operations import series
from booking.queries import records
from booking.queries import series as series_queries
from booking.queries.desk.series import series_page

_COUNT = OpenApiParameter("count", int, required=True, description="How many dates.")


class _SeriesView(PractitionerView):
    def one(self, series_id: UUID, status: int = 200) -> Response:
        """The series as it is now."""
        found = series_page(series_id, self.practitioner.id, now=timezone.now())
        return self.answer(SeriesSerializer, found, status)


class SeriesPreviewView(PractitionerView):
    """What repeating an appointment would give."""

    @operation(
        "series_preview",
        parameters=[
            OpenApiParameter("every_weeks", int, required=True, description="1 to 3."),
            _COUNT,
        ],
        answers={200: PreviewSerializer},
        problems=[401, 404],
        examples=[examples.SERIES_PREVIEW],
    )
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """See every turn at the same time on the wall, and what to do where one is not open."""
        first = records.own_appointment(appointment_id, self.practitioner)
        dates = series_queries.preview(
            first,
            every_weeks=read_number(request.query_params, "every_weeks"),
            count=read_number(request.query_params, "count"),
            now=timezone.now(),
        )
        return self.answer(PreviewSerializer, {"dates": dates})


class StartSeriesView(_SeriesView):
    """Repeat an appointment."""

    @operation(
        "series_start",
        body=StartSeriesSerializer,
        answers={201: SeriesSerializer},
        problems=[401, 404, 409],
        examples=[
            examples.START_SERIES,
            examples.SERIES_STARTED,
            examples.SLOT_TAKEN,
            examples.GATE_CLOSED,
        ],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Book all of these starts or none; the appointment becomes the first of them."""
        body = self.body(StartSeriesSerializer).validated_data
        started = series.start_series(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            every_weeks=body["every_weeks"],
            starts=body["starts"],
            now=timezone.now(),
        )
        return self.one(started.id, status.HTTP_201_CREATED)


class MoveFollowingView(PractitionerView):
    """Move one date and all later ones."""

    @operation(
        "series_move_following",
        body=RescheduleSerializer,
        answers={200: MovedSerializer},
        problems=[401, 404, 409],
        examples=[examples.RESCHEDULE, examples.MOVED, examples.SLOT_TAKEN],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Move this date and all that follow to its new weekday and time, or none of them."""
        moved = series.move_following(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            starts_at=self.body(RescheduleSerializer).validated_data["start"],
            now=timezone.now(),
        )
        found = records.appointments().filter(pk__in=[a.pk for a in moved])
        return self.answer(MovedSerializer, {"appointments": found})


class SeriesView(_SeriesView):
    """One series."""

    @operation(
        "series",
        answers={200: SeriesSerializer},
        problems=[401, 404],
        examples=[examples.SERIES],
    )
    def get(self, request: Request, series_id: UUID) -> Response:
        """Look at a series with all of its dates."""
        return self.one(series_id)


class RenewalView(_SeriesView):
    """Further dates."""

    @operation(
        "series_renewal",
        parameters=[_COUNT],
        answers={200: PreviewSerializer},
        problems=[401, 404],
        examples=[examples.SERIES_PREVIEW],
    )
    def get(self, request: Request, series_id: UUID) -> Response:
        """See the next turns after the last date."""
        now = timezone.now()
        page = series_page(series_id, self.practitioner.id, now=now)
        count = read_number(request.query_params, "count")
        dates = series_queries.renewal(page.series, count=count, now=now)
        return self.answer(PreviewSerializer, {"dates": dates})

    @operation(
        "series_renew",
        body=RenewSerializer,
        answers={201: SeriesSerializer},
        problems=[401, 404, 409],
        examples=[examples.RENEW, examples.SERIES_STARTED, examples.SLOT_TAKEN],
    )
    def post(self, request: Request, series_id: UUID) -> Response:
        """Book further dates, all or none, for those who come to it now."""
        series.renew(
            series_id=series_id,
            practitioner_id=self.practitioner.id,
            starts=self.body(RenewSerializer).validated_data["starts"],
            now=timezone.now(),
        )
        return self.one(series_id, status.HTTP_201_CREATED)


class PauseView(_SeriesView):
    """A pause."""

    @operation(
        "series_pause",
        body=PauseSerializer,
        answers={200: SeriesSerializer},
        problems=[401, 404],
        examples=[examples.PAUSE, examples.SERIES],
    )
    def post(self, request: Request, series_id: UUID) -> Response:
        """Cancel the dates on these days; the others stand. People hear of all at once."""
        body = self.body(PauseSerializer).validated_data
        series.pause(
            series_id=series_id,
            practitioner_id=self.practitioner.id,
            first=body["first"],
            until=body["until"],
            now=timezone.now(),
        )
        return self.one(series_id)


class StopView(PersonView):
    """A client stops."""

    @operation(
        "request_stop",
        answers={200: StoppedSerializer},
        problems=[401, 403, 404],
        examples=[examples.STOPPED, examples.PASSCODE_NEEDED],
        without_times=True,
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Cancel everything that one was still to come to, without a reason."""
        cancelled = series.stop(participant_id=self.person.id, now=timezone.now())
        return self.answer(StoppedSerializer, {"cancelled": cancelled})
