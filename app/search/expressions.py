"""What `app.search.words` says of a word, as SQL: in C for what most texts are made of, else by the same function.

An index is made for hundreds of thousands of records, and a call from SQLite into Python costs more than
all the rest of an entry.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.search.words import LONG_NUMBER, SHORT_NUMBER, TITLE, fold, indexed_number, national, split

if TYPE_CHECKING:
    from sqlalchemy import Connection


def teach(connection: Connection) -> None:
    """Give the functions that the expressions call to this connection."""
    raw: Any = connection.connection.dbapi_connection
    for name, function in (("fold", _fold), ("marked", _marked), ("numbers", _numbers)):
        raw.create_function(name, 1, function, deterministic=True)


def folded(text: str) -> str:
    """`words.fold` of a text, NULL of NULL: SQLite's own lower() knows ASCII, and so does fold there."""
    return f"CASE WHEN octet_length({text}) > length({text}) THEN fold({text}) ELSE lower({text}) END"


def marked(folded: str) -> str:
    """The words of a folded title, each with its mark."""
    return (
        f"CASE WHEN {folded} = '' THEN '' WHEN {folded} GLOB '*[^a-z0-9 ]*' THEN marked({folded})"
        f" ELSE '{TITLE}' || replace({folded}, ' ', ' {TITLE}') END"
    )


def number(column: str) -> str:
    """`words.indexed_number` of a column with a registration number."""
    return (
        f"CASE WHEN {column} IS NULL THEN '' WHEN length({column}) <= {SHORT_NUMBER}"
        f" OR {column} GLOB '*[^0-9]*' THEN {column} ELSE {_whole(column)} END"
    )


def phones(column: str) -> str:
    """The numbers of a column with one telephone number or several, in their national form."""
    french = "+33[1-9]" + "[0-9]" * 8
    return (
        f"CASE WHEN {column} GLOB '{french}' THEN {_whole(f'substr({column}, 4)')}"
        f" WHEN {column} IS NULL OR {column} = '' THEN '' ELSE numbers({column}) END"
    )


# The contacts of an account stand together, each with its name.
_fold = lru_cache(maxsize=4_096)(fold)


def _whole(number: str) -> str:
    return f"substr({number}, 1, {SHORT_NUMBER}) || ' {LONG_NUMBER}' || {number}"


def _marked(folded: str) -> str:
    return f"{TITLE}{f' {TITLE}'.join(split(folded))}"


def _numbers(text: str) -> str:
    return " ".join([indexed_number(national(phone)) for phone in text.split()])
