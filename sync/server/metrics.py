"""Figures for Prometheus, computed from the database alone, so that any process of the server tells the same."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from sync import errors
from sync.clock import parse_time
from sync.protocol import unpack_cursor
from sync.server import head
from sync.server.store import Organisations, Store
from sync.server.tables import PARKED

log = logging.getLogger(__name__)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_EACH = ["organisation", "device"]


def exposition(organisations: Organisations) -> bytes:
    """The figures in Prometheus' text format. Devices are named by their ids, people not at all."""
    registry = CollectorRegistry()
    registry.register(_Figures(organisations))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, organisations: Organisations) -> None:
        self._organisations = organisations
        gauge, counter = GaugeMetricFamily, CounterMetricFamily
        self._up = gauge("terrain_up", "Whether the organisation's data answers.", labels=["organisation"])
        self._head = gauge("terrain_revision", "Newest revision.", labels=["organisation"])
        self._conflicts = gauge("terrain_conflicts_open", "Conflicts to decide.", labels=["organisation"])
        self._parked = gauge("terrain_parked", "Transactions that could not be applied.", labels=_EACH)
        self._behind = gauge("terrain_lag_revisions", "Revisions not handed out to the device.", labels=_EACH)
        self._silent = gauge("terrain_lag_seconds", "Seconds since the device gave or took.", labels=_EACH)
        self._calls = counter("terrain_calls", "Calls, small ones sampled.", labels=_EACH)
        self._seconds = counter("terrain_call_seconds", "Seconds spent on them.", labels=_EACH)
        self._received = counter("terrain_received_bytes", "Bytes of requests.", labels=_EACH)
        self._sent = counter("terrain_sent_bytes", "Bytes of answers.", labels=_EACH)

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        for slug in self._organisations.names():
            self._up.add_metric([slug], int(self._read(slug)))
        return [
            self._up, self._head, self._conflicts, self._parked, self._behind, self._silent,
            self._calls, self._seconds, self._received, self._sent,
        ]  # fmt: skip

    def _read(self, slug: str) -> bool:
        """Whether the organisation could be asked; one that cannot must not hide the others."""
        try:
            store = self._organisations.find(slug)
            if store is None:
                return False
            with store.read() as connection:
                self._organisation(connection, store, slug)
                self._devices(connection, store, slug)
        except (errors.SyncError, SQLAlchemyError) as problem:
            log.error(
                "no figures of an organisation", exc_info=problem, extra={"facts": {"organisation": slug}}
            )
            return False
        return True

    def _organisation(self, connection: Connection, store: Store, slug: str) -> None:
        self._head.add_metric([slug], head.current(connection, store)[0])
        conflicts = store.tables.synced.get(store.schema.conflict)
        if conflicts is not None:
            is_open = (conflicts.c.state == "open") & conflicts.c.deleted_at.is_(None)
            count = connection.scalar(select(func.count()).select_from(conflicts).where(is_open))
            self._conflicts.add_metric([slug], count or 0)
        results = store.tables["sync_result"]
        parked = select(results.c.device, func.count()).where(PARKED)
        for device, count in connection.execute(parked.group_by(results.c.device)):
            self._parked.add_metric([slug, device], count)

    def _devices(self, connection: Connection, store: Store, slug: str) -> None:
        devices, newest = store.tables["sync_device"], head.current(connection, store)[0]
        now = datetime.now(UTC)
        statement = select(devices).where(devices.c.revoked_at.is_(None))
        for row in connection.execute(statement).mappings():
            labels = [slug, row["id"]]
            given = given_up_to(row["cursor_issued"] or "", row["rev_presented"] or 0)
            self._behind.add_metric(labels, newest - given)
            seen = parse_time(row["seen_at"] or "")
            if seen is not None:
                self._silent.add_metric(labels, (now - seen).total_seconds())
            self._calls.add_metric(labels, row["total_calls"])
            self._seconds.add_metric(labels, row["total_ms"] / 1000)
            self._received.add_metric(labels, row["bytes_in"])
            self._sent.add_metric(labels, row["bytes_out"])


def given_up_to(issued: str, presented: int) -> int:
    """Up to which revision a device was handed all; while scopes are still to be filled, what it has presented."""
    fields = unpack_cursor(issued)
    rev = fields.get("r")
    return rev if isinstance(rev, int) and not fields.get("b") else presented
