"""Groups with seats."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.domain.states import SeatState
from practice.models import Modality, Practitioner, Service

SEATS_NOT_EXCEEDED = "cohort_seats_not_exceeded"


class Cohort(models.Model):
    """A published group: sessions on set dates, with seats that people ask for.

    A single group session is a cohort with one date. Its sessions are appointments without a
    request; each member's request holds the call before joining and their own forms.
    """

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("Not published yet")
        OPEN = "open", _("People can ask for a seat")
        CLOSED = "closed", _("Not taking requests")
        CALLED_OFF = "called_off", _("Called off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="cohorts")
    #: What its sessions are: length, buffers, cut-off, reminders.
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="cohorts")
    #: The short call before joining.
    call_service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80, help_text=_("Shown on pages only, never in a mail."))
    description = models.TextField(blank=True)
    modality = models.CharField(max_length=10, choices=Modality)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    seats = models.PositiveSmallIntegerField()
    #: Seats reserved for those who asked, and those given.
    seats_taken = models.PositiveSmallIntegerField(default=0)
    minimum = models.PositiveSmallIntegerField(default=4)
    #: By when the minimum must be reached, as a date of the practitioner's zone.
    decide_date = models.DateField()
    #: When the sweep told the practitioner that the date came and the minimum was missed.
    short_noted_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name=SEATS_NOT_EXCEEDED, condition=Q(seats_taken__lte=F("seats"))
            ),
            models.CheckConstraint(
                name="cohort_minimum_fits", condition=Q(minimum__lte=F("seats"), seats__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"cohort {self.slug}"


class Seat(models.Model):
    """One person's place in a group: asked for, given, or not."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="places")
    request = models.OneToOneField("booking.Request", on_delete=models.CASCADE, related_name="seat")
    #: The name that the group will see.
    name = models.CharField(max_length=60)
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in SeatState], default=SeatState.ASKED
    )
    #: While somebody decides: the seat is kept for them until then. Null: nothing is kept.
    reserved_until = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at"]

    def __str__(self) -> str:
        return f"seat {self.id} ({self.state})"
