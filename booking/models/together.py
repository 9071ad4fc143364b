"""Finding a time together."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Poll(models.Model):
    """Finding a time together: which days people are asked about, and for which round.

    Nobody sees who else was asked, how anyone answered or how far anyone is.
    """

    request = models.OneToOneField("booking.Request", on_delete=models.CASCADE, related_name="poll")
    first_date = models.DateField(help_text=_("In the practitioner's zone."))
    until_date = models.DateField(help_text=_("The first day that is not asked about."))
    #: Rises when everyone is asked again, because nothing suited all.
    round = models.PositiveSmallIntegerField(default=1)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="poll_has_days", condition=Q(first_date__lt=F("until_date"))
            ),
        ]

    def __str__(self) -> str:
        return f"poll of {self.request_id}, round {self.round}"


class Vote(models.Model):
    """How one start suits one person. *Can* and *could* both count as acceptance."""

    class Word(models.TextChoices):
        """The three answers."""

        CAN = "can", _("I can")
        COULD = "could", _("I could")
        CANT = "cant", _("I can't")

    participant = models.ForeignKey(
        "booking.Participant", on_delete=models.CASCADE, related_name="votes"
    )
    starts_at = models.DateTimeField()
    word = models.CharField(max_length=5, choices=Word)
    voted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="vote_once", fields=["participant", "starts_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.word} at {self.starts_at}"
