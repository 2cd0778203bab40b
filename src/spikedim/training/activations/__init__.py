"""Activations: what enters a layer of a trained run, as samples."""

from spikedim.training.activations._activation_dimensions import activation_dimensions
from spikedim.training.activations._activations import Activations
from spikedim.training.activations._layer_dimensions import ActivationDimensions, LayerDimension
from spikedim.training.activations._open_activations import attention_inputs, open_activations

__all__ = [
    "ActivationDimensions",
    "Activations",
    "LayerDimension",
    "activation_dimensions",
    "attention_inputs",
    "open_activations",
]
