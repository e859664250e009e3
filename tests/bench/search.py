"""Search as you type on 100,000 accounts and 300,000 contacts: `python -m tests.bench.search [ACCOUNTS]`."""

from __future__ import annotations

import os
import sys
import time

from app import search
from tests.bench.company import Company, report, seconds, workspace

LIMIT_MS = 8
BUILD_LIMIT_S = 8


def main(accounts: int = 100_000) -> None:
    """Print the time of each keystroke and of building the index."""
    company = Company(accounts)
    with workspace() as laptop:
        began = time.process_time()
        built = company.fill(laptop)
        print(
            f"summaries and index: {built:.1f} s; limit {BUILD_LIMIT_S} s, ratio {built / BUILD_LIMIT_S:.2f}; "
            f"CPU with writing the rows {time.process_time() - began:.1f} s; load {os.getloadavg()[0]:.1f}"
        )
        with laptop.read() as session:
            measured = [
                seconds(lambda typed=typed: search.find(session, typed)) for typed in keystrokes(company)
            ]
            report(f"search, {len(measured)} keystrokes", measured, LIMIT_MS)
            scan = "SELECT id FROM search_row WHERE folded LIKE ? LIMIT 30"
            connection = session.connection()
            scans = [
                seconds(lambda t=typed: connection.exec_driver_sql(scan, (f"%{t}%",)).all())
                for typed in keystrokes(company)[:: len(measured) // 40]
            ]
        report("peer: LIKE over the titles of the same rows", scans, LIMIT_MS)


def keystrokes(company: Company) -> list[str]:
    """What people type, letter by letter: names, two words, a name in a town, a number."""
    typed: list[str] = []
    for _n in range(60):
        for whole in (
            f"Garage {company.one(company.names)}",
            company.one(company.names),
            f"{company.one(company.firsts)} {company.one(company.names)}",
            f"{company.one(company.names)} {company.one(company.towns)}",
            f"06 {company.random.randrange(100):02d} {company.random.randrange(100):02d}",
        ):
            typed += [whole[:end] for end in range(1, min(len(whole), 14) + 1)]
    return typed


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
