"""Why something about messages is refused."""

from collections.abc import Sequence


class InvalidWording(Exception):
    """A wording that must not be sent; `problems` say why, in sentences."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class WordingMoved(Exception):
    """Somebody saved another version of this wording meanwhile."""
