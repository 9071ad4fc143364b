"""Who offers what, and when: the practice, its practitioners, services, hours and articles."""
