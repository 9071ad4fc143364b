"""The hours in which one can be asked: weekly, on single dates, time off and energy."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import DRY_RUN, FROM, IF_MATCH, TO, operation
from booking.api.serializers.availability import (
    AvailabilitySerializer,
    DaysSerializer,
    EditSerializer,
    EnergySerializer,
    HoursZoneSerializer,
    TimeOffBodySerializer,
    WeekSerializer,
)
from booking.api.views.base import PractitionerView, read_days
from booking.api.views.editing import EditView
from booking.domain.availability import Draft
from booking.domain.refusals import NotTheirs
from booking.domain.slots import AtMost, DatedWindow, Interval, NotAfter
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change, Overview
from practice.domain.hours import dates
from practice.domain.wall import local_date, zone
from practice.models import EnergyRule, TimeOff


class AvailabilityView(PractitionerView):
    """Everything that makes up one's hours."""

    @operation(
        "availability",
        answers={200: AvailabilitySerializer},
        problems=[401],
        examples=[examples.AVAILABILITY],
    )
    def get(self, request: Request) -> Response:
        """See weekly hours, single days, time off and energy rules, from today on."""
        known = queries.overview(self.practitioner, now=timezone.now())
        of_kind = EnergyRule.Kind
        found = {
            "weekly": known.weekly,
            "days": known.overrides,
            "time_off": known.time_off,
            "energy": {
                "at_most": [r for r in known.energy if r.kind == of_kind.AT_MOST],
                "not_after": [r for r in known.energy if r.kind == of_kind.NOT_AFTER],
            },
        }
        stand = versions.of_all(
            self.practitioner.pk,
            {o.date for o in known.overrides},
            {t.pk for t in known.time_off},
        )
        body = AvailabilitySerializer(
            {"time_zone": "", "versions": stand, **found},
            context={"zone": self.answer_zone, "versions": stand},
        ).data
        # The hours are on the practitioner's wall, whatever zone the instants are asked for in.
        return Response({**body, "time_zone": self.practitioner.time_zone})


class HoursZoneView(EditView):
    """The zone in which the hours are kept."""

    @operation(
        "availability_time_zone",
        parameters=[DRY_RUN, IF_MATCH],
        body=HoursZoneSerializer,
        answers={200: EditSerializer},
        problems=[401, 412],
        examples=[examples.HOURS_ZONE, examples.EFFECT, examples.SAVED],
    )
    def put(self, request: Request) -> Response:
        """Keep the hours in another zone, at the same clock times there.

        What is booked, held or off stays at its instant, and a series goes on by the clock that it
        has. In a dry run a date's hours before are those of that date where you are now, and after
        those of the same date there.
        """
        now = timezone.now()
        time_zone = self.body(HoursZoneSerializer).validated_data["time_zone"]
        availability.check_time_zone(time_zone)
        return self.edited(
            Change(Draft(zone=zone(time_zone))),
            lambda: availability.set_time_zone(
                practitioner_id=self.practitioner.pk, time_zone=time_zone, seen=self.seen, now=now
            ),
            now=now,
            version=lambda: versions.of_time_zone(self.practitioner.pk),
        )


