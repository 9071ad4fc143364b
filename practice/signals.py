"""Facts that other apps may listen to. Sent after the transaction has committed."""

from django.dispatch import Signal

#: A change stands in the journal and its outbox row waits. Argument: `change_id: int`.
change_recorded = Signal()
