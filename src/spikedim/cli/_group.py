"""Groups of commands."""

from typing import Any

from typer.core import TyperGroup

__all__ = ["HelpfulGroup"]


class HelpfulGroup(TyperGroup):
    """A group that shows its help, without complaint, when no command follows."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command, or ask for help."""
        return super().parse_args(ctx, args or ["--help"])