class WeekView(EditView):
    """The weekly hours."""

    @operation(
        "availability_week",
        parameters=[DRY_RUN, IF_MATCH],
        body=WeekSerializer,
        answers={200: EditSerializer},
        problems=[401, 412],
        examples=[examples.WEEK, examples.EFFECT, examples.SAVED],
    )
    def put(self, request: Request) -> Response:
        """Make these the weekly hours, at once or from a date on. What is booked stays."""
        now = timezone.now()
        body = self.body(WeekSerializer)
        spans, from_date = body.spans(), body.validated_data["from_date"]
        availability.check_week(spans)
        today = local_date(now, zone(self.practitioner.time_zone))
        known = queries.weekly_spans(self.practitioner.pk)
        rows = availability.week_after(known, spans, from_date, today=today)
        return self.edited(
            Change(Draft(weekly=queries.windows(rows)), first=from_date),
            lambda: availability.set_week(
                practitioner_id=self.practitioner.pk,
                spans=spans,
                from_date=from_date,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=lambda: versions.of_week(self.practitioner.pk),
        )


class DaysView(EditView):
    """Other hours on single dates."""

    @operation(
        "availability_days",
        parameters=[DRY_RUN, IF_MATCH],
        body=DaysSerializer,
        answers={200: EditSerializer},
        problems=[401, 412],
        examples=[examples.DAYS, examples.EFFECT, examples.SAVED],
    )
    def put(self, request: Request) -> Response:
        """Give dates hours of their own; without a window they are closed."""
        now = timezone.now()
        body = self.body(DaysSerializer)
        first, last = body.validated_data["first"], body.validated_data["last"]
        spans = body.spans()
        availability.check_days(first, last, spans)
        rows = [(s.opens_minute, s.closes_minute, s.modalities) for s in spans]
        closed = [(None, None, ())]
        windows = [DatedWindow(d, *row) for d in dates(first, last) for row in rows or closed]
        known = _dated(queries.overview(self.practitioner, now=now))
        return self.edited(
            Change(Draft(overrides=queries.days_after(known, first, last, windows)), first=first),
            lambda: availability.set_days(
                practitioner_id=self.practitioner.pk,
                first=first,
                last=last,
                spans=spans,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=lambda: versions.of_days(self.practitioner.pk, first, last),
        )

    @operation(
        "availability_days_clear",
        parameters=[FROM, TO, DRY_RUN, IF_MATCH],
        answers={200: EditSerializer},
        problems=[401, 412],
        examples=[examples.SAVED],
    )
    def delete(self, request: Request) -> Response:
        """Let the weekly hours hold on these dates again."""
        now = timezone.now()
        first, last = read_days(request.query_params.get("from"), request.query_params.get("to"))
        availability.check_days(first, last)
        known = _dated(queries.overview(self.practitioner, now=now))
        return self.edited(
            Change(Draft(overrides=queries.days_after(known, first, last, [])), first=first),
            lambda: availability.clear_days(
                practitioner_id=self.practitioner.pk,
                first=first,
                last=last,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=lambda: versions.of_days(self.practitioner.pk, first, last),
        )


def _dated(known: Overview) -> list[DatedWindow]:
    return [
        DatedWindow(o.date, o.opens_minute, o.closes_minute, tuple(o.modalities))
        for o in known.overrides
    ]


class _TimeOffView(EditView):
    def written_as(self, row: TimeOff | None, *, now: datetime) -> Response:
        """Save what was sent, as a new row or as this one."""
        body = self.body(TimeOffBodySerializer).validated_data
        starts_at, ends_at = body["start"], body["end"]
        tz = zone(self.practitioner.time_zone)
        return self.edited(
            Change(
                Draft(time_off=[*self.others(row, now=now), Interval(starts_at, ends_at)]),
                first=local_date(starts_at, tz),
            ),
            lambda: availability.set_time_off(
                practitioner_id=self.practitioner.pk,
                starts_at=starts_at,
                ends_at=ends_at,
                label=body["label"],
                time_off_id=row.pk if row else None,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=partial(versions.of_time_off, self.practitioner.pk, row.pk) if row else None,
        )

    def own(self, time_off_id: int, *, now: datetime) -> TimeOff:
        """One's own time off that is not over. Raises `NotTheirs`."""
        found = [t for t in self._known(now=now) if t.pk == time_off_id]
        if not found:
            raise NotTheirs
        return found[0]

    def others(self, row: TimeOff | None, *, now: datetime) -> list[Interval]:
        """All other time off that is not over."""
        return [Interval(t.starts_at, t.ends_at) for t in self._known(now=now) if t != row]

    def _known(self, *, now: datetime) -> Sequence[TimeOff]:
        return queries.overview(self.practitioner, now=now).time_off


class AddTimeOffView(_TimeOffView):
    """Time off."""

    @operation(
        "availability_time_off_add",
        parameters=[DRY_RUN],
        body=TimeOffBodySerializer,
        answers={200: EditSerializer},
        problems=[401],
        examples=[examples.TIME_OFF, examples.EFFECT, examples.SAVED],
    )
    def post(self, request: Request) -> Response:
        """Add time off. The very same a second time changes nothing."""
        return self.written_as(None, now=timezone.now())


class TimeOffView(_TimeOffView):
    """One stretch of time off."""

    @operation(
        "availability_time_off_change",
        parameters=[DRY_RUN, IF_MATCH],
        body=TimeOffBodySerializer,
        answers={200: EditSerializer},
        problems=[401, 404, 412],
        examples=[examples.TIME_OFF, examples.EFFECT, examples.SAVED],
    )
    def put(self, request: Request, time_off_id: int) -> Response:
        """Change it."""
        now = timezone.now()
        return self.written_as(self.own(time_off_id, now=now), now=now)

    @operation(
        "availability_time_off_remove",
        parameters=[DRY_RUN, IF_MATCH],
        answers={200: EditSerializer},
        problems=[401, 404, 412],
        examples=[examples.SAVED],
    )
    def delete(self, request: Request, time_off_id: int) -> Response:
        """Take it back: the hours count again."""
        now = timezone.now()
        row = self.own(time_off_id, now=now)
        return self.edited(
            Change(
                Draft(time_off=self.others(row, now=now)),
                first=local_date(row.starts_at, zone(self.practitioner.time_zone)),
            ),
            lambda: availability.remove_time_off(
                practitioner_id=self.practitioner.pk,
                time_off_id=time_off_id,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=lambda: versions.of_time_off(self.practitioner.pk, time_off_id),
        )


class EnergyView(EditView):
    """What can be given in one day."""

    @operation(
        "availability_energy",
        parameters=[DRY_RUN, IF_MATCH],
        body=EnergySerializer,
        answers={200: EditSerializer},
        problems=[401, 412],
        examples=[examples.ENERGY, examples.EFFECT, examples.SAVED],
    )
    def put(self, request: Request) -> Response:
        """Make these the energy rules."""
        now = timezone.now()
        body = self.body(EnergySerializer).validated_data
        at_most = {rule["relationship_type"]: rule["limit"] for rule in body["at_most"]}
        not_after = {(r["relationship_type"], r["after_type"]) for r in body["not_after"]}
        rules: list[AtMost | NotAfter] = [AtMost(kind, limit) for kind, limit in at_most.items()]
        rules += [NotAfter(kind, after) for kind, after in sorted(not_after)]
        return self.edited(
            Change(Draft(energy=rules)),
            lambda: availability.set_energy(
                practitioner_id=self.practitioner.pk,
                at_most=at_most,
                not_after=not_after,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=lambda: versions.of_energy(self.practitioner.pk),
        )
