"""What can be asked for."""

from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.services import ServicesSerializer
from booking.api.views.base import PublicView
from practice.queries import services_on_offer


class ServicesView(PublicView):
    """What can be asked for."""

    @operation(
        "services",
        answers={200: ServicesSerializer},
        examples=[examples.SERVICES],
        problems=[422],
        in_pages=True,
        without_times=True,
    )
    def get(self, request: Request) -> Response:
        """List what the practice offers, in its order."""
        found = services_on_offer()
        return self.page(ServicesSerializer, "services", found, order=("position", "name"))
