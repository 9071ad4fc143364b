"""The services that a practitioner offers, with their rules."""

from functools import partial
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import DRY_RUN, IF_MATCH, operation
from booking.api.serializers.availability import (
    EditSerializer,
    OwnServicesSerializer,
    ServiceRulesSerializer,
)
from booking.api.views.editing import EditView
from booking.domain.refusals import NotTheirs
from booking.operations import availability
from booking.queries import records, versions
from booking.queries.availability import Change
from practice.models import Service
from practice.operations.services import ServiceSettings


def _as_it_would_be(settings: ServiceSettings, pk: UUID | None = None) -> Service:
    """A service with these settings, for a preview. Raises `InvalidRequest`."""
    availability.check_service(settings)
    service = Service(pk=pk) if pk else Service()
    for name in ServiceRulesSerializer().get_fields():
        setattr(service, name, getattr(settings, name))
    return service


class OwnServicesView(EditView):
    """What one offers."""

    @operation(
        "availability_services",
        answers={200: OwnServicesSerializer},
        problems=[401, 422],
        examples=[examples.OWN_SERVICES],
        in_pages=True,
        without_times=True,
    )
    def get(self, request: Request) -> Response:
        """List everything one offers with its rules, also what is not taken on at present."""
        found = records.services_of(self.practitioner)
        return self.page(OwnServicesSerializer, "services", found, order=("position", "name"))

    @operation(
        "availability_service_add",
        parameters=[DRY_RUN],
        body=ServiceRulesSerializer,
        answers={200: EditSerializer},
        problems=[401],
        examples=[examples.SERVICE, examples.SERVICE_SAVED],
    )
    def post(self, request: Request) -> Response:
        """Offer something new."""
        now = timezone.now()
        settings = self.body(ServiceRulesSerializer).to_settings()
        return self.edited(
            Change(service=_as_it_would_be(settings)),
            partial(
                availability.set_service,
                practitioner_id=self.practitioner.pk,
                settings=settings,
                now=now,
            ),
            now=now,
        )


class OwnServiceView(EditView):
    """One service."""

    @operation(
        "availability_service_change",
        parameters=[DRY_RUN, IF_MATCH],
        body=ServiceRulesSerializer(partial=True),
        answers={200: EditSerializer},
        problems=[401, 404, 412],
        examples=[examples.SERVICE_CHANGE, examples.EFFECT, examples.SERVICE_SAVED],
    )
    def patch(self, request: Request, service_id: UUID) -> Response:
        """Change its rules. What is booked or held keeps its time and its length."""
        found = records.services_of(self.practitioner).filter(pk=service_id).first()
        if found is None:
            raise NotTheirs
        now = timezone.now()
        changes = self.body(ServiceRulesSerializer, partial=True).to_changes()
        return self.edited(
            Change(service=_as_it_would_be(availability.changed(found, changes), found.pk)),
            partial(
                availability.change_service,
                practitioner_id=self.practitioner.pk,
                service_id=found.pk,
                changes=changes,
                seen=self.seen,
                now=now,
            ),
            now=now,
            version=partial(versions.of_service, found.pk),
        )
