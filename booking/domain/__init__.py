"""Plain Python without Django: intervals, slots, states, the gate, agreement and hold times."""
