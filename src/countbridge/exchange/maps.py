"""The link's field maps at work: remote rows in, canonical rows out (or back), what cannot be mapped into quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from countbridge.errors import ConfigError
from countbridge.exchange import quarantine
from countbridge.links.models import CodeTable, FieldMap, Link
from countbridge.mapping import Reject, RuleSet, Table, apply

Rows = list[dict[str, str | None]]


def translate(link: Link, name: str, rows: Iterable[Mapping[str, str | None]]) -> tuple[Rows, Sequence[Reject]]:
    """Apply the newest version of map `name`. Raises ConfigError when the link has no such map."""
    newest = FieldMap.objects.filter(link=link, name=name).order_by("-version").first()
    if newest is None:
        raise ConfigError("links.no_map", link=link.code, map=name)
    done = apply(_rules(newest.pk), rows, _tables(link))
    return done.rows, done.rejects


def translate_or_quarantine(
    link: Link, name: str, rows: Sequence[Mapping[str, str | None]], *, flow: str, id_field: str | Sequence[str]
) -> Rows:
    """As `translate`; a row that fails waits in quarantine under `id_field` (or several together), the others go on."""
    fields = [id_field] if isinstance(id_field, str) else list(id_field)
    good, rejects = translate(link, name, rows)
    for reject in rejects:
        first = reject.failures[0]
        told = [rows[reject.row_number - 1].get(field) or "" for field in fields]
        source_id = "/".join(told) if any(told) else f"{name}:{reject.row_number}"
        quarantine.put(link, flow, source_id, reject.row, first.code, first.params)
    return good


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
