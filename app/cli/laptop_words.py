"""Words for the laptop itself: init, enrol, sync, carry, status, backup, restore, doctor."""

from __future__ import annotations

import argparse
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import formats
from app.cli.output import Output, table
from app.cli.profile_words import folder_of, opened, passphrase, password
from app.errors import NotAllowed
from app.i18n import grouped
from app.i18n import translate as _
from app.i18n import translate_plural as _n

if TYPE_CHECKING:
    from app.workspace import Workspace


def init(options: argparse.Namespace, output: Output) -> None:
    """A new profile; its recovery passphrase is the answer, and is shown this once."""
    from app.workspace import Workspace

    folder = folder_of(options)
    if Workspace.exists(folder):
        raise NotAllowed(_("“{folder}” holds a profile already.", folder=folder))
    before = set(_moved_aside(folder))
    workspace, recovery = Workspace.create(folder)
    workspace.close()
    moved = [str(file) for file in _moved_aside(folder) if file not in before]
    for file in moved:
        output.say(
            _(
                "A file lay here whose profile.json is gone: it was moved to “{file}”. To have its records, restore the"
                " last copy with `terrain restore FILE`.",
                file=file,
            )
        )
    _tell_recovery(output)
    output.result(
        {"profile": str(folder), "recovery": recovery} | ({"moved": moved} if moved else {}), recovery
    )


def _moved_aside(folder: Path) -> list[Path]:
    """Laptop's files that once lay in the folder without their profile."""
    return sorted(folder.glob("terrain-found-*.db"))


def enrol(options: argparse.Namespace, output: Output) -> None:
    """Make this laptop a device of the user."""
    from app import syncing

    secret = password(_("Password of {email}:", email=options.email))
    more: dict[str, Any] = {"code": options.code} if options.code else {}
    found = syncing.enrol(folder_of(options), options.server, options.email, secret, options.ca, **more)
    lines = [_("This laptop is enrolled. Its quotes are numbered {series}.", series=found.get("series"))]
    if found.get("recovery"):
        _tell_recovery(output)
        lines.append(found["recovery"])
    output.result(found, lines)


def sync(options: argparse.Namespace, output: Output) -> None:
    """One complete sync with the server, or its halves by file."""
    from app import syncing

    with opened(options) as workspace:
        if options.to or options.from_file:
            _sync_by_file(options, workspace, output)
            return
        with output.progress(_("Sync")) as advance:
            found = syncing.sync_now(
                # While the server is busy the bar rests.
                workspace,
                progress=lambda phase, done, of: None if phase == "waiting" else advance(done, of),
            )
    output.result(found, [_sync_line(found), *_files_lines(found["files"])])


def _sync_by_file(options: argparse.Namespace, workspace: Workspace, output: Output) -> None:
    from app import by_file

    if options.to:
        found = by_file.write_to(workspace, Path(options.to))
        line = _n(
            "“{file}” holds {n} action for the server.",
            "“{file}” holds {n} actions for the server.",
            found["transactions"],
            file=found["file"],
        )
        output.result(found, [line, *by_file.what_travels(found), *by_file.what_stays(found)])
        return
    with output.progress(_("Sync")) as advance:
        taken = by_file.take_from(
            workspace, Path(options.from_file), progress=lambda _phase, done, of: advance(done, of)
        )
    output.result(taken, [_sync_line(taken), *by_file.what_travels(taken), *by_file.what_stays(taken)])


def carry(options: argparse.Namespace, output: Output) -> None:
    """Bring another laptop's file to its server, from any connected computer."""
    from app import by_file

    found = by_file.carry(Path(options.file), Path(options.output), options.server, options.ca)
    output.result(found, _("“{file}” holds the server's answer.", file=found["file"]))


def status(options: argparse.Namespace, output: Output) -> None:
    """Who, where, last sync, what waits, and how many records of each kind."""
    from app import records, syncing
    from app.entity import entity, kinds

    with opened(options) as workspace:
        found = syncing.status(workspace)
        with workspace.read() as session:
            found["rows"] = {kind: records.count(session, kind) for kind in kinds()}
    lines = [
        (_("User"), found.get("user") or _unnamed(found)),
        (_("Device"), found.get("device") or "–"),
        (_("Series"), found.get("series") or "–"),
        (_("Server"), found.get("server") or _("none: this laptop works alone")),
        (_("Last sync"), _spoken(found.get("last_sync")) or _("never")),
        (_("To send"), str(found["to_send"])),
        (_("Files to send"), str(found["files_to_send"])),
        (_("Conflicts"), str(found["conflicts"])),
        (_("Parked"), str(found["parked"])),
    ]
    told = ("conflict", "parked")
    lines += [
        (_(entity(kind).labels), grouped(n)) for kind, n in found["rows"].items() if n and kind not in told
    ]
    output.result(found, table(lines))


def _unnamed(found: dict[str, Any]) -> str:
    """In the user's place: an enrolled laptop has its people from the first sync on."""
    return _("the first sync is still to come") if found["user_id"] and not found["last_sync"] else "–"


def _spoken(moment: str | None) -> str:
    """A stored moment as people write it, in the time of here."""
    return formats.format_moment(datetime.fromisoformat(moment)) if moment else ""


def backup(options: argparse.Namespace, output: Output) -> None:
    """An encrypted copy with the key's envelope, in one file."""
    from app.store import backup as copies

    file = Path(options.file)
    with opened(options) as workspace:
        copies.write_backup(workspace.engine, workspace.folder, file)
    size = file.stat().st_size
    output.result(
        {"file": str(file), "bytes": size},
        _("“{file}” holds the copy. The recovery passphrase opens it.", file=file),
    )


def restore(options: argparse.Namespace, output: Output) -> None:
    """Make the profile anew from a backup."""
    from app.store import backup as copies

    folder = folder_of(options)
    moved = copies.restore(
        Path(options.file),
        folder,
        force=options.force,
        ask=lambda: passphrase(_("Recovery passphrase:")),
    )
    with opened(options):
        pass
    lines = [_("The profile stands in “{folder}”.", folder=folder)]
    if moved:
        lines.append(_("The one before was moved to “{folder}”.", folder=moved))
    output.result({"profile": str(folder), "moved": str(moved) if moved else None}, lines)


def doctor(options: argparse.Namespace, output: Output) -> int:
    """Check everything that a profile needs; 1 when something is wrong."""
    from app.doctor import examine

    checks = examine(folder_of(options))
    well = all(check.ok for check in checks)
    output.result(
        {"ok": well, "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks]},
        table([("✓" if check.ok else "✗", check.label, check.detail) for check in checks]),
    )
    return 0 if well else 1


def _tell_recovery(output: Output) -> None:
    output.say(
        _(
            "Recovery passphrase, shown this once: write it down. It opens your copies when this computer is lost."
        )
    )


def _sync_line(found: dict[str, Any]) -> str:
    return _(
        "Sent {pushed}, received {pulled}, removed {removed}; conflicts {conflicts}, parked {parked};"
        " {seconds} s.",
        **{
            name: formats.format_number(Decimal(str(found.get(name, 0))))
            for name in ("pushed", "pulled", "removed", "conflicts", "parked", "seconds")
        },
    )


def _files_lines(files: dict[str, Any]) -> list[str]:
    """The rows are through; where photos and files are not, that is said too."""
    if not files["problem"]:
        return []
    said = _("Photos and files are still on their way: the next sync goes on where this one was cut.")
    # Bytes of this laptop that do not open hold up no others, and no further sync will send them.
    return (
        [said, _("One does not open: `terrain doctor` says which.")]
        if files["problem"] == "broken"
        else [said]
    )
