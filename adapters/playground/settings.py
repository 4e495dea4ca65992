"""What the playground has to be told."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat import registry


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the page is served, and how much it takes."""

    port: int = 8080
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")  # names a browser may call us by
    largest: int = 256 * 1024  # bytes of one request's body
    patience: float = 3.0  # seconds a request waits for its answer before it is told to ask again


class Environment(registry.Environment):
    """Nothing of its own: it is served where the web server is."""

    def refused_on(self, host: str, *, is_loopback: bool) -> str:
        """Whoever reaches it may be anybody."""
        if is_loopback:
            return ""
        return f"INSTEP_HOST: the playground lets anybody be anybody, so it is served on loopback only, not on {host}."
