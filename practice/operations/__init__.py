"""Every change of the practice's own state, a module per noun."""
