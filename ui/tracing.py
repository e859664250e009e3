"""Tells moments of the start on standard output when `TERRAIN_TRACE_START` is set, for measurements."""

from __future__ import annotations

import json
import os
import sys
import time

VARIABLE = "TERRAIN_TRACE_START"


def trace_start(moment: str, rows: int = 0) -> None:
    """One line of JSON: the moment, rows painted, the clock, CPU seconds so far, libraries loaded so far."""
    if os.environ.get(VARIABLE):
        told = {
            "moment": moment,
            "rows": rows,
            "at": time.time(),
            "cpu": time.process_time(),
            "modules": sorted({name.partition(".")[0] for name in list(sys.modules)}),
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
