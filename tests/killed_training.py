"""A training that a test kills: run as a program, with the folder as its argument."""

import sys

import torch
from tests.fit_examples import MODEL, small_recipe, splits

from spikedim.training import fit

if __name__ == "__main__":
    torch.set_num_threads(1)
    recipe = small_recipe(epochs="8")
    fit(MODEL, splits(), out=sys.argv[1], recipe=recipe, resume=True, checkpoint_every=0.0)
