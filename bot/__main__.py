"""The command line's entry point: every known trouble ends in a sentence and an exit code."""

from __future__ import annotations

from bot.chat.platform import PlatformError
from bot.chat.registry import SettingsError
from bot.cli.console import FORBIDDEN, TOLD, stop
from bot.cli.program import cli
from checkins.errors import UserError
from storage.database import DatabaseUnavailable


def main() -> None:
    """Runs the command line; every known trouble ends in a sentence and an exit code, never in a trace."""
    try:
        cli()
    except (UserError, SettingsError, PlatformError) as error:
        stop(str(error), TOLD)
    except DatabaseUnavailable as error:
        stop(str(error), FORBIDDEN)


if __name__ == "__main__":
    main()
