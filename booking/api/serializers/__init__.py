"""The shapes of what comes in and goes out. Rules of the domain are not repeated here."""
