"""How long each class of data is kept: defaults of a setting, not law."""

from collections.abc import Mapping

DEFAULT_DAYS: Mapping[str, int] = {
    # Begun and never finished, after the request has ended.
    "abandoned": 30,
    "declined": 90,
    # Sealed safety answers: after the last session or the recorded decision, whichever is later.
    "sealed": 90,
    "intake": 365,
    # Signatures and attendance: what the practice's lawyer or insurer asks for, often seven years.
    "consents": 7 * 365,
}


def default_days() -> dict[str, int]:
    """A fresh copy, for a column."""
    return dict(DEFAULT_DAYS)
