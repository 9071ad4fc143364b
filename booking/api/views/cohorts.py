"""Groups with seats: for everybody, for their practitioner, and for one person in them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.appointments import AppointmentSerializer
from booking.api.serializers.asking import OutwardSerializer
from booking.api.serializers.cohorts import (
    AddSessionSerializer,
    CalledOffSerializer,
    CohortEditSerializer,
    CohortPageSerializer,
    CohortsSerializer,
    GiveSeatSerializer,
    OwnCohortSerializer,
    OwnCohortsSerializer,
    OwnSeatSerializer,
    PublishSerializer,
    SeatSerializer,
)
from booking.api.views.base import PersonView, PractitionerView
from booking.domain.refusals import NotTheirs
from booking.operations import groups, places
from booking.queries import people, records
from booking.queries.desk.groups import group_page
from booking.queries.groups import group_as_seen_by


class CohortsView(PractitionerView):
    """Groups that take requests, open to everybody; published by practitioners."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever publishes says who they are; whoever looks is nobody."""
        return [] if self._is_looked_at() else super().get_authenticators()

    def get_permissions(self) -> Sequence[Any]:
        return [AllowAny()] if self._is_looked_at() else super().get_permissions()

    def _is_looked_at(self) -> bool:
        # The generator of the schema asks before it has a request.
        return getattr(self.request, "method", None) in ("GET", "HEAD", "OPTIONS")

    @operation(
        "cohorts",
        answers={200: CohortsSerializer},
        examples=[examples.COHORTS],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List the groups that can be asked for. Who and how many are in them is not said."""
        found = records.cohorts_on_offer(timezone.now())
        return self.page(CohortsSerializer, "cohorts", found, order=("created_at", "id"))

    @operation(
        "cohort_publish",
        body=PublishSerializer,
        answers={201: OwnCohortSerializer},
        problems=[401, 409],
        examples=[examples.PUBLISH, examples.PUBLISHED, examples.SLOT_TAKEN],
    )
    def post(self, request: Request) -> Response:
        """Open a group with all of its sessions, or with none if one of the times is taken."""
        body = self.body(PublishSerializer).validated_data
        services = records.service_ids(self.practitioner, body["service"], body["call_service"])
        made = groups.publish(
            practitioner_id=self.practitioner.id,
            service_id=services[0],
            call_service_id=services[1],
            now=timezone.now(),
            **{k: v for k, v in body.items() if k not in ("service", "call_service")},
        )
        found = records.cohorts_of(self.practitioner).get(pk=made.pk)
        return self.answer(OwnCohortSerializer, found, status.HTTP_201_CREATED)


class OwnCohortsView(PractitionerView):
    """All groups of the practitioner."""

    @operation(
        "cohorts_own",
        answers={200: OwnCohortsSerializer},
        problems=[401],
        examples=[examples.OWN_COHORTS],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List one's own groups, whatever their state, the newest first."""
        found = records.cohorts_of(self.practitioner)
        return self.page(OwnCohortsSerializer, "cohorts", found, order=("-created_at", "-id"))


class CohortView(PractitionerView):
    """One group."""

    @operation(
        "cohort",
        answers={200: CohortPageSerializer},
        problems=[401, 404],
        examples=[examples.COHORT],
    )
    def get(self, request: Request, cohort_id: UUID) -> Response:
        """Look at a group with everybody who asked for a place in it."""
        return self._page(cohort_id)

    @operation(
        "cohort_edit",
        body=CohortEditSerializer(partial=True),
        answers={200: CohortPageSerializer},
        problems=[401, 404],
        examples=[examples.COHORT_EDIT, examples.COHORT],
    )
    def patch(self, request: Request, cohort_id: UUID) -> Response:
        """Change what it says of itself, its seats, and whether people can ask."""
        now = timezone.now()
        cohort = group_page(cohort_id, self.practitioner, now=now).cohort
        body = self.body(CohortEditSerializer, partial=True).validated_data
        known = {name: getattr(cohort, name) for name in CohortEditSerializer().get_fields()}
        groups.edit(
            cohort_id=cohort_id, practitioner_id=self.practitioner.id, now=now, **{**known, **body}
        )
        return self._page(cohort_id)

    def _page(self, cohort_id: UUID) -> Response:
        found = group_page(cohort_id, self.practitioner, now=timezone.now())
        cohort = records.cohorts_of(self.practitioner).get(pk=cohort_id)
        cohort.members, cohort.undecided = found.members, found.undecided  # type: ignore[attr-defined]
        return self.answer(CohortPageSerializer, cohort)


class CallOffView(PractitionerView):
    """It will not go on."""

    @operation(
        "cohort_call_off",
        answers={200: CalledOffSerializer},
        problems=[401, 404, 422],
        examples=[examples.CALLED_OFF],
        without_times=True,
    )
    def post(self, request: Request, cohort_id: UUID) -> Response:
        """Cancel the sessions to come. Everybody is told."""
        cancelled = groups.call_off(
            cohort_id=cohort_id, practitioner_id=self.practitioner.id, now=timezone.now()
        )
        return self.answer(CalledOffSerializer, {"cancelled": cancelled})


class AddSessionView(PractitionerView):
    """One session more."""

    @operation(
        "cohort_add_session",
        body=AddSessionSerializer,
        answers={201: AppointmentSerializer},
        problems=[401, 404, 409],
        examples=[examples.RESCHEDULE, examples.GROUP_SESSION, examples.SLOT_TAKEN],
    )
    def post(self, request: Request, cohort_id: UUID) -> Response:
        """Add a session; everybody with a seat comes to it and is told."""
        added = groups.add_session(
            cohort_id=cohort_id,
            practitioner_id=self.practitioner.id,
            starts_at=self.body(AddSessionSerializer).validated_data["start"],
            now=timezone.now(),
        )
        found = records.appointment_record(added.id)
        return self.answer(AppointmentSerializer, found, status.HTTP_201_CREATED)


class GiveSeatView(PractitionerView):
    """Somebody joins."""

    @operation(
        "seat_give",
        body=GiveSeatSerializer,
        answers={200: SeatSerializer},
        problems=[401, 404, 409],
        examples=[
            examples.GIVE_SEAT,
            examples.SEAT_GIVEN,
            examples.CALL_FIRST,
            examples.NO_SEAT_LEFT,
        ],
    )
    def post(self, request: Request, seat_id: UUID) -> Response:
        """Give somebody their seat: they are on the roster of every session to come."""
        seat = places.give_seat(
            seat_id=seat_id,
            practitioner_id=self.practitioner.id,
            without_call=self.body(GiveSeatSerializer).validated_data["without_call"],
            now=timezone.now(),
        )
        return self.answer(SeatSerializer, seat)


class RefuseSeatView(PractitionerView):
    """Not this time."""

    @operation(
        "seat_refuse",
        answers={200: SeatSerializer},
        problems=[401, 404, 409],
        examples=[examples.SEAT_REFUSED],
    )
    def post(self, request: Request, seat_id: UUID) -> Response:
        """Say no, in the one neutral wording. A request or a call that they had ends with it."""
        seat = places.refuse_seat(
            seat_id=seat_id, practitioner_id=self.practitioner.id, now=timezone.now()
        )
        return self.answer(SeatSerializer, seat)


class OwnSeatView(PersonView):
    """One person's own place in a group."""

    @operation(
        "request_seat",
        answers={200: OwnSeatSerializer},
        problems=[401, 403, 404],
        examples=[examples.OWN_SEAT, examples.PASSCODE_NEEDED],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See one's own place; names of the others only once it is given."""
        found = group_as_seen_by(self.person.id)
        if found is None:
            raise NotTheirs
        own = {
            "cohort": found.cohort,
            "seat": found.seat,
            "can_leave": found.can_leave,
            "sessions": found.sessions,
            "names": found.names,
        }
        return self.answer(OwnSeatSerializer, own)

    @operation(
        "request_seat_leave",
        answers={200: OutwardSerializer},
        problems=[401, 403, 404],
        examples=[examples.CLOSED, examples.PASSCODE_NEEDED],
        without_times=True,
    )
    def delete(self, request: Request, request_id: UUID) -> Response:
        """Leave the group, or do not want a seat any more. No reason is asked for."""
        now = timezone.now()
        places.leave_group(participant_id=self.person.id, now=now)
        found = people.outward_for(self.person, now=now)
        return self.answer(OutwardSerializer, {"id": request_id, "status": found})
