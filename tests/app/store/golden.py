"""Makes the golden file of a release: a small profile as this program writes it, which must open for ever.

`python -m tests.app.store.golden tests/files/golden_vN.terrain`, once, when a release is cut.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from app import records
from app.quotes import issuing
from app.store import backup, keys
from app.workspace import Workspace

PASSPHRASE = "the passphrase of the golden files"


def make(target: Path) -> None:
    """One account with a contact, a report and an issued quote."""
    os.environ[keys.PASSPHRASE_VARIABLE] = PASSPHRASE
    keys.keep_key = lambda *_arguments: False  # the file is for other machines
    with tempfile.TemporaryDirectory() as folder:
        workspace, _recovery = Workspace.create(Path(folder) / "profile")
        with workspace.transaction("golden") as session:
            account = records.add(session, "account", {"name": "Hôtel Bellevue", "tags": ["hôtel", "Lyon"]})
            records.add(session, "contact", {"last_name": "Rey", "account": account})
            report = {"account": account, "type": "discovery", "summary": "Vu la gouvernante."}
            records.add(session, "visit_report", report)
            quote = records.add(session, "quote", {"account": account, "status": "draft"})
            line = {
                "kind": "item",
                "quantity": 2,
                "unit_price": "10.50",
                "vat_rate": 20,
                "description": "Savon",
            }
            records.add(session, "quote_line", {"quote": quote, **line})
        with workspace.transaction("issue") as session:
            issuing.issue(session, quote)
        backup.write_backup(workspace.engine, workspace.folder, target)
        workspace.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
