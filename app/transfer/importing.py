"""Importing a file's rows as records: recognised, checked and written in bulk, every doubt reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app import records
from app.entity import entity, fields
from app.errors import Invalid
from app.fields import Field
from app.folding import fold
from app.i18n import translate as _
from app.identity import new_id
from app.kinds import KINDS
from app.transfer import orders, reading, stages
from app.transfer.links import SEVERAL, Links
from app.transfer.mapping import Plan, plan_for
from app.transfer.report import Report
from app.transfer.writing import Batch, write
from app.workspace import Workspace

ROWS_PER_TRANSACTION = 2_000
_INSTEAD = {("product", "sku"): "label_fr", ("product", "label_fr"): "label_en"}
"""Required fields that another one can stand for."""
Progress = Callable[[int, int], None]
Values = dict[str, Any]


def import_file(
    workspace: Workspace,
    kind: str,
    file: Path,
    mapping: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import a CSV file as records of `kind`; with `dry_run` only say what would happen.

    Rows travel in transactions of a few thousand. A row that cannot be a record is refused with its
    line; a value that cannot be read, or names no record, is left out with a warning. Raises Invalid
    for a file or a mapping that cannot be used at all, NotFound for an unknown kind.
    """
    entity(kind)
    sheet = reading.read_file(file)
    plan = plan_for(kind, sheet.headings, mapping)
    report = Report(kind, dry_run, unused=plan.unused(sheet.headings))
    if not any(plan.targets):
        raise Invalid(
            {"file": _("None of the columns “{headings}” is known.", headings=", ".join(sheet.headings))}
        )
    with workspace.read() as session:
        importer = _Importer(session.connection(), kind, plan, report)
        if kind == "opportunity" and "stage" in plan.targets:
            importer.stages = stages.Stages(session.connection(), importer.links)
        lines_of = orders.details(file, importer.links, report) if kind == "quote" else None
        batches = list(importer.batches(sheet.rows, lines_of))
    if lines_of is not None:
        lines_of.say_sum()
    if not dry_run:
        write(workspace, batches, _("Import of {file}", file=file.name), progress)
    return report


