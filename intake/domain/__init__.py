"""Plain Python without Django: what is asked, of whom, who may see it, and what is missing."""
