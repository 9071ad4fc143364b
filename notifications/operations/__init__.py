"""Planning deliveries, sending them, and looking after what is left: a module per step."""
