"""Other ways to somebody whom a message did not reach: only those that they allowed."""

from dataclasses import dataclass
from enum import StrEnum


class Route(StrEnum):
    """One way, in the order in which they are offered."""

    OTHER_ADDRESS = "other_address"  # they gave another one, and have not entered its code yet
    PHONE = "phone"
    NEW_ADDRESS = "new_address"  # one that they say when they are asked
    HAND_OVER = "hand_over"  # a link that whoever asked them along gives to them
    PAGE = "page"  # everything stands there whenever they look


@dataclass(frozen=True, slots=True)
class Contact:
    """What one person said about how they are reached."""

    #: They declined, left, or ended their part.
    is_out: bool = False
    #: They have come in with a code: their address, and their page, are theirs.
    is_verified: bool = True
    #: Somebody else asked them along.
    is_invited: bool = False
    page_only: bool = False
    has_phone: bool = False
    refuses_calls: bool = False
    has_other_address: bool = False
    #: They asked never to be written to.
    refuses_mail: bool = False


def routes(contact: Contact) -> tuple[Route, ...]:
    """The ways that are left. Empty: there is none that this person allowed.

    Whoever reads their page only is not asked for an address. Whoever was asked along and has not
    come in may still be handed a link, unless they asked to be left alone.
    """
    if contact.is_out:
        return ()
    may_call = contact.has_phone and not contact.refuses_calls
    may_write = not contact.page_only and not contact.refuses_mail
    is_theirs = contact.is_verified
    allowed = {
        Route.OTHER_ADDRESS: is_theirs and may_write and contact.has_other_address,
        Route.PHONE: may_call,
        Route.NEW_ADDRESS: is_theirs and may_write,
        Route.HAND_OVER: not is_theirs and contact.is_invited and not contact.refuses_mail,
        Route.PAGE: is_theirs,
    }
    return tuple(route for route in Route if allowed[route])
