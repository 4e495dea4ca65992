"""The playground: a local web page that is a chat platform like any other."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.playground.adapter import Playground
from adapters.playground.playground_world import Player, PlaygroundChannel, PlaygroundWorld

__all__ = ["Player", "Playground", "PlaygroundChannel", "PlaygroundWorld", "Settings", "build"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the page is served, and how much it takes."""

    port: int = 8080
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")  # names a browser may call us by
    largest: int = 256 * 1024  # bytes of one request's body
    patience: float = 3.0  # seconds a request waits for its answer before it is told to ask again


def build(settings: Settings, stage: PlaygroundWorld) -> Playground:
    """The playground in front of this stage. Binding to loopback only is the server's job."""
    return Playground(
        stage,
        sites=tuple(f"{host}:{settings.port}" for host in settings.hosts),
        largest=settings.largest,
        patience=settings.patience,
    )