class _Importer:
    """One import: rows in, batches of stored values out."""

    def __init__(self, connection: Connection, kind: str, plan: Plan, report: Report) -> None:
        self.kind, self.plan, self.report = kind, plan, report
        self.links = Links(connection)
        self.stages: stages.Stages | None = None
        self._connection = connection
        self._declared = fields(kind)
        self._line_of: dict[str, int] = {}
        self._later: list[tuple[int, str, Field, str]] = []
        """(line, new record, link field, word) of links that a later row may resolve."""
        self._unknown_yet: list[tuple[Field, str]] = []
        """Those of the row in hand."""
        self._parsed: dict[tuple[str, str], Any] = {}
        user = connection.exec_driver_sql("SELECT value FROM sync_state WHERE name = 'user'").scalar()
        self._user = None if user is None else str(user)
        home = records.home_territory(connection, self._user) if "territory" in self._declared else None
        self._at_home: Values = {} if home is None else {"territory": home}

    def batches(
        self, rows: tuple[tuple[int, tuple[str, ...]], ...], lines_of: orders.Details | None
    ) -> Iterator[Batch]:
        """The rows as batches, each to be written in one transaction."""
        batch = Batch()
        if self.stages is not None:
            column = self.plan.targets.index("stage")
            self.stages.make_missing(
                [row[column] for _line, row in rows if len(row) > column], batch, self.report
            )
        for line, row in rows:
            self._take(line, row, batch, lines_of)
            if batch.size() >= ROWS_PER_TRANSACTION:
                yield batch
                batch = Batch()
        self._link_to_later_rows(batch)
        if batch.size():
            yield batch

    def _link_to_later_rows(self, batch: Batch) -> None:
        """Links to records of the same kind that stood further down in the file."""
        for line, id, field, word in self._later:
            found = self.links.find(self.kind, word, self.plan.links.get(field.name, ()))
            if found is None:
                self._unresolved(line, field, self.kind, word)
            else:
                batch.change(self.kind, id, {field.name: found})

    def _take(self, line: int, row: tuple[str, ...], batch: Batch, lines_of: orders.Details | None) -> None:
        if len(row) > len(self.plan.targets) and any(cell.strip() for cell in row[len(self.plan.targets) :]):
            self.report.refuse(line, _("This line has more columns than there are headings."))
            return
        typed = {
            target: cell.strip()
            for target, cell in zip(self.plan.targets, row, strict=False)
            if target and cell.strip()
        }
        for target, value in self.plan.defaults.items():
            typed.setdefault(target, str(value))
        self._unknown_yet = []
        values, missing = self._values(line, typed)
        if missing:
            self.report.refuse(line, _("“{field}” is required.", field=missing))
            return
        id, problem = self._identified(values)
        if problem:
            self.report.refuse(line, problem)
            return
        if id is None:
            self._add(line, typed, values, batch, lines_of)
        else:
            self._change(id, values, batch)

    def _add(
        self, line: int, typed: dict[str, str], values: Values, batch: Batch, lines_of: orders.Details | None
    ) -> None:
        id = new_id()
        if lines_of is not None:
            order = lines_of.of(typed.get("outside_number", ""), id)
            values.update(order.values if order else {})
            for quote_line in order.lines if order else ():
                batch.add("quote_line", self._stamped(new_id(), quote_line))
            values = orders.as_accepted(values)
        batch.add(self.kind, self._stamped(id, self._at_home | values))
        self._later += [(line, id, field, word) for field, word in self._unknown_yet]
        self.report.new += 1
        self.report.ids.append(id)
        self._line_of[id] = line
        for key in {*self.plan.key, "name"} & set(values):
            self.links.learn(self.kind, key, str(values[key]), id)
        self._add_along(line, id, typed, batch)

    def _change(self, id: str, values: Values, batch: Batch) -> None:
        self.report.ids.append(id)
        columns = list(values)
        listed = ", ".join(f'"{name}"' for name in columns) or "id"
        found = self._connection.exec_driver_sql(
            f'SELECT {listed} FROM "{self.kind}" WHERE id = ?', (id,)
        ).first()
        frozen = entity(self.kind).travel.frozen_when
        if found is None or frozen is not None:
            # A document that is there already stays as it is.
            self.report.skipped += 1
            return
        changed = {
            name: values[name] for name, old in zip(columns, found, strict=True) if values[name] != old
        }
        if changed:
            batch.change(self.kind, id, {**changed, "updated_at": batch.at, "updated_by": self._user})
            self.report.updated += 1
        else:
            self.report.skipped += 1

    def _identified(self, values: Values) -> tuple[str | None, str]:
        """The record that the row stands for, None for a new one; or why that cannot be told."""
        for key in self.plan.key:
            value = values.get(key)
            if value is None:
                continue
            found = self.links.by_key(self.kind, key).get(fold(str(value)))
            if found == SEVERAL:
                label = self._declared[key].label
                return None, _("Several records have “{value}” as {field}.", value=value, field=label)
            if found in self._line_of:
                return None, _(
                    "“{value}” stands on line {line} already.", value=value, line=self._line_of[found]
                )
            return found, ""
        return None, ""

    def _values(self, line: int, typed: dict[str, str]) -> tuple[Values, str]:
        """The stored values of the row's own fields, and the label of a required one that is missing."""
        values: Values = {}
        country = self._country(typed)
        for target, text in typed.items():
            if "." not in target:
                value = self._value(line, self._declared[target], text, country)
                if value is not None:
                    values[target] = value
        if "account" in self.plan.targets and "account" not in typed and self.kind != "account":
            self.report.warn(line, _("No account is named."))
        for field in self._declared.values():
            if field.required and values.get(field.name) is None:
                instead = values.get(_INSTEAD.get((self.kind, field.name), ""))
                if instead is None:
                    return values, field.label
                values[field.name] = instead
                self.report.warn(
                    line, _("There is no “{field}”: the label stands for it.", field=field.label)
                )
        return values, ""

    def _value(self, line: int, field: Field, text: str, country: str | None) -> Any:
        words = self.plan.values.get(field.name, {})
        text = words.get(" ".join(re.sub(r"[_\W]+", " ", text.casefold()).split()), text)
        if field.name == "stage" and self.stages is not None:
            return self.stages.find(text) or self._unresolved(line, field, "stage", text)
        if field.link:
            found = self.links.find(field.link, text, self.plan.links.get(field.name, ()))
            if found is None and field.link == self.kind:
                self._unknown_yet.append((field, text))
                return None
            return found or self._unresolved(line, field, field.link, text)
        if field.kind == "tags" and field.unit:
            linked = self.links.find(field.unit, text, self.plan.links.get(field.name, ()))
            return f'["{linked}"]' if linked else self._unresolved(line, field, field.unit, text)
        try:
            return self._stored(field, text, country)
        except ValueError as problem:
            self.report.warn(
                line,
                _("{field} “{value}” is left out. {problem}", field=field.label, value=text, problem=problem),
            )
            return None

    def _unresolved(self, line: int, field: Field, kind: str, text: str) -> str | None:
        """Warn of a word that names no record; the link stays empty."""
        self.report.warn(
            line,
            _(
                "{field}: no {kind} “{value}” is known here.",
                field=field.label,
                kind=_(entity(kind).label).lower(),
                value=text,
            ),
        )
        return None

    def _stored(self, field: Field, text: str, country: str | None) -> Any:
        asked = (f"{field.name} {country}" if field.kind == "phone" else field.name, text)
        if asked not in self._parsed:
            kind = KINDS[field.kind]
            if field.kind == "phone" and country not in (None, "FR") and not text.startswith(("+", "00")):
                text = _abroad(text, str(country))
            self._parsed[asked] = kind.to_stored(kind.parse(text, field), field)
        return self._parsed[asked]

    def _country(self, typed: dict[str, str]) -> str | None:
        text = typed.get("site.country") or typed.get("country")
        if not text:
            return None
        try:
            return str(KINDS["country"].parse(text, fields("site")["country"]))
        except ValueError:
            return None

    def _add_along(self, line: int, id: str, typed: dict[str, str], batch: Batch) -> None:
        """The site and the contact that stand in an account's row."""
        country = self._country(typed)
        for part in ("site", "contact"):
            given = {t.partition(".")[2]: text for t, text in typed.items() if t.startswith(part + ".")}
            if part == "contact":
                given = _with_names(given)
                if not given.get("last_name"):
                    continue
            if not given:
                continue
            values: Values = {self.kind: id, **({"kind": "billing"} if part == "site" else {})}
            for name, text in given.items():
                try:
                    values[name] = self._stored(fields(part)[name], text, country)
                except ValueError as problem:
                    field = fields(part)[name]
                    self.report.warn(
                        line,
                        _(
                            "{field} “{value}” is left out. {problem}",
                            field=field.label,
                            value=text,
                            problem=problem,
                        ),
                    )
            batch.add(part, self._stamped(new_id(), values))
            self.report.along[part] = self.report.along.get(part, 0) + 1

    def _stamped(self, id: str, values: Values) -> Values:
        now = KINDS["timestamp"].to_stored(datetime.now(UTC), Field("", "timestamp", ""))
        return {
            "id": id, "created_at": now, "updated_at": now, "created_by": self._user, "updated_by": self._user,
            "owner": self._user, **values,
        }  # fmt: skip


def _with_names(given: dict[str, str]) -> dict[str, str]:
    """`name` taken apart: the last word is the last name."""
    name = given.pop("name", "")
    if name and "last_name" not in given:
        first, _space, last = name.rpartition(" ")
        given["last_name"] = last
        if first:
            given.setdefault("first_name", first)
    return given


def _abroad(text: str, country: str) -> str:
    """A local number of another country in E.164, where it can be one; else as it is."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
