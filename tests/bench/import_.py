"""Import of a CSV file of accounts with sites and contacts: `python -m tests.bench.import_ [ROWS]`."""

from __future__ import annotations

import sys

from app.transfer.importing import import_file
from tests.bench.company import Company, seconds, workspace

ROWS_PER_SECOND = 1_000


def main(rows: int = 20_000) -> None:
    """Print rows per second, with every change captured for sync and searchable."""
    company = Company(rows)
    with workspace() as laptop:
        file = laptop.folder / "accounts.csv"
        with file.open("w", encoding="utf-8") as stream:
            stream.write("erp_code;Nom;Téléphone;Ville;Code postal;Contact\n")
            for number in range(rows):
                name, town, contact = (
                    company.one(words) for words in (company.names, company.towns, company.firsts)
                )
                phone = f"04{company.random.randrange(10**8):08d}"
                stream.write(
                    f"C{number};{name} {number};{phone};{town};{number % 90000 + 1000:05d};{contact} {name}\n"
                )
        took = seconds(lambda: import_file(laptop, "account", file))
        speed = rows / took
        print(
            f"import: {speed:,.0f} rows/s ({took:.1f} s for {rows:,} rows); aim "
            f"{ROWS_PER_SECOND:,}, ratio {speed / ROWS_PER_SECOND:.2f}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
