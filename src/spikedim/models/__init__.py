"""Spiking transformers at their official shapes: cards now, networks later."""

from spikedim.models._card import Card, LayerRow, Population

__all__ = ["Card", "LayerRow", "Population"]
