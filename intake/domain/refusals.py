"""Why an operation of intake did not do what was asked."""

from collections.abc import Sequence


class NotOpen(Exception):
    """This person's part is not open to them: not accepted yet, left, or the request is closed."""


class PasscodeNeeded(Exception):
    """Others may see this person's mail: nothing more is saved before they have a passcode."""


class NotComplete(Exception):
    """Something required is missing; `sections` are the slugs where."""

    def __init__(self, sections: Sequence[str]) -> None:
        super().__init__(", ".join(sections))
        self.sections = list(sections)


class TextChanged(Exception):
    """A document is not the text that was shown any more; nothing was signed."""

    def __init__(self, documents: Sequence[str]) -> None:
        super().__init__(", ".join(documents))
        self.documents = list(documents)


class NotAgreed(Exception):
    """A required document was left without agreement; nothing was signed."""

    def __init__(self, documents: Sequence[str]) -> None:
        super().__init__(", ".join(documents))
        self.documents = list(documents)


class NoLegalName(Exception):
    """A signature needs a name."""


class NotTheirPractitioner(Exception):
    """The request is another practitioner's, or there is no such person in it."""


class WrongPasscode(Exception):
    """Not this person's passcode."""


class TooManyTries(Exception):
    """Too many wrong passcodes in a short time; nothing was checked."""


class AlertsNotNamed(Exception):
    """Nobody is named who answers alerts, by when, and who else: such questions stay off."""


class UnknownSetting(Exception):
    """There is no such module or class of data, or the number makes no sense."""


class NotContacted(Exception):
    """A review is decided after a private contact, and none is recorded."""


class ReviewClosed(Exception):
    """It was decided that the request goes on; a new flag opens a new review."""


class NudgedLately(Exception):
    """These people were nudged a short while ago; once is kind, twice is pressure."""


class NobodyToNudge(Exception):
    """Nobody who takes part has a step waiting."""


class UnknownDocument(Exception):
    """There is no such document."""


class EditedMeanwhile(Exception):
    """Somebody saved another version of the document since this one was opened."""


class NothingJoint(Exception):
    """One person alone was asked to come: there is nothing to part."""


class StillOpen(Exception):
    """The request waits for a decision; it is declined, and nothing of it is joint yet."""


class NoPasscode(Exception):
    """This person has none to forget."""


class NotStopped(Exception):
    """Somebody has answers or signatures here: they did not say that they are under 18."""


class NotAsked(Exception):
    """This session is not what the person is asked about now: another is, or the time is over."""


class AlreadyRead(Exception):
    """The practitioner has opened what was said: it stands."""
