"""Everybody does everything at once, for a while."""

import threading
import time

from booking.operations import sweep as booking_sweep
from tests.booking.races import soak_clients, soak_practice
from tests.booking.races.harness import PATIENCE
from tests.booking.races.soak_players import Deed, Player, World


def sweep(player: Player) -> None:
    """Sweep, often after a leap in time."""
    if player.yes(0.4):
        player.world.clock.leap(player.chance.choice((1, 3, 8, 20, 40)))
    booking_sweep.sweep(now=player.world.clock.now())


#: What is done, and how often beside the others.
DEEDS: dict[Deed, int] = {**soak_clients.DEEDS, **soak_practice.DEEDS, sweep: 10}


def play(world: World, *, seed: int, seconds: float, players: int) -> None:
    """Let them all loose for so long, and wait until everybody has come to rest."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=Player(world, seed * 100 + n).play, args=(DEEDS, until), daemon=True
        )
        for n in range(players)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
