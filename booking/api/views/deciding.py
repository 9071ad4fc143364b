"""What the practitioner decides about a request: done at once, or with the next batch."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.answering import TogetherSerializer
from booking.api.serializers.requests import (
    ConfirmSerializer,
    DecidedSerializer,
    ProposeSerializer,
    RequestSerializer,
)
from booking.api.views.base import PractitionerView
from booking.api.views.written import matches
from booking.domain.refusals import InvalidRequest, Problem
from booking.operations import decisions, together
from booking.queries import access, records
from booking.queries import together as together_queries

_DECIDED = {200: DecidedSerializer, 202: DecidedSerializer}


class _DecisionView(PractitionerView):
    def decided(self, request_id: UUID, outcome: decisions.Outcome) -> Response:
        """The answer: 200 when it is done, 202 when it leaves later."""
        booked = outcome.appointment
        found = {
            "id": request_id,
            "state": access.state_of(request_id),
            "due_at": outcome.due_at,
            "appointment": records.appointment_record(booked.id) if booked else None,
        }
        done = status.HTTP_202_ACCEPTED if outcome.due_at else status.HTTP_200_OK
        return self.answer(DecidedSerializer, found, done)


class ConfirmView(_DecisionView):
    """Confirm."""

    @operation(
        "request_confirm",
        body=ConfirmSerializer,
        answers=_DECIDED,
        problems=[401, 404, 409, 422],
        examples=[
            examples.CONFIRM,
            examples.CONFIRMED,
            examples.DECIDED,
            examples.GATE_CLOSED,
            examples.SLOT_TAKEN,
        ],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Book a time that is held, or one that works for all; of several with the next batch."""
        chosen = self.body(ConfirmSerializer).validated_data
        if chosen.get("time") and chosen.get("start"):
            message = gettext_noop("Send one of the two: a time that is held, or a start.")
            raise InvalidRequest([Problem("start", "one_of_two", message)])
        return self.decided(
            request_id,
            decisions.confirm(
                request_id=request_id,
                practitioner_id=self.practitioner.id,
                appointment_id=chosen.get("time"),
                starts_at=chosen.get("start"),
                now=timezone.now(),
            ),
        )


class DeclineView(_DecisionView):
    """Decline."""

    @operation(
        "request_decline",
        answers=_DECIDED,
        problems=[401, 404, 409],
        examples=[examples.DECLINED, examples.DECIDED],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Say no, in the one neutral wording; to several people with the next batch."""
        return self.decided(
            request_id,
            decisions.decline(
                request_id=request_id, practitioner_id=self.practitioner.id, now=timezone.now()
            ),
        )


class ProposeView(_DecisionView):
    """Propose."""

    @operation(
        "request_propose",
        body=ProposeSerializer,
        answers=_DECIDED,
        problems=[401, 404, 409, 422],
        examples=[
            examples.PROPOSE,
            examples.PROPOSED,
            examples.DECIDED,
            examples.SLOT_TAKEN,
            examples.DECISION_WAITING,
        ],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Offer one to three other times; to several people with the next batch."""
        starts = self.body(ProposeSerializer).validated_data["times"]
        return self.decided(
            request_id,
            decisions.propose(
                request_id=request_id,
                practitioner_id=self.practitioner.id,
                starts=starts,
                now=timezone.now(),
            ),
        )


class AskAgainView(_DecisionView):
    """Ask again."""

    @operation(
        "request_ask_again",
        answers=_DECIDED,
        problems=[401, 404, 409],
        examples=[examples.ASKED_AGAIN, examples.DECIDED],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Nothing suits all: ask everybody about later days, with the next batch."""
        return self.decided(
            request_id,
            together.ask_again(
                request_id=request_id, practitioner_id=self.practitioner.id, now=timezone.now()
            ),
        )


class UndoView(PractitionerView):
    """Undo."""

    @operation(
        "request_undo",
        answers={200: RequestSerializer},
        problems=[401, 404],
        examples=[examples.REQUEST],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Take back a decision that has not left yet; nobody has heard of it."""
        now = timezone.now()
        decisions.undo(request_id=request_id, practitioner_id=self.practitioner.id, now=now)
        record = records.request_record(request_id, self.practitioner, now=now)
        return self.answer(RequestSerializer, record)


class OutcomeView(PractitionerView):
    """Finding a time together, for the practitioner."""

    @operation(
        "request_outcome",
        answers={200: TogetherSerializer},
        problems=[401, 404],
        examples=[examples.OUTCOME],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See what works for everybody, best first. Nothing before all have answered."""
        asked = records.own_request(request_id, self.practitioner)
        found = together_queries.outcome(asked, now=timezone.now())
        minutes = asked.service.duration_minutes
        return self.answer(
            TogetherSerializer,
            {
                "all_answered": found.all_answered,
                "works": matches(found.works, minutes),
                "nearest": matches(found.nearest, minutes),
            },
        )
