"""All words of the command line, their arguments, and where each is carried out."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.parsing import Parser, count, whole
from app.i18n import translate as _

WORDS = {
    "init": ("app.cli.laptop_words", "init"),
    "enrol": ("app.cli.laptop_words", "enrol"),
    "sync": ("app.cli.laptop_words", "sync"),
    "carry": ("app.cli.laptop_words", "carry"),
    "status": ("app.cli.laptop_words", "status"),
    "backup": ("app.cli.laptop_words", "backup"),
    "restore": ("app.cli.laptop_words", "restore"),
    "doctor": ("app.cli.laptop_words", "doctor"),
    "fields": ("app.cli.record_words", "fields"),
    "list": ("app.cli.record_words", "list_records"),
    "show": ("app.cli.record_words", "show"),
    "add": ("app.cli.record_words", "add"),
    "set": ("app.cli.record_words", "set_fields"),
    "delete": ("app.cli.record_words", "delete"),
    "find": ("app.cli.find_words", "find"),
    "attach": ("app.cli.attachment_words", "attach"),
    "attachment": ("app.cli.attachment_words", "attachment"),
    "batch": ("app.cli.batch", "run"),
    "conflicts": ("app.cli.sync_words", "conflicts"),
    "conflicts resolve": ("app.cli.sync_words", "resolve"),
    "parked": ("app.cli.sync_words", "parked"),
    "parked retry": ("app.cli.sync_words", "retry"),
    "parked withdraw": ("app.cli.sync_words", "withdraw"),
    "parked correct": ("app.cli.sync_words", "correct"),
    "quote price": ("app.cli.quote_words", "price"),
    "quote issue": ("app.cli.quote_words", "issue"),
    "quote revise": ("app.cli.quote_words", "revise"),
    "quote pdf": ("app.cli.quote_words", "pdf"),
    "quote duplicate": ("app.cli.quote_life_words", "duplicate"),
    "quote send": ("app.cli.quote_life_words", "send"),
    "quote accept": ("app.cli.quote_life_words", "accept"),
    "quote refuse": ("app.cli.quote_life_words", "refuse"),
    "quote order": ("app.cli.quote_life_words", "order"),
    "quote compare": ("app.cli.quote_life_words", "compare"),
    "quote mentions": ("app.cli.quote_life_words", "mentions"),
    "quote ask-approval": ("app.cli.quote_life_words", "ask_approval"),
    "quote approve": ("app.cli.quote_life_words", "approve"),
    "quote codes": ("app.cli.quote_life_words", "codes"),
    "quote answer": ("app.cli.quote_life_words", "answer"),
    "quote verify": ("app.cli.quote_life_words", "verify"),
    "quote paper": ("app.cli.quote_life_words", "paper"),
    "quote mail": ("app.cli.quote_words", "mail"),
    "quote strangers": ("app.cli.quote_life_words", "strangers"),
    "import": ("app.cli.transfer_words", "import_records"),
    "export": ("app.cli.transfer_words", "export_records"),
    "serve": ("app.cli.server_words", "serve"),
    "admin": ("app.cli.admin_words", "admin"),
    "demo": ("app.cli.server_words", "demo"),
}
"""Each word, `word second` where there are two, with the module and the function that carry it out."""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; texts are in the current language."""
    parser = Parser(
        prog="terrain",
        description=_("Terrain on the command line. Without a word the desktop opens."),
    )
    _add_global_options(parser, again=False)
    words = parser.add_subparsers(title=_("words"), dest="word", required=True, metavar=_("WORD"))
    _add_laptop_words(words)
    _add_record_words(words)
    _add_sync_words(words)
    _add_quote_words(words)
    _add_transfer_words(words)
    _add_server_words(words)
    return parser


def _add_global_options(parser: argparse.ArgumentParser, again: bool = True) -> None:
    """The options that stand before or after the word; `again` keeps what stood before it."""
    none: Any = argparse.SUPPRESS if again else None
    no: Any = argparse.SUPPRESS if again else False
    group = parser.add_argument_group(_("everywhere"))
    group.add_argument("-h", "--help", action="help", help=_("this help"))
    group.add_argument("--profile", metavar=_("DIR"), default=none, help=_("the laptop's folder"))
    group.add_argument("--json", action="store_true", default=no, help=_("one JSON document on stdout"))
    group.add_argument("--quiet", action="store_true", default=no, help=_("only the answer and refusals"))


