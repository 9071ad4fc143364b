"""Every change of intake's state.

A public function is one use case and one transaction. Lock order: answer sheet, then whatever
booking locks (practitioner, request, participant); nothing of booking is written before booking
has taken its own locks.
"""
