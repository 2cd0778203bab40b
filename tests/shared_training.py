"""A training on several processes: run by torchrun, with folder and model as arguments."""

import sys

import torch
from tests.fit_examples import shared_recipe, shared_splits

from spikedim.training import fit

if __name__ == "__main__":
    torch.set_num_threads(1)
    fit(sys.argv[2], shared_splits(), out=sys.argv[1], recipe=shared_recipe())
