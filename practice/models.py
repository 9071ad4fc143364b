"""Tables of the practice: who offers what, when; and the journal of everything that happened."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MINUTES_PER_DAY = 24 * 60


class UserManager(BaseUserManager["User"]):
    """Creates users that sign in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user; without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractUser):
    """A person who signs in: a practitioner. Clients never have accounts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = None  # type: ignore[assignment]  # e-mail takes its place
    email = models.EmailField(_("e-mail"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # no usernames


def default_batch_minutes() -> list[int]:
    """10:00 and 17:00."""
    return [600, 1020]


def default_batch_weekdays() -> list[int]:
    """Monday to Friday."""
    return [0, 1, 2, 3, 4]


class Practice(models.Model):
    """The one practice of this installation, and its settings."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=120)
    office_name = models.CharField(
        max_length=60, help_text=_("A neutral sender name that says nothing about the work.")
    )
    email = models.EmailField(help_text=_("The address that clients may write to."))
    phone = models.CharField(max_length=40, blank=True)
    reply_promise = models.CharField(max_length=200, default="within two working days")
    #: [{"country": "US", "region": "NY", "label": "New York, United States"}]; empty: anywhere.
    locations = models.JSONField(default=list, blank=True)
    batch_minutes = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(MINUTES_PER_DAY - 1)]),
        default=default_batch_minutes,
        help_text=_("When joint decisions leave, in minutes since midnight."),
    )
    batch_weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)]),
        default=default_batch_weekdays,
        help_text=_("On which days joint decisions leave; Monday is 0."),
    )
    unverified_hold_minutes = models.PositiveIntegerField(default=30)
    single_hold_hours = models.PositiveIntegerField(default=72)
    joint_hold_hours = models.PositiveIntegerField(default=7 * 24)
    proposal_hold_hours = models.PositiveIntegerField(default=72)
    soon_days = models.PositiveIntegerField(default=5)
    soon_hold_hours = models.PositiveIntegerField(default=24)
    gathering_days = models.PositiveIntegerField(default=14)
    holds_per_address = models.PositiveIntegerField(default=1)
    holds_per_network = models.PositiveIntegerField(default=3)
    holds_per_practitioner = models.PositiveIntegerField(default=12)
    #: How long somebody on the waitlist has to answer an offer: usually, within `offer_soon_days`
    #: of the session, and on its very day.
    offer_hours = models.PositiveIntegerField(default=24)
    offer_soon_days = models.PositiveIntegerField(default=3)
    offer_soon_hours = models.PositiveIntegerField(default=12)
    offer_today_hours = models.PositiveIntegerField(default=2)
    #: Messages in the practice's own words: what is sent now, by slot. Every version, with who
    #: wrote it, stands in notifications.WordingEdition.
    wordings = models.JSONField(default=dict, blank=True)
    people_max = models.PositiveSmallIntegerField(
        default=5, help_text=_("The most people attending one session, the requester included.")
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="practice_only_one", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.name


class Practitioner(models.Model):
    """A person who offers sessions, in their own time zone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="practitioner", null=True, blank=True
    )
    slug = models.SlugField(unique=True)
    display_name = models.CharField(max_length=80)
    initials = models.CharField(max_length=8)
    credentials = models.CharField(max_length=200, blank=True)
    email = models.EmailField()
    time_zone = models.CharField(max_length=64)
    phone = models.CharField(max_length=40, blank=True)
    video_url = models.URLField(blank=True)
    address = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    #: Which messages they want for themselves: when the morning's leaves, in minutes since midnight
    #: on their own wall (none: it does not), and whether each new and each ready request is told.
    agenda_minute = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        default=7 * 60,
        db_default=7 * 60,
        validators=[MaxValueValidator(MINUTES_PER_DAY - 1)],
    )
    hears_of_new = models.BooleanField(default=True, db_default=True)
    hears_of_ready = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering: ClassVar = ["display_name"]

    def __str__(self) -> str:
        return self.display_name


class RelationshipType(models.TextChoices):
    """Who a session is for."""

    INDIVIDUAL = "individual", _("Just me")
    COUPLE = "couple", _("Two of us")
    NON_MONOGAMOUS = "non_monogamous", _("Three or more of us, or a non-monogamous relationship")
    GROUP = "group", _("A group")


class Modality(models.TextChoices):
    """How people meet."""

    VIDEO = "video", _("Video call")
    PHONE = "phone", _("Phone call")
    IN_PERSON = "in_person", _("In person")


def default_reminder_minutes() -> list[int]:
    """72 h, 24 h and 2 h before the start."""
    return [72 * 60, 24 * 60, 2 * 60]


def default_modalities() -> list[str]:
    """Everything but meeting in person, which needs a room."""
    return [Modality.VIDEO, Modality.PHONE]


class Service(models.Model):
    """What the practice offers: a kind of session, its length and its rules."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    relationship_type = models.CharField(max_length=20, choices=RelationshipType)
    #: A call to find out whether it fits, or before joining a group; else a session.
    is_call = models.BooleanField(default=False, db_default=False)
    practitioners = models.ManyToManyField(Practitioner, related_name="services")
    duration_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(5)])
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)
    buffer_after_minutes = models.PositiveSmallIntegerField(default=10)
    step_minutes = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(5)])
    notice_minutes = models.PositiveIntegerField(default=24 * 60)
    horizon_days = models.PositiveSmallIntegerField(default=60)
    day_cap = models.PositiveSmallIntegerField(null=True, blank=True)
    week_cap = models.PositiveSmallIntegerField(null=True, blank=True)
    cancel_minutes = models.PositiveIntegerField(default=24 * 60)
    reminder_minutes = ArrayField(models.PositiveIntegerField(), default=default_reminder_minutes)
    modalities = ArrayField(
        models.CharField(max_length=10, choices=Modality), default=default_modalities
    )
    price_text = models.CharField(max_length=80, blank=True)
    people_max = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class WeeklyHours(models.Model):
    """One window of a practitioner's week, in wall-clock minutes of their zone."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="weekly_hours"
    )
    weekday = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(6)], help_text=_("Monday is 0.")
    )
    opens_minute = models.PositiveSmallIntegerField()
    closes_minute = models.PositiveSmallIntegerField()
    from_date = models.DateField(null=True, blank=True)
    until_date = models.DateField(null=True, blank=True, help_text=_("The first day without it."))
    #: Ways to meet in these hours; empty: every way that the service offers.
    modalities = ArrayField(
        models.CharField(max_length=10, choices=Modality), default=list, blank=True
    )

    class Meta:
        ordering: ClassVar = ["weekday", "opens_minute"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="weekly_hours_open_before_close",
                condition=Q(opens_minute__lt=F("closes_minute"), closes_minute__lte=1440),
            ),
        ]

    def __str__(self) -> str:
        return f"weekday {self.weekday}, minutes {self.opens_minute} to {self.closes_minute}"


class HoursOverride(models.Model):
    """Other hours on one date. All rows of a date replace its weekly hours; no window: closed."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="hours_overrides"
    )
    date = models.DateField()
    opens_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    closes_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    modalities = ArrayField(
        models.CharField(max_length=10, choices=Modality), default=list, blank=True
    )

    class Meta:
        ordering: ClassVar = ["date", "opens_minute"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="hours_override_closed_or_a_window",
                condition=Q(opens_minute__isnull=True, closes_minute__isnull=True)
                | Q(opens_minute__lt=F("closes_minute"), closes_minute__lte=1440),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["practitioner", "date"])]

    def __str__(self) -> str:
        return f"{self.date}: {self.opens_minute} to {self.closes_minute}"


