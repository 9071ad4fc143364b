"""Time that is held or taken, who comes, and what people say to it."""

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.utils.translation import gettext_lazy as _

from booking.domain.states import AppointmentState
from practice.models import Modality, Practitioner, Service

NO_OVERLAP = "appointment_no_overlap"
ONE_BOOKED_PER_CLAIM = "appointment_one_booked_per_claim"
_TAKING_TIME = ["held", "booked", "fulfilled", "no_show"]


class Appointment(models.Model):
    """Time held or taken. One table, so that one constraint guards all of it.

    Blocked time is the session with its buffers. That a session has taken place, or was missed,
    gives none of it away. `claim` names the thing being scheduled: the alternatives of one
    request share it, so they may overlap each other and nobody else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.PROTECT, related_name="appointments"
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="appointments")
    request = models.ForeignKey(
        "booking.Request",
        on_delete=models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
    )
    #: One of several at the same wall-clock time; each is an appointment of its own.
    series = models.ForeignKey(
        "booking.Series",
        on_delete=models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
    )
    #: A session of a group; it has no request, its people have seats.
    cohort = models.ForeignKey(
        "booking.Cohort",
        on_delete=models.PROTECT,
        related_name="appointments",
        null=True,
        blank=True,
    )
    #: A client's answer to a proposal: a time they suggest instead. Only they and the
    #: practitioner may see it.
    suggested_by = models.ForeignKey(
        "booking.Participant", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    claim = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in AppointmentState])
    #: 1 is the first choice among the alternatives of a claim.
    rank = models.PositiveSmallIntegerField(default=1)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    blocked_from = models.DateTimeField()
    blocked_until = models.DateTimeField()
    #: The wall time and zone that `starts_at` came from, kept for the day tzdata changes.
    wall_start = models.CharField(max_length=16)
    wall_zone = models.CharField(max_length=64)
    held_until = models.DateTimeField(null=True, blank=True)
    modality = models.CharField(max_length=10, choices=Modality)
    #: Rises with every change of time, place or state that people are told of.
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            ExclusionConstraint(
                name=NO_OVERLAP,
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    (
                        Func(
                            F("blocked_from"),
                            F("blocked_until"),
                            function="tstzrange",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("claim", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(state__in=_TAKING_TIME),
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.UniqueConstraint(
                name=ONE_BOOKED_PER_CLAIM, fields=["claim"], condition=Q(state="booked")
            ),
            models.CheckConstraint(
                name="appointment_blocked_around_session",
                condition=Q(
                    blocked_from__lte=F("starts_at"),
                    starts_at__lt=F("ends_at"),
                    ends_at__lte=F("blocked_until"),
                ),
            ),
            models.CheckConstraint(
                name="appointment_hold_has_an_end",
                condition=~Q(state="held") | Q(held_until__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["practitioner", "starts_at"], name="appointment_by_start"),
            models.Index(fields=["claim"], name="appointment_by_claim"),
            models.Index(
                fields=["held_until"], name="appointment_lapsing", condition=Q(state="held")
            ),
            models.Index(
                fields=["held_until"],
                name="appointment_found_lapsed",
                condition=Q(state="released", held_until__isnull=False),
            ),
            models.Index(
                fields=["ends_at"], name="appointment_booked_end", condition=Q(state="booked")
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.id} ({self.state})"


class Attendance(models.Model):
    """Who comes to an appointment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="attendances"
    )
    participant = models.ForeignKey(
        "booking.Participant", on_delete=models.PROTECT, related_name="attendances"
    )
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="attendance_once", fields=["appointment", "participant"]),
        ]

    def __str__(self) -> str:
        return f"attendance {self.id}"


class TimeAnswer(models.Model):
    """One person's yes or no to one held time. Nobody else sees it."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="answers")
    participant = models.ForeignKey(
        "booking.Participant", on_delete=models.CASCADE, related_name="time_answers"
    )
    accepts = models.BooleanField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="time_answer_once", fields=["appointment", "participant"]),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Move(models.Model):
    """A wish to move an appointment of several people, open until all agree or it ends.

    The old time stays booked. The times offered are held appointments with the same claim.
    """

    class Outcome(models.TextChoices):
        """How it ended."""

        AGREED = "agreed", _("A new time was agreed")
        DROPPED = "dropped", _("The old time stays")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="moves")
    #: Null: the practitioner asked.
    asked_by = models.ForeignKey(
        "booking.Participant", on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="move_one_open", fields=["appointment"], condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"move of {self.appointment_id}"


class LateWish(models.Model):
    """After the cut-off: somebody asks the practitioner to change what is booked."""

    class Outcome(models.TextChoices):
        """What the practitioner did."""

        CHANGED = "changed", _("Moved or cancelled")
        KEPT = "kept", _("It stays as it is")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="late_wishes"
    )
    participant = models.ForeignKey(
        "booking.Participant", on_delete=models.CASCADE, related_name="+"
    )
    words_sealed = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="late_wish_one_open",
                fields=["appointment", "participant"],
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"late wish {self.id}"
