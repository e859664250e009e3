"""Files and photos of records: added, shown, fetched, forgotten.

`add(session, prepared, kind, record)` after `prepare(folder, file)`, or both with `attach`; `picture(session,
id) -> bytes | None` for who draws one; `forget(session, ids)` for who erases. Loaded when first used: the
first window needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.attachments.adding import (
        FOLDER,
        Prepared,
        add,
        add_again,
        attach,
        folder_of,
        keep_bytes,
        prepare,
    )
    from app.attachments.keeping import carry, comes_unasked, fault, fetch, forget, is_due, keep_all, sweep
    from app.attachments.reading import (
        File,
        NotHere,
        find,
        find_by_id,
        find_of_account,
        is_here,
        move,
        of_digest,
        picture,
        pin,
        read,
        remove,
        save_as,
        thumbnail,
        thumbnails,
        want,
        when,
    )

_PLACES = {
    "adding": "FOLDER Prepared add add_again attach folder_of keep_bytes prepare",
    "keeping": "carry comes_unasked fault fetch forget is_due keep_all sweep",
    "reading": "File NotHere find find_by_id find_of_account is_here move of_digest picture pin read remove"
    " save_as thumbnail thumbnails want when",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _PLACES.items():
        if name in names.split():
            return getattr(import_module(f"app.attachments.{module}"), name)
    raise AttributeError(name)


__all__ = [
    "FOLDER",
    "File",
    "NotHere",
    "Prepared",
    "add",
    "add_again",
    "attach",
    "carry",
    "comes_unasked",
    "fault",
    "fetch",
    "find",
    "find_by_id",
    "find_of_account",
    "folder_of",
    "forget",
    "is_due",
    "is_here",
    "keep_all",
    "keep_bytes",
    "of_digest",
    "move",
    "picture",
    "pin",
    "prepare",
    "read",
    "remove",
    "save_as",
    "sweep",
    "thumbnail",
    "thumbnails",
    "want",
    "when",
]
