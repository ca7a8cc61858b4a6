"""One simulated stocktake: everything that happens follows from the seed."""

from __future__ import annotations

import hashlib
import logging
import traceback
from dataclasses import dataclass
from random import Random

from django.db import connection

from countbridge import clock
from countbridge.exchange import chance
from countbridge.exchange.cadence import start_due
from countbridge.exchange.models import FeedCursor
from countbridge.links.models import Link
from countbridge.people.models import User
from countbridge.simulation import invariants
from countbridge.simulation.agenda import BEGIN, Agenda
from countbridge.simulation.company import Company
from countbridge.simulation.linking import SECRET
from countbridge.simulation.network import Network
from countbridge.simulation.people import People
from countbridge.simulation.profiles import Profile
from countbridge.simulation.scene import Scene, open_scene
from countbridge.simulation.workers import Pool
from countbridge.stocktake.models import Count

STIRRED = 900.0  # seconds during which goods move and systems restart
PATIENCE = 3 * 3600.0
STEPS = 20_000


@dataclass
class Result:
    """What came of a run. `violations` are sentences; `digest` is the same whenever the run is repeated."""

    seed: int
    way: str
    violations: list[str]
    digest: str
    faults: dict[str, int]
    figures: dict[str, int]


class Run:
    """`trace` hears every step; it is what `--trace` shows."""

    def __init__(
        self, seed: int, profile: Profile, links: dict[str, Link], users: dict[str, User], way: str | None = None
    ) -> None:
        self.seed, self.profile = seed, profile
        self.random = Random(f"{profile.name}:{seed}")
        self.way = way or self.random.choice(sorted(links))
        self.agenda = Agenda()
        self.network = Network(self.agenda, Random(self.random.random()), profile)
        self.company = Company(self.agenda, Random(self.random.random()), profile)
        self.people = People(
            self.company, self.network, self.agenda, Random(self.random.random()), users, links[self.way]
        )
        self.trace: list[str] = []
        self.ended = False
        self.pool = Pool(self.agenda, self.network.statement, self._tell)
        self.network.meanwhile = self.pool.meanwhile

    def _tell(self, text: str) -> None:
        self.trace.append(f"{(self.agenda.now - BEGIN).total_seconds():9.2f} {text}")

    def go(self) -> Result:
        """Run it to its end and look whether everything holds."""
        log = _Log()
        logging.getLogger().addHandler(log)
        try:
            with (
                clock.told_by(lambda: self.agenda.now),
                clock.slept_by(self.agenda.advance),
                chance.told_by(Random(self.seed)),
            ):
                open_scene(Scene(self.company, self.network, SECRET))
                found = self._through(log)
        finally:
            logging.getLogger().removeHandler(log)
            self.pool.close()
            self.people.desk.close()
        digest = hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:16]
        figures = {
            "deaths": self.pool.deaths + self.people.desk.deaths, "movements": self.company.moves,
            "scans": len(self.people.acknowledged), "postings": len(self.company.erp.posted),
        }  # fmt: skip
        return Result(self.seed, self.way, found, digest, dict(self.network.met), figures)

    def _through(self, log: _Log) -> list[str]:
        try:
            self._begin()
            self._live()
            return invariants.check(self, log.text())
        except Exception:  # noqa: BLE001  whatever it is, it is a defect, and the other seeds go on
            return [f"broke off: {traceback.format_exc()[-1500:]}"]

    # -- what happens --------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        random, agenda = self.random, self.agenda
        self.company.stock_up()
        locations = self.company.places
        whole = random.random() < 0.7 or len(locations) < 2
        self.people.order(locations if whole else random.sample(locations, 2))
        for _ in range(random.randint(0, self.profile.movements)):
            agenda.after(random.uniform(0, STIRRED), self.company.move_something)
        for system in ("erp", "wms"):
            for _ in range(random.randint(0, self.profile.outages)):
                self._outage(system, random.uniform(0, STIRRED), random.uniform(*self.profile.outage))
        goods = sorted({key[1] for key in self.company.floor})
        for item in random.sample(goods, min(len(goods), random.randint(0, self.profile.refusals))):
            self.company.erp.refuses.add(item)
        agenda.after(STIRRED * 2, self._calm)
        agenda.after(15, self._tick)
        agenda.after(30, self._look)

    def _outage(self, system: str, begin: float, length: float) -> None:
        def down() -> None:
            self.network.down[system] += 1
            self.network.met["outage"] += 1
            self.agenda.after(length, up)

        def up() -> None:
            self.network.down[system] -= 1

        self.agenda.after(begin, down)

    def _calm(self) -> None:
        self.network.calm = True

    def _tick(self) -> None:
        self.agenda.after(self.profile.pace, self._tick)
        self.people.desk.attempt(start_due)
        self.ended = self.people.desk.ask(self._is_over)

    def _look(self) -> None:
        self.agenda.after(self.profile.pace, self._look)
        self.people.look()

    # -- until it is over ----------------------------------------------------------------------------------------------

    def _live(self) -> None:
        for _ in range(STEPS):
            if self.pool.work_one():
                continue
            if self.ended and self.people.desk.ask(self._is_over):
                break
            moments = [moment for moment in (self.agenda.next, self.pool.next_due) if moment]
            self.agenda.advance_to(min(moments))

    def _is_over(self) -> bool:
        """The count is closed and the last papers of the goods are through; or we have waited long enough."""
        if (self.agenda.now - BEGIN).total_seconds() > PATIENCE:
            return True
        if self.company.unbooked or not Count.objects.exists():
            return False
        read = FeedCursor.objects.filter(dataset="movements").values_list("cursor", flat=True).first()
        if read != str(len(self.company.wms.feed)) or Count.objects.exclude(state=Count.State.CLOSED).exists():
            return False
        return not invariants.unfinished().exists()


class _Log(logging.Handler):
    """Everything the run wrote to the log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))

    def text(self) -> str:
        return "\n".join(self._lines)


KEPT = ("exchange_cadence", "exchange_feedepoch")  # what belongs to the links


def sweep(links: dict[str, Link], way: str | None = None) -> None:
    """Forget the run before; of the links only `way` is awake."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT simulation_used(%s)", [list(KEPT)])
        if used := cursor.fetchone()[0]:
            cursor.execute(f"TRUNCATE {used} RESTART IDENTITY CASCADE")
        cursor.execute(
            "UPDATE exchange_cadence SET next_due = %s, last_run = NULL, last_error = NULL, running_since = NULL,"
            " wanted = false, successes = 0, failures = 0",
            [BEGIN],
        )
        cursor.execute(
            "UPDATE links_system SET last_seen = NULL, last_error = NULL, clock_offset = NULL, clock_measured_at = NULL"
        )
    for name, link in links.items():
        Link.objects.filter(pk=link.pk).update(active=name == way)
