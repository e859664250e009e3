"""What one declared field is: the data that forms, lists, import, search and sync derive from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.i18n import translate

if TYPE_CHECKING:
    # `sync.schema` brings SQLAlchemy along, which the first window does not wait for.
    from sync.schema import Policy


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity. It says what, never how it looks."""

    name: str
    kind: str
    """A name of `app.kinds.KINDS`."""
    source_label: str
    """The English label; `label` is the one to show."""
    required: bool = False
    search: bool = False
    listed: bool = False
    policy: Policy = "review"
    group: str | None = None
    link: str | None = None
    """For kind `link`: the kind of record that it names."""
    ids_of: str | None = None
    """For kind `json`: the kind of records of which ids stand in it."""
    choices: tuple[tuple[str, str], ...] = ()
    """(stored value, English label) pairs for kinds `choice` and `choices`."""
    unit: str | None = None
    shape: Callable[[Any], object] | None = field(default=None, compare=False)
    """For kind `json`: raises ValueError for what no screen could show of it."""
    scale: int = 2
    """Decimals kept by `decimal`, `money` and `percentage`, which are stored as scaled integers."""
    aliases: tuple[str, ...] = ()
    """Other headings under which import recognises this field."""
    computed: bool = False
    """Derived by the program: shown, never typed, captured or merged."""

    @property
    def label(self) -> str:
        """The label in the current language."""
        return translate(self.source_label)

    def choice_label(self, value: str) -> str:
        """The label of one choice in the current language; an unknown value stands for itself."""
        return translate(dict(self.choices).get(value, value))
