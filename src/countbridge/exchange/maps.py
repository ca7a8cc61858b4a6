"""The link's field maps at work: remote rows in, canonical rows out (or back), what cannot be mapped into quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from countbridge.errors import ConfigError
from countbridge.exchange import quarantine
from countbridge.exchange.models import QuarantinedRecord
from countbridge.links.models import CodeTable, FieldMap, Link
from countbridge.mapping import Mapped, Reject, RuleSet, Table, apply

Rows = list[dict[str, str | None]]


def translate(link: Link, name: str, rows: Iterable[Mapping[str, str | None]]) -> tuple[Rows, Sequence[Reject]]:
    """Apply the newest version of map `name`. Raises ConfigError when the link has no such map."""
    done = _mapped(link, name, rows)
    return done.rows, done.rejects


def translate_or_quarantine(
    link: Link, name: str, rows: Sequence[Mapping[str, str | None]], *, flow: str, id_field: str | Sequence[str]
) -> Rows:
    """As `translate`; a row that fails waits in quarantine under `id_field` (or several together), the others go on."""
    return [row for _, row in sorted_out(link, name, rows, flow=flow, id_field=id_field).good]


@dataclass(frozen=True)
class Sorted:
    """What became of rows: each good one beside the row it was made of, and the names of those in quarantine."""

    good: list[tuple[Mapping[str, str | None], dict[str, str | None]]]
    quarantined: list[str]


def sorted_out(
    link: Link, name: str, rows: Sequence[Mapping[str, str | None]], *, flow: str, id_field: str | Sequence[str]
) -> Sorted:
    """As `translate_or_quarantine`, telling which row became which. A row that somebody discarded, and that still says
    the same, is not put before them again."""
    fields = [id_field] if isinstance(id_field, str) else list(id_field)
    done = _mapped(link, name, rows)
    failed = {
        _name_of(rows[reject.row_number - 1], fields, f"{name}:{reject.row_number}"): reject for reject in done.rejects
    }
    given_up = _discarded(link, flow, failed)
    for source_id, reject in failed.items():
        if given_up.get(source_id) != reject.row:
            first = reject.failures[0]
            quarantine.put(link, flow, source_id, reject.row, first.code, first.params)
    pairs = [(rows[number - 1], row) for number, row in zip(done.numbers, done.rows, strict=True)]
    return Sorted(pairs, list(failed))


def _name_of(row: Mapping[str, str | None], fields: Sequence[str], otherwise: str) -> str:
    told = [row.get(field) or "" for field in fields]
    return "/".join(told) if any(told) else otherwise


def _discarded(link: Link, flow: str, names: Iterable[str]) -> dict[str, object]:
    wanted = list(names)
    if not wanted:
        return {}
    known = QuarantinedRecord.objects.filter(link=link, flow=flow, state=QuarantinedRecord.State.DISCARDED)
    return dict(known.filter(source_id__in=wanted).values_list("source_id", "record"))


def _mapped(link: Link, name: str, rows: Iterable[Mapping[str, str | None]]) -> Mapped:
    newest = _newest(link, name)
    if newest is None:
        raise ConfigError("links.no_map", link=link.code, map=name)
    return apply(_rules(newest), rows, _tables(link))


def targets(link: Link, name: str) -> frozenset[str]:
    """The fields the newest version of map `name` yields; none where the link has no such map."""
    newest = _newest(link, name)
    return frozenset(rule.target for rule in _rules(newest).rules) if newest is not None else frozenset()


def _newest(link: Link, name: str) -> int | None:
    return FieldMap.objects.filter(link=link, name=name).order_by("-version").values_list("pk", flat=True).first()


@lru_cache(maxsize=256)
def _rules(map_id: int) -> RuleSet:
    return RuleSet.load(FieldMap.objects.get(pk=map_id).rules)


def _tables(link: Link) -> dict[str, Table]:
    stamps = tuple(CodeTable.objects.filter(link=link).order_by("pk").values_list("pk", "changed_at"))
    return {table.name: table for table in (_table(pk, changed) for pk, changed in stamps)}


@lru_cache(maxsize=64)
def _table(table_id: int, changed_at: object) -> Table:
    stored = CodeTable.objects.get(pk=table_id)
    return Table(stored.name, tuple(stored.keys), tuple(stored.values), tuple(stored.rows))
