"""The shapes of the API, as its OpenAPI page shows them. Decimals are text."""

from __future__ import annotations

from ninja import Field, Schema

from countbridge.api.cutoff import CutoffShown


class Place(Schema):
    code: str
    name: str


class CountSummary(Schema):
    number: str
    name: str
    kind: str
    blind: bool
    mode: str
    state: str
    warehouses: list[Place]
    planned_at: str | None
    started_at: str | None
    closed_at: str | None
    responsible: str
    lines: int
    counted: int
    settled: int
    to_recount: int
    to_approve: int
    final: int
    variances: int
    gain: str | None
    loss: str | None
    net: str | None


class CountPage(Schema):
    total: int
    rows: list[CountSummary]


class Step(Schema):
    name: str
    state: str
    at: str | None = None
    done: int = 0
    total: int = 0
    message: str | None = None


class ZoneFigures(Schema):
    warehouse: str
    zone: str
    lines: int
    counted: int
    settled: int
    to_recount: int
    to_approve: int
    final: int
    variance_lines: int
    gain: str | None
    loss: str | None


class ApprovalDocument(Schema):
    system_number: str
    location: str


class DifferenceRow(Schema):
    location: str
    item: str
    item_name: str
    lot: str | None
    status: str | None = None
    owner: str | None = None
    package: str | None = None
    erp: str
    wms: str
    pending: str
    reason: str


class Progress(Schema):
    done: int
    total: int
    eta_seconds: int | None


class Work(Schema):
    """How far the preparation of a count is: `done` of `total` parts (zones, locations, documents), with `rows` so far."""

    step: str
    part: str
    done: int
    total: int | None
    rows: int
    started_at: str
    updated_at: str
    eta_seconds: int | None


class AccuracyShown(Schema):
    lines: str | None
    quantity: str | None


class CountDetail(CountSummary):
    currency: str
    steps: list[Step]
    zones: list[ZoneFigures]
    approvals: list[ApprovalDocument]
    differences: list[DifferenceRow]
    cutoff: CutoffShown
    policy: dict[str, object]
    progress: Progress
    accuracy: AccuracyShown | None
    problem: str | None = None
    work: Work | None = None


class BinFigures(Schema):
    warehouse: str
    zone: str
    bin: str
    order: int
    lines: int
    counted: int
    variance_lines: int
    gain: str | None
    loss: str | None
    value_abs: str | None
    state: str


class Bins(Schema):
    rows: list[BinFigures]


class PartnerShown(Schema):
    line: int
    bin: str
    item: str
    lot: str | None
    status: str | None = None
    owner: str | None = None
    package: str | None = None
    variance: str


class StoryShown(Schema):
    """One likely story of a variance. `suspect`: shelf, wms, erp or timing. `sure`: strong or fair; `one_in`: of so many sizes
    of variance one would fit by chance, null where a second record says the same. `transfer`: goods changed place or lot only,
    so the variances of the line and its `others` cancel out."""

    cause: str
    suspect: str
    sure: str
    one_in: int | None
    transfer: bool
    sentence: str
    others: list[PartnerShown]


class ExplanationShown(Schema):
    """`decided`: one story is said; otherwise none or two that fit equally well. `gap`: of the ERP's book over the line."""

    decided: bool
    stories: list[StoryShown]
    gap: StoryShown | None


class LineShown(Schema):
    id: int
    count: str
    warehouse: str
    zone: str
    bin: str
    erp_location: str
    item: str
    item_name: str
    lot: str | None
    status: str | None = None
    owner: str | None = None
    package: str | None = None
    tracking: str
    expires: str | None
    label_expires: str | None
    expired: bool
    unit: str
    state: str
    outcome: str | None
    rule: str | None
    item_class: str | None
    abc: str | None
    reasons: list[str]
    snapshot: str | None
    expected: str | None
    counted: str | None
    variance: str | None
    variance_min: str | None
    variance_max: str | None
    value: str | None
    price: str | None
    counter: str | None
    counted_at: str | None
    pass_number: int = Field(alias="pass")
    assignee: str | None
    explanation: ExplanationShown | None


class LinePage(Schema):
    total: int
    rows: list[LineShown]


class ApprovalPage(LinePage):
    gain: str
    loss: str
    net: str


class MovementShown(Schema):
    id: str
    occurred: str
    posted: str | None
    seen: str
    quantity: str
    kind: str
    document: str
    included: bool


class ScanShown(Schema):
    id: str
    pass_number: int = Field(alias="pass")
    quantity: str
    unit: str
    base: str
    counter: str
    counted_at: str
    received_at: str
    source: str
    undone: bool
    note: str
    expires: str | None = None
    set_aside: str | None = None


class DecisionShown(Schema):
    at: str
    user: str
    decision: str
    reason: str
    reason_code: str | None = None
    taken_pass: int | None = None


class PassShown(Schema):
    """What one count of a line came to by itself, compared with the book at its own moments."""

    pass_number: int = Field(alias="pass")
    counter: str
    counted_at: str | None
    counted: str | None
    expected: str | None
    variance: str | None
    outcome: str
    valid: bool


class PostingShown(Schema):
    system: str
    delivery: int | None
    state: str
    remote_id: str | None
    quantity: str


class LineDetail(LineShown):
    movements: list[MovementShown]
    scans: list[ScanShown]
    passes: list[PassShown]
    decisions: list[DecisionShown]
    postings: list[PostingShown]


class SerialShown(Schema):
    """One serial of an item in a bin. `state`: present, missing, extra, absent (neither booked nor there),
    open (booked, nobody looked yet); "counted" for a reader who may not see the book. `places`: where else it is:
    of an extra one where the book has it, of a missing one where it was found; `moved`: the two are one transfer."""

    line: int
    serial: str
    state: str
    booked: bool | None
    counted: bool | None
    moved: bool
    places: list[str]
    reason: str | None
    counter: str | None
    counted_at: str | None


class SerialPage(Schema):
    """The serials of one item in one bin: their numbers by state, and a page of them."""

    bin: str
    item: str
    booked: int | None
    present: int | None
    missing: int | None
    extra: int | None
    moved: int | None
    open: int | None
    counted: int
    total: int
    rows: list[SerialShown]


class SerialPlace(Schema):
    line: int
    bin: str
    item: str
    item_name: str
    booked: int | None
    counted: int
    missing: int | None
    extra: int | None


class SerialPlaces(Schema):
    total: int
    rows: list[SerialPlace]


class EventShown(Schema):
    id: int
    at: str
    kind: str
    text: str
    actor: str
    delivery: int | None


class Timeline(Schema):
    rows: list[EventShown]


class SheetShown(Schema):
    id: int
    number: str
    warehouse: str
    zone: str
    pass_number: int = Field(alias="pass")
    counted_with: str
    assignee: str | None
    state: str
    at_once: bool
    skills: list[str]
    owners: list[str]
    waits: str | None = None
    lines: int
    counted: int


class Sheets(Schema):
    rows: list[SheetShown]


class Person(Schema):
    username: str
    name: str


class People(Schema):
    rows: list[Person]


class Reason(Schema):
    reason: str


class Assignee(Schema):
    assignee: str
