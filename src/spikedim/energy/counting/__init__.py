"""Counts the operations of a model while it runs."""

from spikedim.energy.counting._count_operations import count_operations

__all__ = ["count_operations"]
