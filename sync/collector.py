"""The garbage collector during a sync: it looks only at what the sync makes, so that no interface waits for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sparing_what_stays() -> Iterator[None]:
    """Leave what is there already out of its search, which would hold every thread for a tenth of a second.

    Rows by thousands make it search everything; nearly all that it would look through are the program's own objects.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
