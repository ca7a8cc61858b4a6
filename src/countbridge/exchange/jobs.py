"""The jobs of the exchange. Each may be killed anywhere and run again."""

from __future__ import annotations

from procrastinate.contrib.django import app

from countbridge import clock
from countbridge.exchange import attempts, cadence, calls, deliveries, hooks, resending, subscriptions
from countbridge.exchange.retry import Patiently


@app.task(name="exchange.deliver", retry=Patiently())
def deliver(delivery: int) -> None:
    deliveries.deliver(delivery)


@app.task(name="exchange.deliver_many", retry=Patiently())
def deliver_many(deliveries: list[int]) -> None:
    resending.deliver_many(deliveries)


@app.task(name="exchange.publish", retry=Patiently())
def publish(subscription: int) -> None:
    subscriptions.publish(subscription)


@app.periodic(cron="17 * * * *")
@app.task(name="exchange.tidy", queueing_lock="exchange.tidy", retry=Patiently())
def tidy(timestamp: int) -> None:
    attempts.forget_bodies()
    calls.roll_up()
    hooks.tidy(clock.now())


@app.periodic(cron="* * * * * */2")
@app.task(name="exchange.tick", queueing_lock="exchange.tick")
def tick(timestamp: int) -> None:
    cadence.start_due()
    subscriptions.start_due()
