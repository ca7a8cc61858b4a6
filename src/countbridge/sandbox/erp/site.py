"""One installation of the sandbox ERP: its database made from a template, its server, its planner."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from countbridge.errors import SetupError
from countbridge.sandbox.erp.installation import REQUIREMENTS, Report, python_of, say_nothing
from countbridge.sandbox.erp.keys import Keys, load_keys
from countbridge.sandbox.erp.postgres import Postgres

INSIDE = Path(__file__).with_name("inside")
MODULES = ("ir", "res", "company", "stock", "stock_lot")


@dataclass(frozen=True)
class Site:
    """`venv`: Tryton's environment. `server`: URL of the PostgreSQL server. `folder`: keys, configuration and logs.

    `world` is the JSON file of the sandbox company. `database` is also the first part of every URL of the ERP.
    """

    venv: Path
    server: str
    folder: Path
    world: Path
    database: str = "erp"

    @property
    def keys_file(self) -> Path:
        return self.folder / "erp-keys.json"

    @property
    def config_file(self) -> Path:
        return self.folder / "trytond.conf"

    @property
    def log_file(self) -> Path:
        return self.folder / "trytond.log"

    @cached_property
    def postgres(self) -> Postgres:
        return Postgres(self.server)

    @cached_property
    def keys(self) -> Keys:
        logins = [user["login"] for user in json.loads(self.world.read_text("utf-8"))["users"]]
        return load_keys(self.keys_file, logins)

    def prepare(self, report: Report = say_nothing, *, fresh: bool = False) -> None:
        """Have the database filled: at once when it is there, in seconds from a template, in a minute the first time.

        `fresh` throws away what is in it. Raises SetupError "sandbox.tryton_failed" naming the step and the log.
        """
        self._write_config()
        if fresh:
            self.postgres.drop(self.database)
        if self.database in self.postgres.names():
            return
        with self.postgres.alone():
            template = self._make_template(report)
            report("Tryton: copying the filled database")
            self.postgres.create(self.database, template)

    @cached_property
    def template(self) -> str:
        """Name of the filled database that this one is a copy of: of this Tryton, this company, these keys."""
        keys = json.dumps([self.keys.passwords, self.keys.api_keys], sort_keys=True)
        steps = sorted(set(INSIDE.glob("*.py")) - {INSIDE / "serve.py"})
        return f"erp_filled_{_digest(REQUIREMENTS, self.world, *steps, text=keys)}"

    def _make_template(self, report: Report) -> str:
        base, filled = f"erp_base_{_digest(REQUIREMENTS)}", self.template
        known = self.postgres.names()
        if filled in known:
            return filled
        if base not in known:
            report("Tryton: making its tables (about 20 seconds)")
            self._make(base, None, self._create_tables)
        for old in known:
            if old.startswith("erp_filled_"):
                self.postgres.drop(old)
        self._make(filled, base, lambda draft: self._fill(draft, report))
        return filled

    def _make(self, name: str, template: str | None, fill: Callable[[str], None]) -> None:
        """A half-made database never carries the final name."""
        draft = f"{name}_draft"
        self.postgres.drop(draft)
        self.postgres.create(draft, template)
        fill(draft)
        self.postgres.rename(draft, name)
        self.postgres.freeze(name)

    def _create_tables(self, draft: str) -> None:
        password = self.folder / "superuser.pass"
        password.write_text(self.keys.superuser, encoding="utf-8")
        password.chmod(0o600)
        try:
            command = ["-m", "trytond.cli.admin", "-c", str(self.config_file), "-d", draft, "-u", *MODULES]
            options = ["--activate-dependencies", "-l", "zh_CN", "--email", "admin@example.com"]
            self._run("tables", command + options, {"TRYTONPASSFILE": str(password)})
        finally:
            password.unlink()

    def _fill(self, draft: str, report: Report) -> None:
        seed = [str(INSIDE / "seed.py"), str(self.config_file), draft, str(self.world), str(self.keys_file)]
        self._run("seed", seed, report=lambda step: report(f"Tryton: filling in the company, {step}"))

    def _run(
        self, step: str, arguments: list[str], extra: dict[str, str] | None = None, report: Report = say_nothing
    ) -> None:
        """Run Tryton's interpreter; each line it prints goes to `report`, what it complains of to the log."""
        command = [str(python_of(self.venv)), *arguments]
        environment = self.environment() | (extra or {})
        with (
            self.log_file.open("a+", encoding="utf-8") as log,
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                report(line.strip())
            if process.wait():
                log.seek(0)
                words = log.read().strip().splitlines()[-1:] or [""]
                raise SetupError("sandbox.tryton_failed", step=step, log=self.log_file, message=words[0])

    def environment(self) -> dict[str, str]:
        """Environment of every Tryton process: where the database is; its clock is UTC, the company's is its own."""
        return self.postgres.environment() | {"TZ": "UTC", "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"}

    def _write_config(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The address and the user come from the environment: a socket folder does not fit Tryton's URI.
        text = "[database]\nuri = postgresql://\n[request]\ntimeout = 300\n[web]\nroot =\n"
        self.config_file.write_text(text, encoding="utf-8")


def _digest(*files: Path, text: str = "") -> str:
    digest = hashlib.sha256(text.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
