"""The last step of a request: where, about what, who asks, and who else it concerns."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.domain.asking import (
    LABEL_MAX,
    LISTED_MAX,
    TOPICS,
    WORDS_MAX,
    Asking,
    Requester,
)
from booking.domain.refusals import Problem
from booking.forms.fields import (
    AddressField,
    LineField,
    ParagraphField,
    small_number,
)
from booking.forms.others import PersonForm
from booking.forms.zones import country_names
from booking.models import Request
from practice.models import Practice, RelationshipType

ELSEWHERE = "elsewhere"

#: Ways to come by a time other than choosing one.
TOGETHER = "together"
WAIT = "wait"

TOPIC_LABELS = {
    "desire": _("Different levels of desire"),
    "arousal": _("Arousal or orgasm"),
    "pain": _("Pain"),
    "erection": _("Erection or ejaculation"),
    "communication": _("How we talk to each other"),
    "conflict": _("Conflict"),
    "emotions": _("Calming strong emotions"),
    "trust": _("Trust and repair"),
    "opening_up": _("Opening up, or agreements"),
    "jealousy": _("Jealousy"),
    "identity": _("Identity, orientation or gender"),
    "kink": _("Kink"),
    "shame": _("Shame, faith or culture"),
    "body_changes": _("Body changes: birth, menopause, illness"),
    "behaviour": _("A behaviour I want to change"),
    "separation": _("Separation"),
    "something_else": _("Something else"),
}

#: Blocks of people that a page can carry; what is listed beyond the limits is told so.
_BLOCKS_MAX = 20

#: Where the domain's problems stand on the page. The others belong to an earlier step.
_PROBLEM_FIELDS = {
    "requester.name": "name",
    "requester.email": "email",
    "location": "location",
    "words": "words",
    "topics": "topics",
    "times": "start",
    "adult": "adult",
    "not_emergency": "not_emergency",
    "seat_name": "seat_name",
    "participants": None,
}


class DetailsForm(forms.Form):
    """Everything about the request that is asked on its last page, but the other people."""

    #: As on the page: what is wrong is listed in this order. What is not named here comes last.
    field_order = (
        "relationship_type",
        "service",
        "modality",
        "practitioner",
        "time_zone",
        "start",
        "second",
        "third",
        "way",
        "cohort",
        "key",
        "name",
        "pronouns",
        "email",
        "location",
        "seat_name",
        "topics",
        "words",
        "cadence",
    )

    relationship_type = forms.CharField(widget=forms.HiddenInput, required=False)
    service = forms.CharField(widget=forms.HiddenInput, required=False)
    modality = forms.CharField(widget=forms.HiddenInput, required=False)
    practitioner = forms.CharField(widget=forms.HiddenInput, required=False)
    time_zone = forms.CharField(widget=forms.HiddenInput, required=False)
    #: The first choice; it is needed unless another way to find a time was chosen.
    start = forms.CharField(
        label=_("Time"),
        widget=forms.HiddenInput,
        error_messages={"required": _("Please choose a time.")},
    )
    second = forms.CharField(widget=forms.HiddenInput, required=False)
    third = forms.CharField(widget=forms.HiddenInput, required=False)
    way = forms.CharField(widget=forms.HiddenInput, required=False)
    #: The group that a place is asked for.
    cohort = forms.CharField(widget=forms.HiddenInput, required=False)
    #: Makes a double press one request.
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    location = forms.ChoiceField(
        label=_("Where will you be during sessions?"),
        help_text=_("Where the practice may work depends on where you are."),
        error_messages={"required": _("Please choose where you will be.")},
    )
    cadence = forms.ChoiceField(
        label=_("How often?"),
        choices=Request.Cadence.choices,
        initial=Request.Cadence.UNSURE,
        widget=forms.RadioSelect,
    )
    topics = forms.MultipleChoiceField(
        label=_("What would you like help with?"),
        choices=[(topic, TOPIC_LABELS[topic]) for topic in TOPICS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    words = ParagraphField(
        label=_("In a sentence or two"),
        help_text=_("Only as much as you like. There is time for the rest later."),
        max_length=WORDS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    name = LineField(
        label=_("What should we call you?"),
        help_text=_("A first name or a nickname is enough."),
        max_length=LABEL_MAX,
        error_messages={"required": _("Please give us a name to call you by.")},
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    pronouns = LineField(label=_("Your pronouns"), max_length=40, required=False)
    seat_name = LineField(
        label=_("What should the group call you?"),
        help_text=_("It may be another name than the one above."),
        max_length=LABEL_MAX,
        error_messages={"required": _("Under which name should the group know you?")},
    )
    email = AddressField(
        label=_("Your e-mail address"),
        help_text=_(
            "We send a code to it. Our messages are worded so that they say nothing about you."
        ),
        error_messages={"required": _("Please give an address that we can write to.")},
    )
    adult = forms.ChoiceField(
        label=_("Are you 18 or older?"),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please answer this: sessions are for adults.")},
    )
    not_emergency = forms.BooleanField(
        label=_("I understand that this is not an emergency service"),
        error_messages={
            "required": _("Please confirm that you know this is not an emergency service.")
        },
    )
    article = forms.CharField(widget=forms.HiddenInput, required=False)
    mention_article = forms.BooleanField(required=False, initial=True)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        practice: Practice,
        article_title: str = "",
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"key": uuid.uuid4().hex} | dict(initial or {}))
        said = data if data is not None else self.initial
        self.fields["start"].required = not said.get("way")
        if not said.get("cohort"):
            del self.fields["seat_name"]
        location = self.fields["location"]
        assert isinstance(location, forms.ChoiceField)
        location.choices = _location_choices(practice)
        if article_title:
            self.fields["mention_article"].label = gettext("Say that I came from “%(title)s”") % {
                "title": article_title
            }
        else:
            del self.fields["mention_article"], self.fields["article"]
        if "seat_name" in self.fields:
            vars(self.fields["seat_name"])["visibility"] = "shared"
        for name in ("topics", "words"):
            vars(self.fields[name])["visibility"] = "practitioner"
        for name in ("cadence", "topics", "adult"):
            vars(self.fields[name])["look"] = "two"


class Details:
    """The last page: one form, and one for each other person."""

    def __init__(self, form: DetailsForm, people: Sequence[PersonForm]) -> None:
        self.form = form
        self.people = list(people)

    @classmethod
    def blank(cls, choices: Mapping[str, str], *, practice: Practice, article_title: str) -> Self:
        """The page as it first opens."""
        form = DetailsForm(practice=practice, article_title=article_title, initial=choices)
        kind = choices["relationship_type"]
        return cls(form, _people([{}] if asks_for_others(kind) else [], kind))

    @classmethod
    def kept(
        cls,
        data: QueryDict,
        *,
        practice: Practice,
        article_title: str,
        add: bool = False,
        remove: int | None = None,
    ) -> Self:
        """The page with everything typed so far, unchecked; one person more, or one less."""
        bound = cls.sent(data, practice=practice, article_title=article_title)
        typed = [_raw(person) for person in bound.people]
        if remove is not None and 0 <= remove < len(typed):
            del typed[remove]
        if add and len(typed) < LISTED_MAX:
            typed.append({})
        form = DetailsForm(practice=practice, article_title=article_title, initial=_raw(bound.form))
        return cls(form, _people(typed, data.get("relationship_type", "")))

    @classmethod
    def sent(cls, data: QueryDict, *, practice: Practice, article_title: str) -> Self:
        """The page as it was sent, to be checked."""
        form = DetailsForm(data, practice=practice, article_title=article_title)
        always_comes = data.get("relationship_type") == RelationshipType.COUPLE
        people = [
            PersonForm(data, prefix=_prefix(index), always_comes=always_comes)
            for index in range(_count(data))
        ]
        return cls(form, people)

    @property
    def can_add(self) -> bool:
        """Whether one more person fits on the list."""
        return len(self.people) < LISTED_MAX

    def is_valid(self) -> bool:
        """Whether every form is."""
        checked = [form.is_valid() for form in (self.form, *self.people)]
        return all(checked)

    @property
    def wrong(self) -> list[forms.Form]:
        """The forms with errors, in the order of the page."""
        return [form for form in (self.form, *self.people) if form.errors]

    def asking(self, *, times: Sequence[datetime], article: str) -> Asking:
        """What was asked for, as far as it could be understood. Call `is_valid` first."""
        typed = self.form.cleaned_data
        place = str(typed.get("location", ""))
        country, _bar, region = ("", "", "") if place == ELSEWHERE else place.partition("|")
        return Asking(
            relationship_type=typed.get("relationship_type", ""),
            service=typed.get("service", ""),
            times=times,
            time_zone=typed.get("time_zone", ""),
            modality=typed.get("modality", ""),
            country=country,
            region=region,
            requester=Requester(
                name=typed.get("name", ""),
                email=typed.get("email", ""),
                pronouns=typed.get("pronouns", ""),
            ),
            practitioner=typed.get("practitioner") or None,
            others=[person.person() for person in self.people],
            cadence=typed.get("cadence") or Request.Cadence.UNSURE,
            article=article if typed.get("mention_article") else "",
            topics=typed.get("topics", []),
            words=typed.get("words", ""),
            adult=typed.get("adult") == "yes",
            not_emergency=bool(typed.get("not_emergency")),
            find_together=typed.get("way") == TOGETHER,
            wait=typed.get("way") == WAIT,
            cohort=typed.get("cohort", ""),
            seat_name=typed.get("seat_name", ""),
        )

    def add_problems(self, problems: Sequence[Problem]) -> list[Problem]:
        """Put each problem beside its field, unless that field has one already.

        Returns those that belong to an earlier step.
        """
        elsewhere = []
        for problem in problems:
            words = gettext(problem.message) % problem.params
            room, _dot, rest = problem.field.partition(".")
            index, _dot, name = rest.partition(".")
            if room == "participants" and name and int(index) < len(self.people):
                _add(self.people[int(index)], name, words)
            elif problem.field in _PROBLEM_FIELDS:
                _add(self.form, _PROBLEM_FIELDS[problem.field], words)
            else:
                elsewhere.append(problem)
        return elsewhere


def asks_for_others(relationship_type: str) -> bool:
    """Whether other people are named. In a group each person asks for themselves."""
    return relationship_type in (RelationshipType.COUPLE, RelationshipType.NON_MONOGAMOUS)


def _add(form: forms.Form, name: str | None, words: str) -> None:
    if name is None or name not in form.errors:
        form.add_error(name if name in form.fields else None, words)


def _prefix(index: int) -> str:
    return f"person-{index}"


def _count(data: QueryDict) -> int:
    return min(small_number(data.get("people", "")) or 0, _BLOCKS_MAX)


def _people(typed: Sequence[Mapping[str, Any]], relationship_type: str) -> list[PersonForm]:
    always_comes = relationship_type == RelationshipType.COUPLE
    return [
        PersonForm(prefix=_prefix(index), always_comes=always_comes, initial=values)
        for index, values in enumerate(typed)
    ]


def _raw(form: forms.Form) -> dict[str, Any]:
    """What was typed into a bound form, as it was typed."""
    return {name: form[name].data for name in form.fields}


def _location_choices(practice: Practice) -> list[tuple[str, Any]]:
    if not practice.locations:
        return [("", _("Please choose")), *country_choices()]
    places = [
        (f"{place['country']}|{place.get('region', '')}", place["label"])
        for place in practice.locations
    ]
    return [("", _("Please choose")), *places, (ELSEWHERE, _("Somewhere else"))]


@lru_cache(maxsize=1)
def country_choices() -> list[tuple[str, str]]:
    """The countries of the world by name, from the time zone database."""
    return [
        (f"{code}|", name) for code, name in sorted(country_names().items(), key=lambda c: c[1])
    ]