class TimeOff(models.Model):
    """Time in which a practitioner sees nobody, as instants."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="time_off"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    label = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="time_off_starts_before_it_ends", condition=Q(starts_at__lt=F("ends_at"))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["practitioner", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.starts_at} to {self.ends_at}"


class EnergyRule(models.Model):
    """What a practitioner can give in one local day, as a plain setting.

    *At most*: no more than `limit` sessions of `relationship_type`. *Not after*: no session of
    `relationship_type` that starts after one of `after_type`.
    """

    class Kind(models.TextChoices):
        """The two shapes of it."""

        AT_MOST = "at_most", _("At most so many a day")
        NOT_AFTER = "not_after", _("Not after another kind on the same day")

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="energy_rules"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    relationship_type = models.CharField(max_length=20, choices=RelationshipType)
    limit = models.PositiveSmallIntegerField(null=True, blank=True)
    after_type = models.CharField(max_length=20, choices=RelationshipType, blank=True)

    class Meta:
        ordering: ClassVar = ["kind", "relationship_type", "after_type"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="energy_rule_once",
                fields=["practitioner", "kind", "relationship_type", "after_type"],
            ),
            models.CheckConstraint(
                name="energy_rule_has_what_it_needs",
                condition=Q(kind="at_most", limit__isnull=False, after_type="")
                | (Q(kind="not_after", limit__isnull=True) & ~Q(after_type="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.relationship_type} {self.kind} {self.limit or self.after_type}"


class Article(models.Model):
    """A piece of writing that ends with the link to request a session."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=240)
    body = models.TextField(help_text=_("Paragraphs, separated by an empty line."))
    published_date = models.DateField()

    class Meta:
        ordering: ClassVar = ["-published_date"]

    def __str__(self) -> str:
        return self.title


class ApiToken(models.Model):
    """A practitioner's key for scripts. The token itself is shown once and never stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=60)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Change(models.Model):
    """One row of the journal: what happened to what, and who did it. Append-only.

    A trigger refuses UPDATE and DELETE. Snapshots hold ids, times and states only, so that
    erasing a person need not touch the journal.
    """

    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    revision = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    snapshot = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_type} {self.subject_id}"


class Pending(models.Model):
    """The outbox: a change whose messages are not planned yet."""

    change = models.OneToOneField(Change, on_delete=models.PROTECT, primary_key=True)

    def __str__(self) -> str:
        return f"pending change {self.change_id}"