def _word(words: Any, name: str, help: str, run: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = words.add_parser(name, help=help, description=help)
    _add_global_options(parser)
    parser.set_defaults(run=run or name)
    return parser


def _add_laptop_words(words: Any) -> None:
    _word(words, "init", _("make a profile that works alone; prints the recovery passphrase once"))
    enrol = _word(words, "enrol", _("connect this laptop to a server; unsent work is kept"))
    enrol.add_argument("--server", required=True, metavar=_("URL"), help=_("https://HOST/SLUG"))
    enrol.add_argument("--email", required=True)
    enrol.add_argument("--ca", metavar=_("FILE"), help=_("the company's own certificate"))
    enrol.add_argument("--code", default="", help=_("the one-time code, where the user has one"))
    sync = _word(words, "sync", _("one complete sync"))
    ways = sync.add_mutually_exclusive_group()
    ways.add_argument("--to", metavar=_("FILE"), help=_("write what is to send to a file"))
    ways.add_argument("--from", dest="from_file", metavar=_("FILE"), help=_("take the answer from a file"))
    carry = _word(words, "carry", _("bring another laptop's file to its server; nobody reads it on the way"))
    carry.add_argument("file", metavar=_("FILE"))
    carry.add_argument("-o", "--output", required=True, metavar=_("FILE"))
    carry.add_argument("--server", metavar=_("URL"), help=_("where the file says, unless given"))
    carry.add_argument("--ca", metavar=_("FILE"), help=_("the company's own certificate"))
    _word(words, "status", _("who, where, last sync, what waits"))
    backup = _word(words, "backup", _("an encrypted copy in one file, opened by the recovery passphrase"))
    backup.add_argument("file", metavar=_("FILE"))
    restore = _word(words, "restore", _("make the profile anew from a backup"))
    restore.add_argument("file", metavar=_("FILE"))
    restore.add_argument("--force", action="store_true", help=_("move the profile that is there aside"))
    _word(words, "doctor", _("check file, key, tables, outbox and disk; exit 1 when something is wrong"))


def _add_record_words(words: Any) -> None:
    fields = _word(words, "fields", _("the kinds of record, or the fields of one"))
    fields.add_argument("kind", nargs="?", metavar=_("KIND"))
    listing = _word(words, "list", _("the records of a kind"))
    listing.add_argument("kind", metavar=_("KIND"))
    listing.add_argument("--where", action="append", default=[], metavar=_("FIELD=VALUE"))
    listing.add_argument("--limit", type=count, metavar="N")
    for name, help in (("show", _("one record")), ("delete", _("delete a record and what hangs under it"))):
        parser = _word(words, name, help)
        parser.add_argument("kind", metavar=_("KIND"))
        parser.add_argument("id", metavar="ID")
    add = _word(words, "add", _("a new record; prints its id"))
    add.add_argument("kind", metavar=_("KIND"))
    add.add_argument("values", nargs="*", metavar=_("FIELD=VALUE"))
    change = _word(words, "set", _("change fields of a record; FIELD= empties one"))
    change.add_argument("kind", metavar=_("KIND"))
    change.add_argument("id", metavar="ID")
    change.add_argument("values", nargs="+", metavar=_("FIELD=VALUE"))
    attach = _word(words, "attach", _("add a file or a photo to a record; prints the attachment's id"))
    attach.add_argument("kind", metavar=_("KIND"))
    attach.add_argument("id", metavar="ID")
    attach.add_argument("file", metavar=_("FILE"))
    attach.add_argument("--caption", metavar=_("TEXT"))
    attachment = _word(words, "attachment", _("the bytes of an attachment as a file, fetched where need be"))
    attachment.add_argument("id", metavar="ID")
    attachment.add_argument("-o", "--output", required=True, metavar=_("FILE"))
    batch = _word(words, "batch", _("many changes: each line of the file is one transaction"))
    batch.add_argument("file", metavar=_("FILE.jsonl"))
    batch.add_argument("--from", dest="first_line", type=count, default=1, metavar=_("LINE"))
    find = _word(words, "find", _("search as the desktop does"))
    find.add_argument("text", nargs="+", metavar=_("TEXT"))
    find.add_argument("--limit", type=count, default=30, metavar="N")


def _add_sync_words(words: Any) -> None:
    conflicts = _word(words, "conflicts", _("what two people wrote differently, and the decision"))
    conflicts.add_argument("--all", action="store_true", help=_("decided ones too"))
    second = conflicts.add_subparsers(dest="second", metavar="")
    resolve = _word(
        second, "resolve", _("decide: FIELD=mine, FIELD=theirs or FIELD=VALUE"), "conflicts resolve"
    )
    resolve.add_argument("id", metavar="ID")
    resolve.add_argument("values", nargs=1, metavar=_("FIELD=mine|theirs|VALUE"))
    parked = _word(words, "parked", _("what the server could not apply"))
    second = parked.add_subparsers(dest="second", metavar="")
    parked.add_argument("--team", action="store_true", help=_("that of the people whom you lead"))
    for name, help in (
        ("retry", _("send it once more")),
        ("withdraw", _("take it back")),
        ("correct", _("send it with other values; KIND.ID.FIELD=VALUE where it writes several records")),
    ):
        word = _word(second, name, help, f"parked {name}")
        word.add_argument("id", metavar="ID")
        if name == "correct":
            word.add_argument("values", nargs="+", metavar=_("FIELD=VALUE"))


def _add_quote_words(words: Any) -> None:
    quote = _word(words, "quote", _("price, issue, revise and print quotes"))
    second = quote.add_subparsers(dest="second", required=True, metavar=_("WORD"))
    price = _word(second, "price", _("arithmetic only: inputs in, amounts out, as JSON"), "quote price")
    price.add_argument("file", metavar=_("FILE.json|-"))
    for name, help in (
        ("issue", _("freeze a draft under its number; prints the number")),
        ("revise", _("a new draft that will supersede an issued quote; prints its id")),
        ("pdf", _("the quote as PDF")),
        ("mail", _("an e-mail with the quote, as a draft for the mail program (.eml)")),
    ):
        parser = _word(second, name, help, f"quote {name}")
        parser.add_argument("id", metavar="ID")
        if name == "pdf":
            parser.add_argument("-o", "--output", required=True, metavar=_("FILE"))
        if name == "mail":
            way = parser.add_mutually_exclusive_group(required=True)
            way.add_argument("-o", "--output", metavar=_("FILE"))
            way.add_argument("--send", action="store_true", help=_("have the server post it instead"))
            parser.add_argument(
                "--to", default="", metavar=_("ADDRESS"), help=_("to whom, unless to the contact")
            )
    _add_quote_life(second)


def _add_quote_life(second: Any) -> None:
    """What becomes of a quote: each word with the options that it takes beside the quote's id."""
    for name, help, more in (
        ("duplicate", _("a new draft with the same content; prints its id"), ""),
        ("send", _("the customer has it"), ""),
        ("accept", _("the customer agrees"), "choose note"),
        ("refuse", _("the customer declines"), "note"),
        ("order", _("make the order of an accepted quote; prints its number"), "choose reference"),
        ("compare", _("what differs between two revisions"), "other"),
        ("mentions", _("the legal texts, their sources, and what they lack"), ""),
        ("ask-approval", _("put a discount before a manager"), "note"),
        ("approve", _("agree to a discount, or type a manager's answer"), "note answer"),
    ):
        parser = _word(second, name, help, f"quote {name}")
        parser.add_argument("id", metavar="ID")
        if "choose" in more:
            chosen = _("the id of an option or alternative that is taken; may be repeated; “none” for none")
            parser.add_argument("--choose", action="append", metavar=_("LINE"), help=chosen)
        for option, help_text in (
            ("note", _("what was said")),
            ("reference", _("the customer's order number")),
            ("answer", _("the eight characters that the manager read out")),
        ):
            if option in more:
                parser.add_argument(f"--{option}", metavar=_("TEXT"), help=help_text)
        if more == "other":
            parser.add_argument("other", metavar=_("OTHER"))
        if name == "ask-approval":
            parser.add_argument("--next", action="store_true", help=_("the manager asks for the next number"))
    codes = _word(second, "codes", _("one-time codes by which you approve over the telephone"), "quote codes")
    answer = _word(second, "answer", _("answer a challenge read over the telephone"), "quote answer")
    for parser in (codes, answer):
        parser.add_argument("user", metavar=_("USER"), help=_("the id of the person who asks"))
    answer.add_argument("number", type=whole, metavar=_("NUMBER"))
    answer.add_argument("control", metavar=_("CONTROL"))
    answer.add_argument("percent", metavar=_("PERCENT"))
    _word(
        second, "strangers", _("approvals by telephone in your name that you never gave"), "quote strangers"
    )
    verify = _word(second, "verify", _("whether a sealed PDF was changed; needs no profile"), "quote verify")
    paper = _word(
        second, "paper", _("attach a photo of the signed paper and accept the quote"), "quote paper"
    )
    for parser in (verify, paper):
        parser.add_argument("file", metavar=_("FILE"))
    paper.add_argument("--signer", required=True, metavar=_("NAME"), help=_("who signed"))
    paper.add_argument("--quote", metavar="ID", help=_("refuse the paper of any other quote"))


def _add_transfer_words(words: Any) -> None:
    importing = _word(words, "import", _("records from a CSV file"))
    importing.add_argument("kind", metavar=_("KIND"))
    importing.add_argument("file", metavar=_("FILE"))
    importing.add_argument("--map", metavar=_("FILE"), help=_("which column goes into which field, as JSON"))
    importing.add_argument("--dry-run", action="store_true", help=_("say what would happen, change nothing"))
    exporting = _word(words, "export", _("the records of a kind as a file"))
    exporting.add_argument("kind", metavar=_("KIND"))
    exporting.add_argument("-o", "--output", required=True, metavar=_("FILE"))


def _add_server_words(words: Any) -> None:
    serve = _word(words, "serve", _("serve the organisations of this machine"))
    _add_database(serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=count, default=8600)
    serve.add_argument("--blobs", metavar=_("DIR"), help=_("the folder of the attachments' bytes"))
    serve.add_argument(
        "--processes", type=count, default=1, metavar="N", help=_("serve with N processes (not on Windows)")
    )
    serve.add_argument(
        "--smtp", metavar="HOST[:PORT]", help=_("post the e-mails with quotes that laptops queue")
    )
    serve.add_argument("--smtp-from", default="", metavar=_("ADDRESS"), help=_("under which they are posted"))
    serve.add_argument("--tls-cert", metavar=_("FILE"))
    serve.add_argument("--tls-key", metavar=_("FILE"))
    _add_admin_words(words)
    demo = _word(words, "demo", _("a complete company on this machine: server, two laptops, sync, a quote"))
    demo.add_argument("--dir", metavar=_("DIR"))
    demo.add_argument("--headless", action="store_true", help=_("no window; files and a report instead"))
    demo.add_argument("--accounts", type=count, metavar="N")
    demo.add_argument("--seed", type=whole, metavar="S")


def _add_admin_words(words: Any) -> None:
    admin = _word(words, "admin", _("organisations, users, devices: on the server's machine"))
    _add_database(admin)
    admin.add_argument("--org", metavar="SLUG", help=_("the organisation, where there are several"))
    areas = admin.add_subparsers(dest="second", required=True, metavar=_("WORD"))
    _admin(areas, "init", _("a new organisation")).add_argument("--name", required=True)
    for area in ("territory", "team"):
        verbs = _admin(areas, area, _("add one")).add_subparsers(dest="third", required=True, metavar="add")
        add = _admin(verbs, "add", _("add one"), f"{area} add")
        add.add_argument("name")
        if area == "territory":
            add.add_argument("--team", help=_("whose manager sees it"))
    users = _admin(areas, "user", _("who works with Terrain"))
    verbs = users.add_subparsers(dest="third", required=True, metavar=_("WORD"))
    add = _admin(verbs, "add", _("a new user; the password from TERRAIN_PASSWORD or asked"), "user add")
    add.add_argument("--email", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", required=True, choices=("rep", "manager", "office", "admin"))
    add.add_argument("--territory", action="append", default=[])
    add.add_argument("--team", action="append", default=[])
    _admin(verbs, "list", _("all users"), "user list")
    for verb, help in (("disable", _("no more access")), ("password", _("a new password"))):
        _admin(verbs, verb, help, f"user {verb}").add_argument("email")
    codes = _admin(
        verbs, "codes", _("ask for one-time codes at enrolment; prints the telephone's address"), "user codes"
    )
    codes.add_argument("email")
    codes.add_argument("--off", action="store_true", help=_("no longer"))
    devices = _admin(areas, "device", _("enrolled laptops"))
    verbs = devices.add_subparsers(dest="third", required=True, metavar=_("WORD"))
    _admin(verbs, "list", _("all laptops"), "device list")
    _admin(verbs, "revoke", _("wipe a laptop at its next contact"), "device revoke").add_argument("id")
    erase = _admin(areas, "erase", _("remove a record for ever, from everywhere"))
    erase.add_argument("kind", metavar=_("KIND"))
    erase.add_argument("id", metavar="ID")
    exchange = _admin(
        areas, "exchange", _("take in the file of a laptop without a network; write the answer")
    )
    exchange.add_argument("file", metavar=_("FILE"))
    exchange.add_argument("-o", "--output", required=True, metavar=_("FILE"))
    _admin(areas, "check", _("count the rows anew; exit 1 where the disk lost any"))
    for verb, help in (("backup", _("a copy in one file")), ("restore", _("from a copy"))):
        _admin(areas, verb, help).add_argument("file", metavar=_("FILE"))


def _admin(words: Any, name: str, help: str, action: str | None = None) -> argparse.ArgumentParser:
    parser = _word(words, name, help, "admin")
    parser.set_defaults(action=action or name)
    _add_database(parser, again=True)
    parser.add_argument("--org", metavar="SLUG", default=argparse.SUPPRESS)
    return parser


def _add_database(parser: argparse.ArgumentParser, again: bool = False) -> None:
    default: Any = argparse.SUPPRESS if again else None
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--database", metavar=_("URL"), default=default, help=_("postgresql://…"))
    where.add_argument(
        "--dir", metavar=_("DIR"), default=default, help=_("the folder of the organisations' files")
    )
