"""Open times. Asked for most, so nothing stands between the calendar and the answer."""

import json
from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from booking.api import examples
from booking.api.describing import FROM, TO, operation
from booking.api.serializers.choices import MODALITIES
from booking.api.serializers.services import SlotsSerializer
from booking.api.views.base import PublicView, read_days
from booking.domain.refusals import InvalidRequest, Problem
from booking.queries import calendar
from practice.domain.wall import Rfc3339


class SlotsView(PublicView):
    """Open times."""

    @operation(
        "slots",
        answers={200: SlotsSerializer},
        examples=[examples.SLOTS],
        problems=[422],
        parameters=[
            OpenApiParameter("service", str, required=True, description="Slug of the service."),
            OpenApiParameter(
                "practitioner",
                str,
                description="Slug. May be left out where one practitioner alone offers it.",
            ),
            FROM,
            TO,
            OpenApiParameter(
                "modality",
                str,
                enum=MODALITIES,
                description="Only times when people can meet this way. Left out: in any way.",
            ),
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        """List the starts that can be asked for, in order. The days are those of `time_zone`."""
        query = request.query_params
        first, last = read_days(query.get("from"), query.get("to"))
        modality = query.get("modality") or None
        if modality is not None and modality not in MODALITIES:
            message = gettext_noop("Please choose one of the ways to meet.")
            raise InvalidRequest([Problem("modality", "modality_not_offered", message)])
        found = calendar.search(
            _slug(query.get("service")) or "",
            _slug(query.get("practitioner")),
            first=first,
            end=last + timedelta(days=1),
            now=timezone.now(),
            viewer_zone=self.answer_zone,
            modality=modality,
        )
        if found is None:
            message = gettext_noop("No such service, or several people offer it: name one.")
            raise InvalidRequest([Problem("service", "unknown_service", message)])
        offer, starts = found
        tz = self.answer_zone or offer.zone
        length = offer.rules.duration_minutes * 60
        written = Rfc3339(tz)
        slots = [{"start": written(start), "end": written(start + length)} for start in starts]
        answer = HttpResponse(
            json.dumps({"time_zone": tz.key, "slots": slots}), content_type="application/json"
        )
        answer["Cache-Control"] = "no-store"
        return answer


def _slug(text: str | None) -> str | None:
    """A slug that the database can be asked for."""
    return text.replace("\0", "\ufffd") if text else None
