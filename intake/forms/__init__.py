"""The definitions (TOML, see `intake.domain.loader`) and the Django forms built from them."""
