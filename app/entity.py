"""The one declaration: a class says what a record is, and table, form, list, import, search and sync follow."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import BigInteger, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from app.errors import NotFound, no_such_kind
from app.fields import Field
from app.i18n import mark as _
from app.i18n import translate
from app.kinds import KINDS, Kind
from sync.schema import Policy, ScopeRule, SyncField, SyncTable

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Travel:
    """How the records of an entity travel: see `sync.schema` for the meaning of each part."""

    scope: tuple[ScopeRule, ...]
    writers: Any = "all"
    parent: str | None = None
    aggregate: str | None = None
    frozen_when: tuple[str, tuple[str, ...]] | None = None
    unfrozen: frozenset[str] = frozenset()
    papers: tuple[str, ...] = ()
    retained_when: tuple[str, tuple[str, ...]] | None = None
    merged_into: str | None = None


def everywhere() -> Travel:
    """Records of the company: everyone reads them, the office writes them."""
    return Travel(scope=(ScopeRule(fixed="company"),), writers="office")


def under(*parents: str, owned: bool = True, **more: Any) -> Travel:
    """Records that travel with the first named record that they have, else with their owner."""
    rules = [ScopeRule(parent=name) for name in parents]
    if owned:
        rules.append(ScopeRule(field="owner", prefix="user"))
    return Travel(scope=tuple(rules), parent=parents[0] if parents else None, **more)


class Stored(TypeDecorator[Any]):
    """Keeps a Python value in the form that the file, the wire and the server share."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: str, scale: int = 2) -> None:
        super().__init__()
        self.kind, self.scale = kind, scale
        self._kind, self._field = KINDS[kind], Field("", kind, "", scale=scale)

    def load_dialect_impl(self, dialect: Any) -> Any:
        return dialect.type_descriptor(BigInteger() if self._kind.storage == "integer" else Text())

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self._kind.to_stored(value, self._field)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self._kind.from_stored(value, self._field)

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        """None for kinds that are kept as they are: nothing is called for each text that is read."""
        if type(self._kind).from_stored is Kind.from_stored:
            return None
        return super().result_processor(dialect, coltype)


def _declare(
    kind: str, label: str, *, merge: Policy = "review", index: bool | None = None, **options: Any
) -> Any:
    """One column. Links and the dates that lists show are indexed unless `index` says otherwise."""
    declared = Field("", kind, label, policy=merge, **options)
    if index is None:
        index = kind == "link" or (kind in ("date", "timestamp") and declared.listed)
    return mapped_column(Stored(kind, declared.scale), nullable=True, index=index, info={"field": declared})


def text(label: str, **options: Any) -> Any:
    """One line of text."""
    return _declare("text", label, **options)


def long_text(label: str, merge: Policy = "text", **options: Any) -> Any:
    """Several lines of text; two people's changes are merged line by line."""
    return _declare("long_text", label, merge=merge, **options)


def email(label: str, **options: Any) -> Any:
    """An e-mail address."""
    return _declare("email", label, **options)


def phone(label: str, **options: Any) -> Any:
    """A telephone number, kept in E.164."""
    return _declare("phone", label, **options)


def web(label: str, **options: Any) -> Any:
    """A web address."""
    return _declare("web", label, **options)


def postcode(label: str, **options: Any) -> Any:
    """A postcode."""
    return _declare("postcode", label, **options)


def country(label: str, **options: Any) -> Any:
    """An ISO 3166 country code of two letters."""
    return _declare("country", label, **options)


def siren(label: str, **options: Any) -> Any:
    """A French company's number, nine digits."""
    return _declare("siren", label, **options)


def siret(label: str, **options: Any) -> Any:
    """A French establishment's number, fourteen digits."""
    return _declare("siret", label, **options)


def vat_number(label: str, **options: Any) -> Any:
    """A European VAT number."""
    return _declare("vat_number", label, **options)


def iban(label: str, **options: Any) -> Any:
    """A bank account number."""
    return _declare("iban", label, **options)


def date(label: str, **options: Any) -> Any:
    """A day without time."""
    return _declare("date", label, **options)


def timestamp(label: str, **options: Any) -> Any:
    """A moment, kept in UTC."""
    return _declare("timestamp", label, **options)


def duration(label: str, **options: Any) -> Any:
    """A length of time in minutes."""
    return _declare("duration", label, unit="min", **options)


def integer(label: str, **options: Any) -> Any:
    """A whole number."""
    return _declare("integer", label, **options)


def decimal(label: str, scale: int = 2, **options: Any) -> Any:
    """A decimal number with `scale` decimals."""
    return _declare("decimal", label, scale=scale, **options)


def money(label: str, scale: int = 2, **options: Any) -> Any:
    """An amount; `scale` decimals are kept, two unless a unit price needs more."""
    return _declare("money", label, scale=scale, **options)


def percentage(label: str, scale: int = 2, **options: Any) -> Any:
    """A percentage: 5.5 stands for 5.5 %."""
    return _declare("percentage", label, scale=scale, unit="%", **options)


def yes_no(label: str, **options: Any) -> Any:
    """Yes or no."""
    return _declare("yes_no", label, **options)


def choice(label: str, choices: Choices, **options: Any) -> Any:
    """One of `choices`, (stored value, label) pairs."""
    return _declare("choice", label, choices=choices, **options)


