"""Form fields that carry what `components/field.html` shows, and leave checking to the domain."""

from collections.abc import Mapping
from typing import Any

from django import forms

from booking.forms.fields import ParagraphField


class _Details:
    """Gives each option its explanation, which the component shows."""

    details: Mapping[str, str] = {}

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(*args, **kwargs)  # type: ignore[misc]
        option["detail"] = self.details.get(str(option["value"]), "")
        return option


class Radios(_Details, forms.RadioSelect):
    """One of several."""


class Boxes(_Details, forms.CheckboxSelectMultiple):
    """Several of several."""


class _Carrying:
    """`required` only shapes the label: whether an answer is needed and allowed is the domain's."""

    visibility: str = ""
    look: str = ""
    low: str = ""
    high: str = ""

    def validate(self, value: object) -> None:
        """Nothing here."""


class Text(_Carrying, forms.CharField):
    """Typed words."""


class Paragraphs(_Carrying, ParagraphField):
    """A few words, of which nothing is cut off."""


class Choice(_Carrying, forms.ChoiceField):
    """One option."""


class Choices(_Carrying, forms.MultipleChoiceField):
    """Several options."""


class Box(_Carrying, forms.BooleanField):
    """A tick."""


type QuestionField = Text | Choice | Choices | Box
