"""Every change of booking's state, a module per noun.

A public function is one use case and one transaction, unless its docstring says that it runs
in the caller's. Lock order everywhere: practitioner, request, appointment.
"""
