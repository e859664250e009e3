"""Find any record while its name is typed: folded full text over the searched fields of each kind."""

from app.search.ahead import Lane, Lanes
from app.search.build import begin, is_pending, run
from app.search.find import Hit, find, find_connection
from app.search.index import create, install, rebuild, refresh

__all__ = [
    "Hit",
    "Lane",
    "Lanes",
    "begin",
    "create",
    "find",
    "find_connection",
    "install",
    "is_pending",
    "rebuild",
    "refresh",
    "run",
]
