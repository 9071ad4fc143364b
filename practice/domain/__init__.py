"""Plain Python without Django: the cipher for sensitive text, and wall-clock conversions."""
