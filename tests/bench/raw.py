"""The floor of sending: `python -m tests.bench.raw PORT FILE NUMBER`.

Hands the same letter over and over to one server over one connection, as `smtplib` does it. Sends
one, says that it is ready, waits for a line, and says how many it sent since.
"""

import smtplib
import sys
from pathlib import Path


def main() -> int:
    port, letter, number = int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("office@willow.test", "bench@example.test", letter)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for n in range(number):
            server.sendmail("office@willow.test", f"bench.{n}@example.test", letter)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
