"""What is wrong with an installation in Slack, step by step, in plain words."""

from __future__ import annotations

from collections.abc import Collection

from adapters.slack import addresses
from adapters.slack.client import Api
from adapters.slack.manifest import SCOPES
from adapters.slack.settings import Settings, missing
from bot.chat.platform import OutcomeUnknown, PlatformError, RateLimited, Unreachable
from bot.chat.registry import Finding


async def look(settings: Settings, admins: Collection[str]) -> list[Finding]:
    """Every step of the installation, as far as it has come. Nobody is written to."""
    if wrong := missing(settings):
        return [Finding(False, wrong)]
    api = Api(settings.api_url, settings.timeout)
    try:
        return await _steps(api, settings, admins)
    except (RateLimited, OutcomeUnknown):
        return [Finding(False, f"{settings.api_url} does not answer from here. Is the way to it open?")]
    finally:
        await api.close()


async def _steps(api: Api, settings: Settings, admins: Collection[str]) -> list[Finding]:
    found = []
    if settings.app_token:
        try:
            await api.call("apps.connections.open", settings.app_token)
            found.append(Finding(True, "Socket Mode can be opened"))
        except Unreachable as error:
            found.append(
                Finding(
                    False,
                    f"Slack refuses SLACK_APP_TOKEN: {error} It needs the scope connections:write, and Socket Mode switched on.",
                )
            )
    else:
        found.append(Finding(True, "Slack has to reach this server at https://…/slack/events"))
    if not settings.bot_token:
        found.append(Finding(True, "workspaces are installed at https://…/slack/install"))
        return found
    try:
        us = await api.call("auth.test", settings.bot_token)
        granted = await api.granted(settings.bot_token)
    except Unreachable as error:
        return [*found, Finding(False, f"Slack refuses SLACK_BOT_TOKEN: {error}")]
    team = str(us["team_id"])
    found.append(Finding(True, f"in the workspace {us['team']} ({team}) as @{us['user']}"))
    if lacking := sorted(set(SCOPES) - granted):
        found.append(Finding(False, f"the app lacks {', '.join(lacking)}. Update its manifest, and install it again."))
    return [*found, *await _admins(api, settings, team, admins)]


async def _admins(api: Api, settings: Settings, team: str, admins: Collection[str]) -> list[Finding]:
    ours = [admin for admin in admins if admin.startswith(f"{addresses.NAME}:")]
    if not ours:
        said = f"INSTEP_ADMINS names nobody in Slack. You are slack:{team}:MEMBER; your profile in Slack has “Copy member ID” under ⋮."
        return [Finding(False, said)]
    found = []
    for admin in ours:
        try:
            at, user = addresses.split(admin)
            if at != team:
                found.append(Finding(False, f"INSTEP_ADMINS: {admin} is in another workspace; this one is {team}."))
                continue
            told = await api.call("users.info", settings.bot_token, user=user)
            found.append(Finding(True, f"{told['user'].get('real_name', user)} is an admin"))
        except PlatformError as error:
            found.append(Finding(False, f"INSTEP_ADMINS: {admin}: {error}"))
    return found
