"""Run folders with weights that were drawn, not trained: for tests of what reads a run."""

from dataclasses import replace

import numpy as np
import torch
from tests.model_examples import generator

from spikedim._core import Provenance, fingerprint_arrays
from spikedim.models import build, recalibrate_norms, save_weights
from spikedim.training import IGNORED, ExampleKind, Examples, Recipe, RunStatus, TrainingRun
from spikedim.training.runs import Checkpoint, RunFolder, lock_run, write_checkpoint

TINY = {"depth": 1, "width": 32, "heads": 2}
"""Shape of a model that runs in milliseconds."""
TEXT = {"depth": 1, "width": 32, "heads": 2, "tokens": 6, "vocabulary": 20}


def image_examples(count=24, *, classes=10, side=8, seed=0, **changes):
    """Random images of classes that differ in their mean."""
    draw = np.random.default_rng(seed)
    targets = np.arange(count) % classes
    inputs = draw.integers(0, 128, (count, 1, side, side)) + 12 * targets[:, None, None, None]
    return _examples(
        ExampleKind.IMAGES,
        inputs.clip(0, 255).astype(np.uint8),
        targets,
        classes=classes,
        **{"mean": (0.4,), "deviation": (0.2,), **changes},
    )


def sentence_examples(count=12, *, classes=2, seed=0, **changes):
    """Random sentences, every third one half padding."""
    inputs = np.random.default_rng(seed).integers(1, 20, (count, 6))
    inputs[::3, 3:] = 0
    return _examples(
        ExampleKind.SENTENCES, inputs, np.arange(count) % classes, classes=classes, **changes
    )


def sequence_examples(count=12, *, seed=0, **changes):
    """Random sequences that ask for an answer at their last three tokens."""
    draw = np.random.default_rng(seed)
    targets = draw.integers(1, 20, (count, 6))
    targets[:, :3] = IGNORED
    inputs = draw.integers(1, 20, (count, 6))
    return _examples(ExampleKind.SEQUENCES, inputs, targets, classes=20, **changes)


def _examples(kind, inputs, targets, **changes):
    inputs = np.asarray(inputs)
    inputs = inputs.astype(np.int64) if kind is not ExampleKind.IMAGES else inputs
    targets = targets.astype(np.int64)
    fields = {
        "spec": "drawn",
        "split": "test",
        "kind": kind,
        "inputs": inputs,
        "targets": targets,
        "fingerprint": fingerprint_arrays(inputs, targets),
        "notes": ("Drawn.",),
    }
    return Examples(**{**fields, **changes})


def read_all(examples):
    """Return all inputs as a model reads them, and all targets."""
    x, targets = examples.take(np.arange(len(examples)))
    return examples.normalise(x), targets


def drawn_model(name, examples, *, seed=0, **overrides):
    """Return a model whose normalisations have seen the examples, so that it fires."""
    model = build(name, generator=generator(seed), **overrides)
    draw = generator(seed + 1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                shape = module.weight.shape
                module.weight.copy_(1.2 + 0.4 * torch.rand(shape, generator=draw))
                module.bias.copy_(0.3 + 0.2 * torch.randn(shape, generator=draw))
        model.head.weight.normal_(generator=draw)
    recalibrate_norms(model, [read_all(examples)[0]])
    return model.eval()


def record_of(model, examples, *, recipe=None, **changes):
    """Return the record of a finished run."""
    recipe = Recipe(updates=2) if recipe is None else recipe
    request = model.built_from
    fields = {
        "model": request.name,
        "overrides": {**request.shape, **request.switches},
        "coding": model.coding,
        "code_steps": None,
        "steps": model.steps,
        "parameters": sum(p.numel() for p in model.parameters()),
        "data": "drawn",
        "data_fingerprint": "sha256:0",
        "notes": (),
        "classes": examples.classes,
        "train_samples": len(examples),
        "validation_samples": 0,
        "recipe": recipe.model_dump(mode="json"),
        "seed": 0,
        "start_from": None,
        "identity": "sha256:1",
        "status": RunStatus.FINISHED,
        "update": 2,
        "updates": 2,
        "train_loss": None,
        "train_accuracy": None,
        "validation_accuracy": None,
        "seconds": 1.0,
        "processes": 1,
        "provenance": Provenance.now(command="spikedim train", seed=0),
        "mean": examples.mean,
        "deviation": examples.deviation,
    }
    return TrainingRun(**{**fields, **changes})


def write_run(path, model, examples, *, recipe=None, vocabulary=None, **changes):
    """Write the folder of a run; one that is not finished has a checkpoint and no weights."""
    record = record_of(model, examples, recipe=recipe, **changes)
    folder = RunFolder.create(path, record)
    if vocabulary is not None:
        folder.write(folder.tokenizer, vocabulary.to_json())
    if record.status is RunStatus.FINISHED:
        save_weights(model, folder.weights)
    else:
        state = Checkpoint(
            update=record.update,
            seed=0,
            identity=record.identity,
            best=None,
            model=model.state_dict(),
            optimiser={},
        )
        with lock_run(folder):
            write_checkpoint(folder, state)
    return folder.path


def write_image_run(path, *, twin=False, recipe=None, steps=None, **changes):
    """Write the run of a tiny model of 8 x 8 images."""
    examples = image_examples()
    name = "spikformer-2-64/digits" + (":softmax" if twin else "")
    model = drawn_model(name, examples, steps=steps, **TINY)
    return write_run(path, model, examples, recipe=recipe, **changes)


def with_targets(examples, targets):
    """Return the examples with other targets."""
    return replace(examples, targets=np.asarray(targets, np.int64))
