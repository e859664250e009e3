"""Months of work with an active customer: visits and their reports, calls, tasks, opportunities, quotes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from app.demo.accounts import Client
from app.demo.catalogue import Row
from app.demo.company import Founding
from app.demo.identity import paris, uuid7
from app.demo.phrases import (
    CALLS,
    COMPETITORS,
    LOSS_REASONS,
    NEXT_ACTIONS,
    OBJECTIONS,
    OPPORTUNITIES,
    SUMMARIES,
    TASKS,
    VISIT_SUBJECTS,
)
from app.demo.quoting import Offer, draw_items

MONTHS = 9
"""How far back the history goes."""
Values = dict[str, Any]
_QUOTE_OF = {"offer": "sent", "negotiate": "issued", "agreed": "sent", "won": "accepted", "lost": "refused"}
"""Stage of an opportunity to the status of its quote."""


class Diary:
    """Writes the records of one client's history, each with an id of its moment."""

    def __init__(self, company: Founding, client: Client) -> None:
        self.company, self.client = company, client
        self.rng: Random = client.rng
        self.today = company.today

    def record(self, at: datetime, /, **values: Any) -> Values:
        """A record of this client made at `at`."""
        account = self.client.account
        made = {"id": uuid7(at, self.rng), "created_at": at, "owner": account["owner"]}
        return {**made, "account": account["id"], **values}

    def day(self, ago: int) -> date:
        """A working day about `ago` days before today; after today when negative."""
        day = self.today - timedelta(days=ago)
        if day.weekday() < 5:
            return day
        back = day.weekday() - 4 if ago > 0 else day.weekday() - 7
        return day - timedelta(days=back)

    def appointment(
        self, day: date, hour: int, minute: int, length: int, subject: str, state: str, **more: Any
    ) -> Values:
        """A visit of `length` minutes at a wall-clock time; it was planned a week before."""
        start = paris(day, hour, minute)
        at = min(start, paris(self.today, 8)) - timedelta(days=7)
        client = self.client
        return self.record(
            at,
            **(
                {
                    "kind": "visit",
                    "subject": subject,
                    "site": client.sites[0]["id"],
                    "start": start,
                    "contacts": [client.contacts[0]["id"]],
                    "end": start + timedelta(minutes=length),
                    "time_zone": "Europe/Paris",
                    "place": f"{client.sites[0]['line1']}, {client.town.name}",
                    "attendees": [client.account["owner"]],
                    "state": state,
                }
                | more
            ),
        )

    def report(
        self, visit: Values, outcome: str, summary: str, action: str | None, rival: str | None
    ) -> Values:
        """The report of a visit, written just after it."""
        rng, end = self.rng, visit["end"]
        kind = "discovery" if self.client.account["type"] == "prospect" else "customer_visit"
        template = self.company.templates[kind]
        due = self.day(-rng.randrange(2, 20)) if end.date() == self.today else end.date() + timedelta(days=7)
        return self.record(
            end + timedelta(minutes=4),
            appointment=visit["id"],
            site=visit["site"],
            start=visit["start"],
            end=end,
            contacts_met=[] if outcome == "absent" else visit["contacts"],
            type=kind,
            outcome=outcome,
            template=template["id"],
            template_version=template["version"],
            answers={} if outcome == "absent" else self._answers(kind, outcome, rival),
            summary=summary,
            objections=rng.choice(OBJECTIONS) if outcome == "negative" else None,
            competition=f"{rival} : −{4 + rng.randrange(8)} % sur les bobines" if rival else None,
            next_action=action,
            next_action_date=paris(due, 10) if action else None,
            no_next_action=action is None,
            validated_at=end + timedelta(minutes=6),
        )

    def _answers(self, kind: str, outcome: str, rival: str | None) -> Values:
        rng = self.rng
        present = {"competitor_present": "yes" if rival else "no"}
        if kind == "discovery":
            return {
                **present,
                "headcount": 2 + rng.randrange(60),
                "cleaning": rng.choice(("own", "contractor")),
            }
        grade = {"positive": 4, "neutral": 3}.get(outcome, 2) + rng.randrange(2)
        return {**present, "shelf_compliant": rng.choice(("yes", "yes", "no", "na")), "satisfaction": grade}

    def past_visit(self, ago: int) -> Iterator[Row]:
        """A visit that took place, nearly always with its report."""
        rng = self.rng
        day = self.day(ago)
        if rng.random() < 0.06:
            yield "appointment", self.appointment(day, 9, 0, 30, rng.choice(VISIT_SUBJECTS), "cancelled")
            return
        hour, minute, length = 8 + rng.randrange(9), rng.choice((0, 15, 30, 45)), rng.choice((30, 45, 60))
        visit = self.appointment(day, hour, minute, length, rng.choice(VISIT_SUBJECTS), "done")
        yield "appointment", visit
        outcome = rng.choices(("positive", "neutral", "negative", "absent"), (55, 25, 12, 8))[0]
        rival = rng.choice(COMPETITORS) if outcome == "negative" or rng.random() < 0.2 else None
        text = rng.choice(SUMMARIES[outcome]).format(who=self.who(), rival=rival or COMPETITORS[0])
        action = rng.choice(NEXT_ACTIONS) if rng.random() < 0.7 else None
        yield "visit_report", self.report(visit, outcome, text, action, rival)

    def who(self) -> str:
        """How a report speaks of the main contact: `Mme Morel`."""
        contact = self.client.contacts[0]
        return f"{'Mme' if contact['civility'] == 'mrs' else 'M.'} {contact['last_name']}"

    def call(self, ago: int, outcome: str | None = None, notes: str | None = None, minutes: int = 0) -> Row:
        """A telephone call some days ago."""
        rng = self.rng
        drawn = rng.choice(CALLS)
        at = paris(self.day(max(1, ago)), 9 + rng.randrange(8), rng.randrange(60))
        return "call", self.record(
            at,
            contact=self.client.contacts[0]["id"],
            direction=rng.choice(("out", "out", "in")),
            at=at,
            duration=minutes or 1 + rng.randrange(12),
            outcome=outcome or drawn[0],
            notes=notes or drawn[1],
        )

    def task(
        self, due_in: int, subject: str, *, done: bool = False, priority: str = "normal", **more: Any
    ) -> Row:
        """Something to do, due `due_in` days from today (negative: late, or done in time)."""
        due = self.today + timedelta(days=due_in)
        at = paris(min(due, self.today) - timedelta(days=5), 11)
        finished = paris(due, 16) if done else None
        return "task", self.record(
            at,
            subject=subject,
            contact=self.client.contacts[0]["id"],
            due=due,
            priority=priority,
            status="done" if done else "open",
            done_at=finished,
            **more,
        )

    def opportunity(
        self, name: str, stage: str, amount: int, age: int, action: tuple[str, int] | None = None, **more: Any
    ) -> Values:
        """A possible sale, `age` days in its stage; `action` is what comes next and in how many days."""
        company, rng = self.company, self.rng
        entered = paris(self.day(age), 10)
        opened = entered - timedelta(days=10 + rng.randrange(40))
        closed = stage in ("won", "lost")
        path = {
            "won": ("qualify", "offer", "negotiate"),
            "lost": ("qualify", "offer"),
            "offer": ("qualify",),
            "negotiate": ("qualify", "offer"),
            "agreed": ("qualify", "offer", "negotiate"),
        }.get(stage, ())
        step = (entered - opened) / (len(path) or 1)
        moments = [*(opened + step * place for place in range(len(path))), entered if path else opened]
        history = [
            {"stage": company.stages[key]["id"], "at": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"}
            for key, moment in zip((*path, stage), moments, strict=True)
        ]
        return self.record(
            opened,
            **(
                {
                    "name": name,
                    "site": self.client.sites[0]["id"],
                    "contacts": [self.client.contacts[0]["id"]],
                    "stage": company.stages[stage]["id"],
                    "amount": Decimal(amount).quantize(Decimal("0.01")),
                    "probability": company.stages[stage]["probability"],
                    "opened_on": opened.date(),
                    "close_date": entered.date() if closed else self.day(-rng.randrange(7, 75)),
                    "competitor": rng.choice(COMPETITORS) if rng.random() < 0.3 else None,
                    "next_action": action[0] if action else None,
                    "next_action_date": self.today + timedelta(days=action[1]) if action else None,
                    "loss_reason": rng.choice(LOSS_REASONS) if stage == "lost" else None,
                    "stage_history": history,
                    "source": rng.choice(("Visite", "Appel entrant", "Salon", "Recommandation")),
                }
                | more
            ),
        )


def history(company: Founding, client: Client, offers: list[Offer]) -> Iterator[Row]:
    """The history of one active client; the quotes to write are added to `offers`."""
    diary = Diary(company, client)
    rng, interval = client.rng, client.account["visit_interval"]
    assert isinstance(interval, int)
    if client.account["status"] != "active":
        return
    ago = rng.randrange(2, interval + 25)
    while ago < 30 * MONTHS:
        yield from diary.past_visit(ago)
        if rng.random() < 0.5:
            yield diary.call(ago - rng.randrange(1, 9))
        ago += interval + rng.randrange(-8, 15)
    if rng.random() < 0.35:
        ahead = diary.day(-rng.randrange(1, 25))
        hour, minute, subject = 8 + rng.randrange(9), rng.choice((0, 30)), rng.choice(VISIT_SUBJECTS)
        yield "appointment", diary.appointment(ahead, hour, minute, 45, subject, "planned")
    if rng.random() < 0.5:
        due = rng.choice((-60, -35, -20, -6, -2, 0, 1, 4, 12))
        yield diary.task(
            due, rng.choice(TASKS), done=due < -6, priority=rng.choice(("low", "normal", "high"))
        )
    yield from _sales(diary, offers)


def _sales(diary: Diary, offers: list[Offer]) -> Iterator[Row]:
    rng, client = diary.rng, diary.client
    if rng.random() < 0.4:
        name, _family, usual = rng.choice(OPPORTUNITIES)
        stage = rng.choices(
            ("qualify", "offer", "negotiate", "agreed", "won", "lost"), (25, 20, 15, 8, 20, 12)
        )[0]
        amount = int(usual * (0.5 + rng.random())) // 10 * 10
        age = rng.randrange(20, 200) if stage in ("won", "lost") else rng.randrange(1, 35)
        idle = stage in ("won", "lost") or rng.random() < 0.2
        action = None if idle else (rng.choice(NEXT_ACTIONS), rng.randrange(-3, 20))
        deal = diary.opportunity(name, stage, amount, age, action)
        yield "opportunity", deal
        status = _QUOTE_OF.get(stage)
        if status:
            age = age if stage in ("won", "lost") else min(age, 25)
            items = draw_items(diary.company, rng, amount)
            offers.append(Offer(client, name, status, diary.day(age), items, str(deal["id"])))
    for _past in range(rng.randrange(3)):
        ago = rng.randrange(35, 30 * MONTHS)
        status = rng.choices(("accepted", "refused", "expired"), (60, 18, 22))[0]
        items = draw_items(diary.company, rng, rng.randrange(250, 3000))
        offers.append(Offer(client, "Réassort", status, diary.day(ago), items))
    if rng.random() < 0.06:
        status = rng.choice(("draft", "draft", "to_approve"))
        items = draw_items(diary.company, rng, 1500)
        offers.append(Offer(client, "Offre en préparation", status, diary.day(1), items))
