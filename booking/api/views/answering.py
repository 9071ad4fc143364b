"""What one person is asked about times, over their own private link."""

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.answering import (
    AnswerSerializer,
    AskedTimesSerializer,
    BallotSerializer,
    MarksSerializer,
)
from booking.api.serializers.asking import OutwardSerializer
from booking.api.views import written
from booking.api.views.base import PersonView
from booking.domain.refusals import NotTheirs
from booking.operations import answers, together
from booking.queries import people
from booking.queries import together as together_queries


class BallotView(PersonView):
    """Finding a time together, for one person."""

    @operation(
        "request_ballot",
        answers={200: BallotSerializer},
        problems=[401, 403, 404],
        examples=[examples.BALLOT, examples.PASSCODE_NEEDED],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See the times that one is asked about, and one's own words for them."""
        return self._ballot()

    @operation(
        "request_vote",
        body=MarksSerializer,
        answers={200: BallotSerializer},
        problems=[401, 403, 404, 422],
        examples=[examples.MARKS, examples.BALLOT, examples.PASSCODE_NEEDED],
    )
    def put(self, request: Request, request_id: UUID) -> Response:
        """Say which times suit. It replaces what was said before; nobody else sees it."""
        marks = self.body(MarksSerializer).validated_data["marks"]
        together.vote(
            participant_id=self.person.id,
            marks={mark["start"]: mark["word"] for mark in marks},
            now=timezone.now(),
        )
        return self._ballot()

    def _ballot(self) -> Response:
        found = together_queries.ballot(self.person.id, now=timezone.now())
        if found is None:
            raise NotTheirs
        return self.answer(BallotSerializer, written.ballot(found))


class AskedTimesView(PersonView):
    """Times that are offered to one person."""

    @operation(
        "request_times",
        answers={200: AskedTimesSerializer},
        problems=[401, 403, 404],
        examples=[examples.ASKED_TIMES, examples.PASSCODE_NEEDED],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See the times that one is asked about, by a proposal or to move what is booked."""
        page = people.person_page(self.person.id, now=timezone.now())
        return self.answer(AskedTimesSerializer, written.asked_times(page))


class AnswerView(PersonView):
    """Yes or no."""

    @operation(
        "request_answer",
        body=AnswerSerializer,
        answers={200: OutwardSerializer},
        problems=[401, 403, 404, 409, 422],
        examples=[
            examples.ANSWER,
            examples.STATUS,
            examples.SLOT_TAKEN,
            examples.HOLD_EXPIRED,
            examples.PASSCODE_NEEDED,
        ],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Say yes or no to each time, and suggest up to three others. Nobody else learns it."""
        body = self.body(AnswerSerializer).validated_data
        now = timezone.now()
        answers.answer_times(
            participant_id=self.person.id,
            answers={given["time"]: given["accepts"] for given in body["answers"]},
            suggestions=body["suggestions"],
            now=now,
        )
        found = people.outward_for(self.person, now=now)
        return self.answer(OutwardSerializer, {"id": request_id, "status": found})
