"""Examples: data sets as inputs with targets, split without overlap."""

from spikedim.training.examples._check_examples import check_examples
from spikedim.training.examples._epoch_order import batch_part, epoch_order
from spikedim.training.examples._examples import IGNORED, ExampleKind, Examples, ExampleSplits
from spikedim.training.examples._open_examples import open_examples
from spikedim.training.examples._vocabulary import Vocabulary

__all__ = [
    "IGNORED",
    "ExampleKind",
    "ExampleSplits",
    "Examples",
    "Vocabulary",
    "batch_part",
    "check_examples",
    "epoch_order",
    "open_examples",
]
