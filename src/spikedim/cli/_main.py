"""The entry point."""

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
