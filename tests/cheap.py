"""What a passphrase or a password costs in tests: nearly nothing, where it is a quarter of a second on purpose."""

CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
"""Of Argon2id: (passes, KiB, lanes)."""
