"""Plain Python without Django: what to tell whom and when, retries, discretion."""
