"""Appointments that repeat."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class Series(models.Model):
    """Appointments every so many weeks at the practitioner's wall-clock time.

    Each occurrence is an appointment with a claim of its own: one cancelled never cancels the rest.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey("booking.Request", on_delete=models.PROTECT, related_name="series")
    every_weeks = models.PositiveSmallIntegerField()
    occurrences = models.PositiveSmallIntegerField()
    #: Wall time and zone of the first occurrence; the others follow the wall clock.
    wall_start = models.CharField(max_length=16)
    wall_zone = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["created_at"]
        verbose_name_plural = "series"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="series_within_its_limits",
                condition=Q(every_weeks__range=(1, 3), occurrences__range=(2, 12)),
            ),
        ]

    def __str__(self) -> str:
        return f"series {self.id}"