def choices(label: str, choices: Choices, **options: Any) -> Any:
    """Several of `choices`."""
    return _declare("choices", label, merge="union", choices=choices, **options)


def tags(label: str, **options: Any) -> Any:
    """Free words; two people's additions are united."""
    return _declare("tags", label, merge="union", **options)


def links(label: str, kind: str, **options: Any) -> Any:
    """The ids of several records of `kind`; two people's additions are united."""
    return _declare("tags", label, merge="union", unit=kind, **options)


def link(kind: str, label: str, **options: Any) -> Any:
    """The id of a record of `kind`."""
    return _declare("link", label, link=kind, **options)


def coordinates(label: str, **options: Any) -> Any:
    """Latitude and longitude in degrees."""
    return _declare("coordinates", label, **options)


def json(label: str, **options: Any) -> Any:
    """Structured data; an object with `unit="key"` is merged key by key. `object` and `list` say what it is."""
    return _declare("json", label, **options)


_entities: dict[str, type[Entity]] = {}
_fields: dict[str, dict[str, Field]] = {}


class Entity(DeclarativeBase):
    """What every synced record has. A subclass is one kind of record, named in snake case."""

    metadata = MetaData()
    travel: ClassVar[Travel] = everywhere()
    label: ClassVar[str] = ""
    """The kind's name for the user, in English."""
    labels: ClassVar[str] = ""
    """Its plural."""

    id: Mapped[str] = mapped_column(Text, primary_key=True, sort_order=-9)
    rev: Mapped[int] = mapped_column(BigInteger, server_default="0", default=0, sort_order=-8)
    scope: Mapped[str | None] = mapped_column(Text, nullable=True, sort_order=-7)
    deleted_at: Mapped[Any] = mapped_column(Stored("timestamp"), nullable=True, sort_order=-6)
    created_at: Mapped[Any] = mapped_column(Stored("timestamp"), nullable=True, sort_order=-5)
    created_by: Mapped[str | None] = mapped_column(Text, sort_order=-4)
    updated_at: Mapped[Any] = mapped_column(Stored("timestamp"), nullable=True, sort_order=-3)
    updated_by: Mapped[str | None] = mapped_column(Text, sort_order=-2)
    extra: Mapped[str | None] = mapped_column(Text, sort_order=-1)
    owner: Mapped[str | None] = link("user", _("Owner"), index=False)
    custom: Mapped[Any] = json(_("Own fields"), unit="key")

    def __init_subclass__(cls, **options: Any) -> None:
        cls.__tablename__ = kind_of(cls.__name__)
        super().__init_subclass__(**options)
        kind = cls.__tablename__
        _entities[kind] = cls
        _fields[kind] = {
            column.name: dataclasses.replace(column.info["field"], name=column.name)
            for column in cls.__table__.columns
            if "field" in column.info
        }


def kind_of(class_name: str) -> str:
    """`VisitReport` -> `visit_report`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", class_name).lower()


def entity(kind: str) -> type[Entity]:
    """The class of a kind; raises NotFound."""
    if kind not in _entities:
        raise no_such_kind(kind)
    return _entities[kind]


def kinds() -> list[str]:
    """All kinds of record, in the order of their declaration."""
    return list(_entities)


def fields(kind: str) -> dict[str, Field]:
    """The declared fields of a kind by name, in order; raises NotFound. User-defined ones: `app.custom_fields`."""
    entity(kind)
    return _fields[kind]


def field(kind: str, name: str) -> Field:
    """One declared field; raises NotFound."""
    found = fields(kind).get(name)
    if found is None:
        raise NotFound(
            translate(
                "{kind} has no field “{name}”. `terrain fields {kind}` lists them.", kind=kind, name=name
            )
        )
    return found


def children(kind: str) -> list[tuple[str, str]]:
    """(kind, link field) of the records that hang under records of `kind` and go with them."""
    return [
        (child, name)
        for child, cls in _entities.items()
        for name in sorted({cls.travel.parent, cls.travel.aggregate} - {None}, key=str)
        if name is not None and _fields[child][name].link == kind
    ]


def sync_table(kind: str) -> SyncTable:
    """What sync needs to know of a kind, derived from its declaration."""
    cls, travel = entity(kind), entity(kind).travel
    return SyncTable(
        name=kind,
        table=cls.__table__,  # type: ignore[arg-type]
        fields={f.name: _sync_field(f) for f in fields(kind).values() if not f.computed},
        scope=travel.scope,
        writers=travel.writers,
        parent=travel.parent,
        aggregate=travel.aggregate,
        frozen_when=travel.frozen_when,
        unfrozen=travel.unfrozen,
        papers=travel.papers,
        retained_when=travel.retained_when,
        merged_into=travel.merged_into,
    )


def _sync_field(declared: Field) -> SyncField:
    kind = KINDS[declared.kind]
    is_any = type(kind).check is Kind.check and type(kind).from_stored is Kind.from_stored
    return SyncField(
        name=declared.name,
        storage=kind.storage,
        policy=declared.policy,
        group=declared.group,
        link=declared.link,
        ids_of=declared.ids_of,
        by_key=declared.kind == "json" and declared.unit == "key",
        check=None if is_any else partial(kind.check, field=declared),
    )


__all__ = ["Entity", "Mapped", "MappedColumn", "Travel", "entity", "everywhere", "field", "fields", "kinds"]
