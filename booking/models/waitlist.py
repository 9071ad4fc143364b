"""Waiting for a time to open up."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.domain.waiting import DayPart, Wishes


class WaitlistEntry(models.Model):
    """A request that waits for a time to open up. Its turn is by `Request.ready_at`."""

    request = models.OneToOneField(
        "booking.Request", on_delete=models.CASCADE, related_name="waiting"
    )
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    #: Offers in a row that ran out without a word; after three they are asked whether they wait.
    silences = models.PositiveSmallIntegerField(default=0)
    #: Which times would suit, by the wall clock of the requester's zone; empty: any.
    weekdays = models.JSONField(default=list, blank=True)
    parts = models.JSONField(default=list, blank=True)
    from_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["joined_at"]

    def __str__(self) -> str:
        return f"waiting {self.request_id}"

    @property
    def wishes(self) -> Wishes:
        """Which times would suit whoever waits."""
        return Wishes(
            weekdays=frozenset(self.weekdays),
            parts=frozenset(DayPart(part) for part in self.parts),
            from_date=self.from_date,
        )

    def wish(self, wishes: Wishes) -> None:
        """Take over which times would suit; not saved yet."""
        self.weekdays = sorted(wishes.weekdays)
        self.parts = sorted(wishes.parts)
        self.from_date = wishes.from_date


class WaitlistOffer(models.Model):
    """A freed time, held for one entry of the waitlist; told to them only in their daytime."""

    class Outcome(models.TextChoices):
        """How it ended."""

        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("No answer")
        DROPPED = "dropped", _("Not possible any more")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.CASCADE, related_name="offers")
    appointment = models.ForeignKey(
        "booking.Appointment", on_delete=models.CASCADE, related_name="offers"
    )
    made_at = models.DateTimeField()
    #: When its people are told: at once in their daytime, else in their morning.
    opens_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)

    class Meta:
        ordering: ClassVar = ["made_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="waitlist_offer_one_open",
                fields=["entry"],
                condition=Q(settled_at__isnull=True),
            ),
            models.UniqueConstraint(name="waitlist_offer_once", fields=["appointment"]),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["opens_at"],
                name="waitlist_offer_untold",
                condition=Q(told_at__isnull=True, settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.id}"
