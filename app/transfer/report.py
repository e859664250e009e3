"""What an import did, row by row where a row needs somebody's eye."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.i18n import translate as _
from app.i18n import translate_plural


@dataclass(slots=True)
class Report:
    """Counts, and one sentence per refused line and per kind of doubt."""

    kind: str
    dry_run: bool = False
    new: int = 0
    updated: int = 0
    skipped: int = 0
    """Rows whose record is there already, with the same values."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """(line, sentence) of rows that were not imported."""
    warnings: dict[str, list[int]] = field(default_factory=dict)
    """Lines by sentence: what was imported otherwise than it stands in the file."""
    along: dict[str, int] = field(default_factory=dict)
    """New records of other kinds that came with the rows."""
    unused: list[str] = field(default_factory=list)
    """Headings of columns that were not imported."""
    notes: list[str] = field(default_factory=list)
    """What is true of the whole file."""
    ids: list[str] = field(default_factory=list)
    """The records of the rows, new or found."""

    def refuse(self, line: int, sentence: str) -> None:
        """The row on this line is not imported."""
        self.refused.append((line, sentence))

    def warn(self, line: int, sentence: str) -> None:
        """The row on this line is imported, but somebody should look."""
        self.warnings.setdefault(sentence, []).append(line)

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "kind": self.kind,
            "dry_run": self.dry_run,
            "new": self.new,
            "updated": self.updated,
            "skipped": self.skipped,
            "refused": [{"line": line, "reason": sentence} for line, sentence in self.refused],
            "warnings": [
                {"reason": sentence, "count": len(lines), "lines": lines}
                for sentence, lines in self.warnings.items()
            ],
            "along": self.along,
            "unused": self.unused,
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """The report for people."""
        said = [
            translate_plural("{n} new", "{n} new", self.new),
            translate_plural("{n} changed", "{n} changed", self.updated),
            translate_plural("{n} unchanged", "{n} unchanged", self.skipped),
            translate_plural("{n} refused", "{n} refused", len(self.refused)),
        ]
        found = [", ".join(said)]
        found += self.notes
        if self.unused:
            found.append(_("Columns left out: {columns}.", columns=", ".join(self.unused)))
        found += [
            translate_plural("{n} line: {sentence}", "{n} lines: {sentence}", len(lines), sentence=sentence)
            for sentence, lines in self.warnings.items()
        ]
        found += [
            _("Line {line}: {sentence}", line=line, sentence=sentence) for line, sentence in self.refused
        ]
        return found
