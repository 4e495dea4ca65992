"""What an operator watches, for Prometheus. Counts and times of deliveries; nothing about a person."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The numbers of one process. What the database knows (due, oldest due) is asked when they are read."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._sends = Histogram(
            "instep_send_seconds",
            "Answers of platforms to messages, by what the delivery became: sent, due (tried again), uncertain, unreachable.",
            ("platform", "outcome"),
            registry=self.registry,
        )
        self._answers: dict[tuple[str, str], Histogram] = {}
        self._lookups = Counter(
            "instep_uncertain_resolved",
            "Messages that may have arrived, by what was found out: sent, due (it had not), held (nobody can tell).",
            ("platform", "outcome"),
            registry=self.registry,
        )
        self._ticks = Histogram(
            "instep_step_seconds", "Steps of the engine: plan, send, show.", ("step",), registry=self.registry
        )
        self._failures = Counter(
            "instep_step_failures",
            "Steps that failed and are tried again.",
            ("step",),
            registry=self.registry,
        )
        self._due = Gauge("instep_due", "Deliveries whose time has come and that wait.", registry=self.registry)
        self._oldest = Gauge(
            "instep_oldest_due_seconds",
            "How long the one that waits longest has waited.",
            registry=self.registry,
        )
        company = ("company",)
        self._filing = {
            "asked": Gauge(
                "instep_filing_asked_ratio",
                "Share of a company's lines of four weeks that their writers were asked about, by the company's id.",
                company,
                registry=self.registry,
            ),
            "right": Gauge(
                "instep_filing_right_ratio",
                "Of those and answered: the share that went where the tagger had thought.",
                company,
                registry=self.registry,
            ),
            "beyond": Gauge(
                "instep_filing_overconfidence_ratio",
                "How much higher the tagger had put that share; below 0 it was too modest.",
                company,
                registry=self.registry,
            ),
        }

    def answered(self, platform: str, outcome: str, seconds: float) -> None:
        """A platform answered, or did not."""
        answers = self._answers.get((platform, outcome))
        if answers is None:
            answers = self._answers[platform, outcome] = self._sends.labels(platform, outcome)
        answers.observe(seconds)

    def looked_up(self, platform: str, outcome: str) -> None:
        """An uncertain message was looked up."""
        self._lookups.labels(platform, outcome).inc()

    def stepped(self, step: str, seconds: float, *, failed: bool) -> None:
        """A step of the engine ended."""
        self._ticks.labels(step).observe(seconds)
        if failed:
            self._failures.labels(step).inc()

    def filed(self, company_id: int, **shares: float | None) -> None:
        """How a company's lines were filed lately: `asked`, `right` and `beyond`, each None where too few people
        wrote."""
        for name, share in shares.items():
            gauge = self._filing[name]
            if share is not None:
                gauge.labels(company_id).set(share)
            else:
                gauge.remove(company_id)

    def text(self, due: int, oldest: datetime | None, now: datetime) -> bytes:
        """All of it as Prometheus reads it."""
        self._due.set(due)
        self._oldest.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
        return generate_latest(self.registry)
