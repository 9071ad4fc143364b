"""Which wordings there are: a kind of message, and the variants that some kinds have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from notifications.domain.kinds import Kind
from notifications.messages import practitioner
from notifications.messages.titles import title

#: Kinds that are worded in several ways, with what the desk calls each.
_VARIANTS: Mapping[Kind, Mapping[str, str | Promise]] = {
    Kind.REMINDER: {
        "later": gettext_lazy("days before"),
        "tomorrow": gettext_lazy("the day before"),
        "today": gettext_lazy("on the day"),
    },
    Kind.SETTINGS_CHANGED: {
        "": gettext_lazy("a new address"),
        "passcode": gettext_lazy("a new passcode"),
    },
    Kind.ON_THE_LIST: {"": gettext_lazy("for a time"), "place": gettext_lazy("for a place")},
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One wording: `key` is how addresses and tables name it."""

    kind: Kind
    variant: str = ""

    @property
    def key(self) -> str:
        """booked, or reminder-today."""
        return f"{self.kind}-{self.variant}" if self.variant else str(self.kind)

    @property
    def title(self) -> str:
        """What the desk calls it."""
        variants = _VARIANTS.get(self.kind)
        return f"{title(self.kind)}, {variants[self.variant]}" if variants else title(self.kind)

    @property
    def is_to_practitioner(self) -> bool:
        """Whether it never goes to anybody who takes part."""
        return self.kind in practitioner.WORDINGS

    @classmethod
    def of(cls, key: str) -> Self | None:
        """The slot with this key, if there is one."""
        kind, _dash, variant = key.partition("-")
        if kind not in Kind or variant not in _VARIANTS.get(Kind(kind), {"": ""}):
            return None
        return cls(Kind(kind), variant)


def every_slot() -> Sequence[Slot]:
    """All of them, in the order in which people meet them."""
    return [Slot(kind, variant) for kind in Kind for variant in _VARIANTS.get(kind, {"": ""})]
